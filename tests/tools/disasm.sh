# SPDX-License-Identifier: GPL-2.0-only
#
# disasm.sh: in the emulated host: a guest's code as text, where it can be read, and where
# not. What is expected is binutils' objdump's.
# prepare: for b in 32 64; do for f in inner middle outer; do
# prepare:	objdump -d -M intel -w --insn-width=15 --disassemble=$f $BUILD/guest/frames.$b.elf
# prepare: done | tr -d ' ' | awk -F'\t' 'NF > 2 { sub(":", "", $1); print "0x" $1 ":" $2 }' >$OUT/listing.$b
# prepare: objdump -d --disassemble=inner $BUILD/guest/frames.$b.elf | sed -n 's/^0*\([0-9a-f]*\) <inner>:/0x\1/p' >$OUT/inner.$b; done
# prepare: for b in 16 32 64; do printf '.code%s\nmov %%ebx, %%eax\npush $0x1234\nlgdt (%%si)\n' $b | sed "s/%si/%$([ $b = 16 ] || echo e)si/" >$OUT/a.s
# prepare:	as --32 -o $OUT/a.o $OUT/a.s 2>/dev/null || as -o $OUT/a.o $OUT/a.s; objcopy -O binary -j .text $OUT/a.o $OUT/code.$b; done
# needs: $BUILD/tools/kvmfs-disasm=kvmfs/bin/kvmfs-disasm
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# place BITS: the bytes of code.BITS at 0x1000, where the vCPU is
place() {
	dd if="/test/code.$1" of="$KVM/one/mem" bs=1 seek=4096 conv=notrunc 2>/dev/null
}

# text: addresses and bytes taken away
text() { sed 's/^[^ ]* [0-9a-f ]*  //'; }

# frames BITS: with page tables, of a guest that runs
test_frames() {
	"$G/guestrun" -d "$KVM" -n frames "$G/frames.$1" >/tmp/frames.out 2>&1 &
	guest=$!
	ok "frames.$1 runs" ran frames
	n=$(wc -l <"/test/listing.$1")
	ok "$1: there is a listing" [ "$n" -gt 5 ]
	$K disasm -n "$n" frames "$(cat "/test/inner.$1")" >/tmp/got
	grep -vE ' (nop|data16|cs nop|xchg)' /tmp/got | sed 's/  .*//; s/ //g' >/tmp/instructions
	# what lies between functions is not listed
	is "$1: instructions begin and end where objdump's do" "" \
		"$(head -n 8 "/test/listing.$1" | grep -vxFf /tmp/instructions)"
	is "$1: the first has the address asked for" "$(cat "/test/inner.$1"):" \
		"$(head -n 1 /tmp/got | cut -d ' ' -f 1)"
	kill $guest
	wait $guest 2>/dev/null
	rmdir "$KVM/frames" 2>/dev/null
}

load
mkdir "$KVM/one"
echo 'ram 0 64K' >"$KVM/one/memmap"
$K disasm one >/tmp/out 2>/tmp/err
is "after RESET there is nothing to read" \
	"1 kvmfs: one: 0xfffffff0: cannot be read: there is no memory" "$? $(cat /tmp/err)"
printf 'cs.base 0x800\ncs.selector 0x80\nrip 0x800\n' >"$KVM/one/regs"
place 16
is "16 bits" "mov eax, ebx|push 0x1234|lgdt [si]" "$($K disasm -n 3 one | text | tr '\n' '|' | sed 's/|$//')"
is "it begins at the linear address" "0x1000:" "$($K disasm one | head -n 1 | cut -d ' ' -f 1)"
place 32
is "other bits than the vCPU's" "mov eax, ebx|push 0x00001234|lgdt [esi]" \
	"$($K disasm -b 32 -n 3 one 0x1000 | text | tr '\n' '|' | sed 's/|$//;s/0x1234/0x00001234/')"
is "regs has the instruction as a comment" "# 0x1000: 89 d8  mov ax, bx" "$($K regs one | tail -n 1)"
$K regs one >/tmp/regs
ok "... so that it can be written back" sh -c "cat /tmp/regs >$KVM/one/regs"
printf '\017\004' | dd of="$KVM/one/mem" bs=1 seek=4096 conv=notrunc 2>/dev/null
ok "what is none" sh -c "$K disasm -n 1 one | grep '^0x1000: 0f 04 .*(no instruction)'"
$K disasm -n 1 one 0x20000 2>/tmp/err
is "where there is no memory" "1 kvmfs: one: 0x20000: cannot be read: there is no memory" \
	"$? $(cat /tmp/err)"
# 32-bit paging with an empty directory
printf 'cr3 0x2000\ncr0 0x80000011\n' >"$KVM/one/regs"
$K disasm one 2>/tmp/err
is "what is not mapped" \
	"1 kvmfs: one: 0x1000: cannot be read: its page tables map nothing there" "$? $(cat /tmp/err)"
is "regs says so, too" "0 # 0x1000: cannot be read: its page tables map nothing there" \
	"$($K regs one >/tmp/regs; echo $?) $(tail -n 1 /tmp/regs)"
rmdir "$KVM/one"
test_frames 64
test_frames 32

# A guest that crashes the machine: no IDT (its limit is 0), and INT3
printf '\017\001\036\020\174\314' >/tmp/crash
timeout 60 $K run -m 64K --flat /tmp/crash >/tmp/out 2>/tmp/err </dev/null
status=$?
is "a triple fault is an error" 1 $status
ok "... of which run shows the instruction" \
	grep "^kvmfs: the guest shut down (triple fault) near 0x7c05: cc  int3" /tmp/err
[ $failures = 0 ] || sed 's/^/# /' /tmp/err
mkdir /tmp/alone
cp $K /tmp/alone/
PATH=/bin /tmp/alone/kvmfs run -m 64K --flat /tmp/crash >/tmp/out 2>/tmp/err </dev/null
ok "without kvmfs-disasm, bytes" \
	grep "near 0x7c05: cc 00 .*(kvmfs-disasm: No such file or directory)" /tmp/err
unload
is "the module goes" 0 $?
tap_end
