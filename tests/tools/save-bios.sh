# SPDX-License-Identifier: GPL-2.0-only
#
# save-bios.sh: in the emulated host: what SeaBIOS has started from an IDE disk is saved while it
# reads and writes on the screen, and goes on from the file; and is reset then.
# packages: seabios
# prepare: gcc -m32 -nostdlib -static -Wl,--oformat=binary,-Ttext=0x7c00,--build-id=none -o $OUT/disk.img tests/tools/save/bios.S
# prepare: truncate -s 1M $OUT/disk.img
# needs: /usr/share/seabios/bios-256k.bin /usr/share/seabios/vgabios.bin
# host: -timeout 300
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

start() {
	timeout 250 $K run --name one "$@" </dev/null >/tmp/out 2>/tmp/err &
	pid=$!
}

# byte ADDRESS: in decimal
byte() {
	n=$($K dump --mem "$1" 1 one 2>/dev/null | cut -d ' ' -f 3)
	echo $((0x${n:-0}))
}

rounds() { echo $(($(byte 0x601) * 256 + $(byte 0x600))); }

# past ROUNDS STARTS: it has done so many, and started so often
past() {
	while kill -0 $pid; do
		[ "$(rounds)" -le "$1" ] || [ "$(byte 0x602)" != "$2" ] || return 0
		sleep 0.2
	done
	return 1
}

load
start -m 8 --hda /test/disk.img
ok "a boot sector works" past 10 1
ok "it is stopped" $K pause one
$K monitor one screen >/tmp/screen
ok "... with something on its screen" grep -q '\.\.\.' /tmp/screen
before=$(rounds)
ok "it is saved" $K save --stop one /tmp/one.save
wait $pid
is "its kvmfs run ends" 0 $?
truncate -s 1M /tmp/other.img
truncate -s 2M /tmp/larger.img
for wrong in "--cdrom /test/disk.img" "--hda /tmp/larger.img" "--hda /test/disk.img --hdb /tmp/other.img" ""; do
	timeout 60 $K run --name two --restore /tmp/one.save $wrong </dev/null >/tmp/out 2>/tmp/err
	is "not with ${wrong:-nothing}" "1 kvmfs: the file has the state of another machine" \
		"$? $(cat /tmp/err)"
done

start --restore /tmp/one.save --hda /test/disk.img -S
listening() {
	for i in $(seq 300); do
		! $K monitor one >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}
ok "restored, and stopped" listening
is "... it is where it was" "$before" "$(rounds)"
$K monitor one screen >/tmp/screen2
ok "... with the same on its screen" cmp /tmp/screen /tmp/screen2
ok "... it goes on" $K resume one
ok "... reading" past $((before + 20)) 1
ok "it is reset" $K reset one
ok "... and starts again" past 5 2
ok "a key" $K monitor one type x
wait $pid
is "... ends it: it has read what was right" 42 $?
[ $failures = 0 ] || sed 's/^/# /' /tmp/err /tmp/screen /tmp/screen2 /tmp/out
unload
is "the module goes" 0 $?
tap_end
