#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# hold.sh MOUNT: debugging what somebody else runs: INT3 and steps that pause the VM.
. "$(dirname "$0")/common.sh"

put memmap 'ram 0 1M\n'
code 40 cc 40 b0 41 e6 e9 f4		# inc %ax; int3; inc %ax; mov $0x41, %al; out %al, $0xe9
put regs 'rax 0\n'
poke 12 '\020\020\000\000'		# vector 3: 0x1010: out %al, $0xea; iret
poke $((0x1010)) '\346\352\317'
ok "an INT3 that is the host's" put debug 'int3 on\n'
is "debug shows it" "step off
int3 on" "$(cat "$vm/debug")"
run
is "is a debug exit" "debug dr6 0xffff0ff0 rip 0x1001 vector 3" "$(cut -d' ' -f 1-7 "$vm/exit")"
is "in front of it" 0x0000000000001001 "$(reg rip)"
run
is "and once more" "debug dr6 0xffff0ff0 rip 0x1001 vector 3" "$(cut -d' ' -f 1-7 "$vm/exit")"
put events 'event soft 3 length 1\n'
run
is "it can be given to the guest" "io out port 0xea" "$(cut -d' ' -f 1-4 "$vm/exit")"
run
is "... which goes on behind it" "io out port 0xe9" "$(cut -d' ' -f 1-4 "$vm/exit")"
put debug 'int3 off\n'
put regs 'rip 0x1001\n'
run
is "off, it is the guest's alone" "io out port 0xea" "$(cut -d' ' -f 1-4 "$vm/exit")"

code 40 cc 40 b0 41 e6 e9 90		# ...; nop; hlt
put regs 'rax 0\n'
bad debug 'hold perhaps\n' 'off or on'
put debug 'int3 on\nhold on\n'
is "debug shows both" "step off
int3 on
hold on" "$(cat "$vm/debug")"
exits=$(value stat user_exits)
runs
ok "with hold, the VM is paused by it" state paused
is "the exit is there to be read" "debug dr6 0xffff0ff0 rip 0x1001 vector 3" "$(cut -d' ' -f 1-7 "$vm/exit")"
is "and counted" $((exits + 1)) "$(value stat user_exits)"
ok "who runs it sees nothing" [ ! -s "$tmp/bg" ]
is "registers" "0x0000000000000001 0x0000000000001001" "$(reg rax) $(reg rip)"
ok "they can be written" put regs 'rip 0x1002\n'
ok "step over the next one" put debug 'step on\n'
put ctl 'resume\n'
ok "paused again" state paused
is "by the step" "debug 0x0000000000001003 0x0000000000000002" "$(cut -d' ' -f 1 "$vm/exit") $(reg rip) $(reg rax)"
put debug 'step off\n'
put ctl 'resume\n'
ok "the run ends" ended .
is "with an exit that is for who runs it" \
	"io out port 0xe9 size 1 count 1 data 0x41" "$(cut -d' ' -f 1-10 "$vm/exit")"
put debug 'step on\n'
runs
ok "a step right after an exit" state paused
is "of one instruction" 0x0000000000001008 "$(reg rip)"
put debug 'step off\nhold off\nint3 off\n'
put ctl 'resume\n'
ok "hold off: it runs" ended .
is "debug shows nothing" "step off" "$(cat "$vm/debug")"
tap_end
