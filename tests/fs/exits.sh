#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exits.sh MOUNT: a guest is run by the files run and exit alone.
. "$(dirname "$0")/common.sh"

put memmap 'ram 0 1M\n'
is "no exit yet" none "$(cat "$vm/exit")"

code b0 41 e6 e9 f4			# mov $0x41, %al; out %al, $0xe9; hlt
ok "run" run
is "io out" "io out port 0xe9 size 1 count 1 data 0x41 if 0 ready 0" "$(cat "$vm/exit")"
is "rip is behind it" 0x0000000000001004 "$(reg rip)"
is "state" stopped "$(value status state)"
run
is "hlt" "hlt if 0 ready 0" "$(cat "$vm/exit")"
is "rip is behind HLT" 0x0000000000001005 "$(reg rip)"

code e5 60 89 c3 f4			# in $0x60, %ax; mov %ax, %bx; hlt
put regs 'rax 0xffffffff\nrbx 0\n'
run
is "io in" "io in port 0x60 size 2 count 1 if 0 ready 0" "$(cat "$vm/exit")"
ok "data that is too large" refused run 'data 0x12345'
run 'data 0x1234'
is "the value arrived" 0x0000000000001234 "$(reg rbx)"

code a1 00 00 f4			# mov 0, %ax in a hole; hlt
put regs 'ds.base 0x200000\n'
run
is "mmio read" "mmio read gpa 0x200000 size 2 if 0 ready 0" "$(cat "$vm/exit")"
run 'data hex:cdab'
is "in bytes" 000000000000abcd "$(reg rax | tail -c 17 | sed 's/^0000ffff/0000/;s/^00000000ffff/000000000000/')"
code c7 06 04 00 34 12 f4		# movw $0x1234, 4
put regs 'ds.base 0x200000\n'
run
is "mmio write" "mmio write gpa 0x200004 size 2 data 0x1234 if 0 ready 0" "$(cat "$vm/exit")"
run

code fb 90 f4				# sti; nop; hlt
run
is "IF and an open window" "hlt if 1 ready 1" "$(cat "$vm/exit")"
code fb 90 90 eb fe			# sti; nop; nop; jmp .
run window
is "irq-window" "irq-window if 1 ready 1" "$(cat "$vm/exit")"
# vector 0x20 at 0x1100: mov $0x21, %al; out %al, $0xe9; iret
poke 128 '\000\021\000\000'
poke $((0x1100)) '\260\041\346\351\317'
run 'inject 0x20'
is "inject" "io out port 0xe9 size 1 count 1 data 0x21 if 0 ready 0" "$(cat "$vm/exit")"

code 40 40 f4				# inc %ax; inc %ax; hlt
put regs 'rax 0\n'
put debug 'step on\n'
run
is "a step" "debug" "$(sed 's/ .*//' "$vm/exit")"
is "a step's rip" "0x0000000000001001" "$(reg rip)"
is "a step's rax" "0x0000000000000001" "$(reg rax)"
put debug 'step off\n'
# QEMU's VMRUN loads DR7 and arms nothing, so that a real processor is needed
if on_qemu_svm; then
	skip "a breakpoint and a watchpoint" "QEMU's VMRUN arms no debug registers"
else
put debug 'break 0x1002\n'
run
is "a breakpoint" "debug" "$(sed 's/ .*//' "$vm/exit")"
is "a breakpoint's rip" "0x0000000000001002" "$(reg rip)"
run
is "behind it" "hlt" "$(sed 's/ .*//' "$vm/exit")"
put debug 'clear\nwatch 0x2000 2 w\n'
code a1 00 20 a3 00 20 90 f4		# mov 0x2000, %ax; mov %ax, 0x2000; nop
run
is "a watchpoint" "debug" "$(sed 's/ .*//' "$vm/exit")"
is "a watchpoint's rip" "0x0000000000001006" "$(reg rip)"
put debug 'clear\n'
fi

put regs 'idtr.limit 0\n'
code 0f 0b				# ud2
run
is "a triple fault" "shutdown" "$(sed 's/ .*//' "$vm/exit")"
ok "stat counts" [ "$(value stat user_exits)" -ge 10 ]
ok "exit is no less readable for it" [ -s "$vm/exit" ]
ok "rmdir of a VM that ran" rmdir "$vm"
tap_end
