#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# regs.sh MOUNT: registers as text and in the binary window.
. "$(dirname "$0")/common.sh"

window=$((0x10000000))

# after reset
is "rip after reset" 0x000000000000fff0 "$(reg rip)"
is "rflags after reset" 0x0000000000000002 "$(reg rflags)"
is "cs.selector after reset" f000 "$(reg cs.selector | tail -c 5)"
is "cs.base after reset" ffff0000 "$(reg cs.base | tail -c 9)"
is "cr0 after reset" 60000010 "$(reg cr0 | tail -c 9)"
is "efer after reset" 0x0000000000000000 "$(reg efer)"

for r in rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15; do
	put regs "$r 0x123456789abcdef0\n"
	is "$r is kept" 0x123456789abcdef0 "$(reg $r)"
done
for s in es cs ss ds fs gs ldtr tr; do
	for f in base limit selector attr; do
		ok "$s.$f is there" grep -q "^$s\.$f 0x" "$vm/regs"
	done
done
for r in cr0 cr2 cr3 cr4 cr8 efer dr0 dr1 dr2 dr3 dr6 dr7 xcr0 gdtr.base \
	gdtr.limit idtr.base idtr.limit; do
	ok "$r is there" grep -q "^$r 0x" "$vm/regs"
done

# several at once
ok "several at once" put regs 'rax 1\nrbx 2\ncs.base 0\ncs.selector 0\nrip 0x1000\n'
is "the first" 0x0000000000000001 "$(reg rax)"
is "the last" 0x0000000000001000 "$(reg rip)"

# what the architecture forbids
bad regs 'rax 9\nrflags 0xffffffffffffffff\n' 'rflags'
bad regs 'cr0 0x80000000\n' 'cr0'
bad regs 'cr4 0xffffffff\n' 'cr4'
bad regs 'efer 0xffff\n' 'efer'
bad regs 'cs.selector 0x10000\n' 'selector'
for attr in 0 0x0b 0x82 0x8c 0x9b 0x1008b; do
	bad regs "tr.attr $attr\n" 'TSS'
done

# what it shows can be written back
cat "$vm/regs" >"$tmp/regs"
ok "all of it back" sh -c "cat '$tmp/regs' >'$vm/regs'"
ok "nothing changed" cmp "$tmp/regs" "$vm/regs"

# the binary window: rax is at its start, rip is slot 16
put regs 'rax 0x1122334455667788\n'
is "pread of rax" 8877665544332211 "$(dd if="$vm/regs" bs=8 skip=$((window / 8)) count=1 2>/dev/null | od -A n -t x1 | tr -d ' \n')"
is "pread of rip" 0010000000000000 "$(dd if="$vm/regs" bs=8 skip=$((window / 8 + 16)) count=1 2>/dev/null | od -A n -t x1 | tr -d ' \n')"
printf '\001\002\003\004\005\006\007\010' |
	dd of="$vm/regs" bs=8 seek=$((window / 8 + 3)) conv=notrunc 2>/dev/null
is "pwrite of rbx" 0x0807060504030201 "$(reg rbx)"
printf '\001\000\000\000\000\000\000\000\002\000\000\000\000\000\000\000' |
	dd of="$vm/regs" bs=16 seek=$((window / 16)) conv=notrunc 2>/dev/null
is "two at once: rax" 0x0000000000000001 "$(reg rax)"
is "two at once: rcx" 0x0000000000000002 "$(reg rcx)"
ok "half a register is refused" sh -c "printf 1234 |
	dd of='$vm/regs' bs=4 seek=$((window / 4)) conv=notrunc 2>/dev/null && exit 1 || exit 0"
ok "a bad value is refused" sh -c "printf '\377\377\377\377\377\377\377\377' |
	dd of='$vm/regs' bs=8 seek=$((window / 8 + 17)) conv=notrunc 2>/dev/null && exit 1 || exit 0"
is "and changes nothing" 0x0000000000000002 "$(reg rflags)"
tap_end
