# SPDX-License-Identifier: GPL-2.0-only
#
# save.sh: in the emulated host: pause, resume, reset, stop; a machine in a file of
# `kvmfs save', and out of it, with the devices of its monitor.
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/save/guest.sh
# host: -timeout 280 -mem 2048
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

state() {
	sed -n 's/^state //p' "$KVM/$1/status"
}

# counted FILE NUMBER: a guest has come to that; or it has ended
counted() {
	while kill -0 $pid; do
		[ "$(last "$1")" -lt "$2" ] || return 0
		sleep 0.2
	done
	return 1
}

last() {
	n=$(sed -n 's/^count \([0-9]*\).*/\1/p' "$1" | tail -n 1)
	echo "${n:-0}"
}

test_ctl() {
	mkdir "$KVM/one" "$KVM/two"
	ok "pause of two machines" $K pause one two
	is "both are" "paused paused" "$(state one) $(state two)"
	ok "resume" $K resume one two
	is "neither is" "created created" "$(state one) $(state two)"
	echo 'rip 0x1234' >"$KVM/one/regs"
	ok "reset" $K reset one
	is "its registers" 0xfff0 "$($K regs one rip | sed 's/rip 0x0*/0x/')"
	$K pause one nil 2>/tmp/err
	is "a machine that does not exist" "1 kvmfs: $KVM/nil: there is no such virtual machine; see kvmfs list" "$? $(cat /tmp/err)"
	is "the other is paused all the same" paused "$(state one)"
	ok "stop of what nobody runs" $K stop two
	is "it is killed" killed "$(state two)"
	rmdir "$KVM/one" "$KVM/two"
}

test_plain() {
	mkdir "$KVM/plain" && mkdir "$KVM/plain/cpu1"
	echo 'ram 0 16M
rom 0xffff0000 64K' >"$KVM/plain/memmap"
	printf 'low' | dd of="$KVM/plain/mem" bs=1 seek=4097 conv=notrunc 2>/dev/null
	printf 'high' | dd of="$KVM/plain/mem" bs=1 seek=$((0xffff0010)) conv=notrunc 2>/dev/null
	echo 'rbx 0x55' >"$KVM/plain/regs"
	echo 'rbx 0x66' >"$KVM/plain/cpu1/regs"
	echo untouched >/tmp/other
	ln -s /tmp/other /tmp/plain.save.part
	ok "a machine that nobody runs is saved" $K save plain /tmp/plain.save
	is "into a file of its own" untouched "$(cat /tmp/other)"
	is "that its owner alone reads" 600 "$(stat -c %a /tmp/plain.save)"
	$K dump -o /tmp/plain.core plain
	is "so is a core" 600 "$(stat -c %a /tmp/plain.core)"
	rm /tmp/plain.core
	is "it is not paused after it" created "$(state plain)"
	ok "restored" $K restore /tmp/plain.save again
	for f in memmap regs cpu1/regs fpregs cpuid events; do
		ok "again/$f" cmp "$KVM/plain/$f" "$KVM/again/$f"
	done
	is "its memory" low "$(dd if="$KVM/again/mem" bs=1 skip=4097 count=3 2>/dev/null)"
	is "its rom" high "$(dd if="$KVM/again/mem" bs=1 skip=$((0xffff0010)) count=4 2>/dev/null)"
	$K restore /tmp/plain.save again 2>/tmp/err
	is "not over one that exists" "1 kvmfs: $KVM/again: File exists" "$? $(cat /tmp/err)"
	head -c 3000 /tmp/plain.save >/tmp/short.save
	$K restore /tmp/short.save short 2>/tmp/err
	is "half a file is refused" \
		"1 kvmfs: /tmp/short.save: this is no file of \`kvmfs save', or not all of it" "$? $(cat /tmp/err)"
	is "and leaves nothing" "" "$(ls -d "$KVM/short" 2>/dev/null)"
	# a file that would have kvmfs restore lend, and write, what it has itself
	{
		printf 'kvmfs-save 1\ndevices 0\nfile memmap 30\n'
		printf 'file 0 0x1000 0 0\n############'
		printf 'mem 0x0 4\nbad!end\n'
	} >/tmp/lends.save
	printf '%4096s' "" >/tmp/mine
	$K restore /tmp/lends.save lends 2>/tmp/err 0<>/tmp/mine
	is "no file has it lend memory" \
		"1 kvmfs: /tmp/lends.save: a process lent memory to that machine, which cannot be restored" \
		"$? $(cat /tmp/err)"
	is "so that it could write there" "" "$(grep -o bad /tmp/mine)"
	rmdir "$KVM/lends" 2>/dev/null
	$K run --restore /tmp/plain.save 2>/tmp/err
	is "it is nothing for kvmfs run" \
		"1 kvmfs: /tmp/plain.save: no \`kvmfs run' ran it; try \`kvmfs restore'" "$? $(cat /tmp/err)"
	rmdir "$KVM/plain" "$KVM/again"
	rm -f /tmp/*.save
}

test_linux() {
	timeout 200 $K run --name deb -m 96 -k /kvmfs/vmlinuz -i /test/guest.cpio -p quiet \
		>/tmp/one.out 2>&1 </dev/null &
	pid=$!
	ok "Debian counts" counted /tmp/one.out 5
	ok "it is saved" $K save deb /tmp/deb.save
	at=$(last /tmp/one.out)
	echo "# at $at, $(wc -c </tmp/deb.save) bytes"
	ok "it goes on" counted /tmp/one.out $((at + 5))
	ok "it is saved once more, and stopped" $K save --stop deb /tmp/deb.save
	wait $pid
	is "its monitor returns 0" 0 $?
	at=$(last /tmp/one.out)
	timeout 200 $K run --name deb2 --restore /tmp/deb.save >/tmp/two.out 2>&1 </dev/null &
	pid=$!
	ok "restored, it counts on" counted /tmp/two.out $((at + 10))
	first=$(sed -n 's/.*count \([0-9]*\).*/\1/p' /tmp/two.out | head -n 1)
	ok "from where it was ($at, $first)" [ $((first >= at && first <= at + 1)) = 1 ]
	is "without a complaint" 0 "$(grep -c -e WARNING -e BUG -e Oops -e stall /tmp/two.out)"
	ok "stop" $K stop deb2
	wait $pid
	is "returns 0" 0 $?
	[ $failures = 0 ] || sed 's/^/# /' /tmp/two.out | tail -n 30
}

load
test_ctl
test_plain
test_linux
unload
is "the module goes" 0 $?
tap_end
