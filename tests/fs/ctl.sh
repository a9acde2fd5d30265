#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ctl.sh MOUNT: pause, resume, reset and kill; what they mean for who runs the VM.
. "$(dirname "$0")/common.sh"

put memmap 'ram 0 1M\n'
ok "pause" put ctl 'pause\n'
is "state" paused "$(value status state)"
ok "pause once more" put ctl 'pause\n'
code b0 41 e6 e9 66 40 eb fc		# mov $0x41, %al; out %al, $0xe9; 1: inc %eax; jmp 1b
ok "registers of a paused VM can be written" [ "$(reg rip)" = 0x0000000000001000 ]
ok "who runs it waits" refused timeout 1 dd if="$tmp/run" of="$vm/run" bs=64
is "the guest has not run" 0x0000000000001000 "$(reg rip)"
runs
sleep 0.3
ok "another one may wait" [ ! -s "$tmp/bg" ]
ok "it cannot be run twice" refused timeout 1 dd if="$tmp/run" of="$vm/run" bs=64
ok "it is written while the run waits" put regs 'rbx 0x1234\n'
ok "its memory map too" put memmap 'ram 1M 1M\n'
is "it still waits" paused "$(value status state)"
ok "resume" put ctl 'resume\n'
ok "the run goes on" ended .
is "to its exit" "io out port 0xe9 size 1 count 1 data 0x41 if 0 ready 0" "$(cat "$vm/exit")"
is "with what was written" 0x0000000000001234 "$(reg rbx)"
is "state after it" stopped "$(value status state)"
ok "resume of what runs" put ctl 'resume\n'

# in the middle of a run
runs
ok "it runs" state running
ok "registers of a running VM cannot be written" refused put regs 'rbx 1\n'
ok "EBUSY" grep -q -i busy "$tmp/err"
ok "nor can it be reset" refused put ctl 'reset\n'
ok "EBUSY too" grep -q -i busy "$tmp/err"
ok "nor removed" refused rmdir "$vm"
ok "pause of a running VM" put ctl 'pause\n'
is "its state" paused "$(value status state)"
a=$(reg rax)
sleep 0.3
is "the guest stands still" "$a" "$(reg rax)"
ok "its registers can be written" put regs 'rax 0x50000000\nrcx 7\n'
ok "its events and the rest too" put debug 'step off\n'
ok "go on" put ctl 'resume\n'
sleep 0.3
ok "the guest goes on from there" [ $(($(reg rax) >= 0x50000000)) = 1 ]
is "rcx" 0x0000000000000007 "$(reg rcx)"
put ctl 'pause\n'

# reset
poke 16 'kept'
put irq '0x20\nnmi\n'
ok "reset of a paused VM" put ctl 'reset\n'
is "rip" 0x000000000000fff0 "$(reg rip)"
is "cs.base" 0x00000000ffff0000 "$(reg cs.base)"
is "rcx after RESET" 0x0000000000000000 "$(reg rcx)"
is "the x87 control word after RESET" 4000 "$(hex "$vm/fpregs" 0 2)"
is "no interrupt waits" "pending none" "$(head -n 1 "$vm/irq")"
ok "no NMI either" grep -q '^nmi no$' "$vm/irq"
is "memory stays" 6b657074 "$(hex "$vm/mem" 16 4)"
is "no exit" none "$(cat "$vm/exit")"
code f4					# hlt
put ctl 'resume\n'
ok "the run that waited goes on after it" ended .
is "in the new state" "hlt if 0 ready 0" "$(cat "$vm/exit")"

# kill
code eb fe				# jmp .
runs
state running
ok "kill" put ctl 'kill\n'
ok "ends the run with ENODEV" ended 'no such device'
is "state: killed" killed "$(value status state)"
ok "the VM is still there" grep -q '^rip ' "$vm/regs"
ok "it runs no more" refused put run 'run\n'
ok "ENODEV" grep -q -i 'no such device' "$tmp/err"
ok "not after a reset either" refused sh -c "echo reset >'$vm/ctl' && echo run >'$vm/run'"
ok "it is removed like any other" rmdir "$vm"

mkdir "$vm"
put memmap 'ram 0 1M\n'
code eb fe
put ctl 'pause\n'
runs
sleep 0.3
ok "a paused VM can be removed" rmdir "$vm"
ok "which ends the run that waits" ended 'no such device'
tap_end
