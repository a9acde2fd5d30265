# SPDX-License-Identifier: GPL-2.0-only
#
# reset.sh: in the emulated host: a guest that resets the machine starts again, or ends it;
# and kvmfs reset.
# packages: qemu-system-common
# prepare: for f in ways bios; do gcc -m32 -nostdlib -static -Wl,--oformat=binary,-Ttext=0x7c00,--build-id=none -o $OUT/$f.bin tests/tools/reset/$f.S; done
# prepare: tests/l1/guest-initramfs.sh $OUT/initrd tests/tools/reset/guest virtio_blk virtio_net virtio-rng virtio_balloon
# prepare: truncate -s 1M $OUT/disk.img
# needs: /usr/share/seabios/bios-256k.bin /usr/share/seabios/vgabios.bin
# needs: /usr/lib/qemu/virtiofsd
# needs: $BUILD/tools/kvmfs-net-user=kvmfs/bin/kvmfs-net-user
# needs: $BUILD/tools/kvmfs-disasm=kvmfs/bin/kvmfs-disasm
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

flat() {
	timeout 100 $K run -m 64K --flat "$@" </dev/null >/tmp/out 2>/tmp/err
	echo "$? $(tr -d '\r' </tmp/out)"
}

# start IMAGE: a guest that counts at 0x500
start() {
	timeout 200 $K run --name one -m 64K --flat "$1" </dev/null >/tmp/out 2>/tmp/err &
	pid=$!
}

# counted N: its count is that
counted() {
	for i in $(seq 300); do
		[ "$($K dump --mem 0x500 1 one 2>/dev/null | cut -d ' ' -f 3)" != "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

load
is "a guest that resets starts again, whichever way" "42 1234" "$(flat /test/ways.bin)"
is "--no-reboot: it ends" "0 1" "$(flat /test/ways.bin --no-reboot)"
# LIDT of an empty table, and INT3
printf '\017\001\036\020\174\314' >/tmp/crash
is "a triple fault is an error still" "1 " "$(flat /tmp/crash)"

# incb 0x500; 1: jmp 1b. And: sti; 1: hlt; jmp 1b
printf '\376\006\000\005\353\376' >/tmp/spin
printf '\376\006\000\005\373\364\353\375' >/tmp/halt
for guest in spin halt; do
	start /tmp/$guest
	ok "$guest: a guest runs" counted 01
	ok "kvmfs reset" $K reset one
	ok "... starts it again" counted 02
	ok "$guest: it is stopped" $K pause one
	ok "... reset" $K reset one
	is "... at its first instruction" "rip 0x7c00" "$($K regs one rip)"
	ok "... and goes on" $K resume one
	ok "... from there" counted 03
	$K stop one
	wait $pid
	is "$guest: the end" 0 $?
done
start /tmp/spin
ok "a guest whose image goes away" counted 01
rm /tmp/spin
$K reset one 2>/tmp/err2
is "... cannot be reset" "1 1" "$? $(grep -c '^kvmfs: this machine cannot be started again' /tmp/err2)"
wait $pid
is "... and ends" "1 kvmfs: /tmp/spin: No such file or directory" "$? $(cat /tmp/err)"

start /tmp/halt
ok "a guest is saved" counted 01
$K save --stop one /tmp/one.save
wait $pid
timeout 100 $K run --name one --restore /tmp/one.save </dev/null >/tmp/out 2>/tmp/err &
pid=$!
ok "... and restored" counted 01
$K reset one 2>/tmp/err2
is "... which has no image to begin with" \
	"1 1" "$? $(grep -c '^kvmfs: this machine cannot be started again' /tmp/err2)"
ok "... and goes on" $K stop one
wait $pid
is "... to its end" "0 0" "$? $(wc -c </tmp/err)"

# firmware: a triple fault, ports 0x92 and 0x64
cp /test/bios.bin /tmp/disk.img
truncate -s 1M /tmp/disk.img
timeout 200 $K run -m 8 --hda /tmp/disk.img --console serial --debugcon /tmp/debug \
	</dev/null >/tmp/out 2>/tmp/err
is "SeaBIOS starts again" 42 $?
is "... four times" 1234 "$(tr -cd 1-9 </tmp/out | tail -c 4)"
is "... what is on the disk" 4 "$(dd if=/tmp/disk.img bs=512 skip=1 count=1 2>/dev/null | od -A n -t u1 -N 1 | xargs)"
[ $failures = 0 ] || sed 's/^/# /' /tmp/err /tmp/debug | tail -n 40
cp /test/bios.bin /tmp/disk.img
truncate -s 1M /tmp/disk.img
timeout 200 $K run -m 8 --hda /tmp/disk.img --console serial --no-reboot </dev/null >/tmp/out 2>/tmp/err
is "--no-reboot: a triple fault is an error" \
	"1 1" "$? $(grep -c '^kvmfs: the guest shut down (triple fault) near' /tmp/err)"

# Debian's kernel, with devices at work
mkdir -p /tmp/share /tmp/www /run
echo 1 >/tmp/share/boot
echo hello >/tmp/www/word
httpd -p 127.0.0.1:8080 -h /tmp/www
timeout 300 $K run -m 160 -k /kvmfs/vmlinuz -i /test/initrd -p quiet -d /test/disk.img \
	--net user --rng --balloon --share /tmp/share,tag=here,sandbox=chroot \
	</dev/null >/tmp/out.raw 2>&1
is "Debian ends the second time" 42 $?
tr -d '\r' </tmp/out.raw >/tmp/out
is "it has started twice" "boot 1 boot 2" "$(grep -x 'boot [0-9]' /tmp/out | xargs)"
for boot in 1 2; do
	is "boot $boot: the network" hello "$(sed -n "s/^said net $boot: //p" /tmp/out)"
	is "boot $boot: disk and random numbers" "1 2 3" "$(sed -n "s/^said disk $boot: //p" /tmp/out | xargs)"
done
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 $?
tap_end
