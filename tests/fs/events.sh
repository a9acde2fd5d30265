#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# events.sh MOUNT: what a vCPU is in the middle of, and that it can be put there.
. "$(dirname "$0")/common.sh"

put memmap 'ram 0 1M\n'
none='event none
again none
shadow no
nmi_blocked no
trap no
pdptr none
pending none'
is "nothing at first" "$none" "$(cat "$vm/events")"

bad events 'event\n' 'event is none'
bad events 'event perhaps\n' 'event is none'
bad events 'event exception 32\n' '0 to 31'
bad events 'event exception 2\n' '0 to 31'
bad events 'event exception 6 error 1\n' 'no error code'
bad events 'event interrupt 256\n' '0x100'
bad events 'event soft 0x80\n' 'length'
bad events 'event soft 0x80 length 0\n' '1 to 15'
bad events 'again x\n' 'vector'
bad events 'shadow yes\nnmi_blocked maybe\n' 'no or yes'
bad events 'pending in rip 0\n' 'next'
bad events 'pending in rip 0 next 2 port 0x60 size 3 count 1\n' '1, 2 or 4'
bad events 'pending in rip 0 next 2 port 0x60 size 1 count 2\n' 'many'
bad events 'pending insn rip 0 port 0x60 size 4 count 4096\n' 'many'
bad events 'pending insn rip 0x8000000000000000 gpa 0 size 1\n' 'canonical'
bad events 'answer gpa 0 size 1 data 1\n' 'no instruction'
bad events 'pending insn rip 0 gpa 0 size 4\nanswer gpa 0 size 1 data 0x100\n' 'bytes'
bad events 'pdptr cr3 0x1000 2 0 0\n' 'missing'
bad events 'pdptr cr3 0x1000 3 0 0 0\n' 'reserved'
bad events 'nothing 1\n' 'nothing'

for line in 'event exception 0x0e error 0x2' 'event exception 0x06' 'event interrupt 0x20' \
	'event nmi' 'event soft 0x80 length 2' 'event shutdown' 'again 0x21' \
	'shadow yes' 'nmi_blocked yes' 'trap yes' \
	'pdptr cr3 0x1000 0x2001 0x0 0x3001 0x0' \
	'pending in rip 0xfff0 next 0xfff2 port 0x60 size 2 count 1' \
	'pending insn rip 0xfff0 port 0x60 size 1 count 7' \
	'pending insn rip 0xfff0 gpa 0xfee00000 size 4'; do
	ok "$line" put events "$line\n"
	ok "is shown" grep -q -x "$line" "$vm/events"
done
ok "answers" put events 'answer gpa 0xa0000 size 8 data 0xffffffffffffffff\nanswer gpa 0xa0008 size 2 data 7\n'
is "are shown" "answer gpa 0xa0000 size 8 data 0xffffffffffffffff
answer gpa 0xa0008 size 2 data 0x7" "$(tail -n 2 "$vm/events")"
cat "$vm/events" >"$tmp/events"
mkdir "$mount/suite2"
ok "all of it in another VM" sh -c "cat '$tmp/events' >'$mount/suite2/events'"
ok "is the same" cmp "$tmp/events" "$mount/suite2/events"
ok "and nothing again" put events 'event none\nagain none\nshadow no\nnmi_blocked no\ntrap no\npending none\n'
is "is nothing" "" "$(grep -v -e '^pdptr' "$vm/events" | grep -v -e none -e no)"
rmdir "$mount/suite2"
rmdir "$vm"
mkdir "$vm"
put memmap 'ram 0 1M\n'

# an IN in the middle
code e5 60 89 c3 f4			# in $0x60, %ax; mov %ax, %bx; hlt
run
# where the emulator met it, the end is not known yet
is "an IN is pending" \
	"pending in rip 0x1000 next 0x1002 port 0x60 size 2 count 1" \
	"$(sed -n '$s/insn rip 0x1000/in rip 0x1000 next 0x1002/;$p' "$vm/events")"
cat "$vm/events" >"$tmp/in"
put events 'pending none\n'
is "taken back there is no exit" none "$(cat "$vm/exit")"
ok "nor can it be answered" refused run 'data 1'
ok "put there again" sh -c "cat '$tmp/in' >'$vm/events'"
is "the exit is that again" "io in port 0x60 size 2 count 1 if 0 ready 0" "$(cat "$vm/exit")"
run 'data 0x4711'
is "the answer arrives" 0x0000000000004711 "$(reg rbx)"
is "and the guest went on" hlt "$(sed 's/ .*//' "$vm/exit")"

# an instruction that reads twice: cmpsb of two device bytes
code a6 f4				# cmpsb %es:(%di), %ds:(%si); hlt
put regs 'ds.base 0x200000\nes.base 0x300000\nrsi 0\nrdi 0\n'
run
first=$(sed -n 's/^mmio read gpa \(0x[23]00000\) size 1 .*/\1/p' "$vm/exit")
ok "the first read, of either" [ -n "$first" ]
run 'data 5'
is "the second read" $((0x500000 - first)) \
	$(($(sed -n 's/^mmio read gpa \(0x[23]00000\) size 1 .*/\1/p' "$vm/exit")))
is "the first answer is kept" "answer gpa $first size 1 data 0x5" "$(tail -n 1 "$vm/events")"
cat "$vm/events" >"$tmp/cmps"
put events 'pending none\n'
cat "$tmp/cmps" >"$vm/events"
run 'data 5'
is "the instruction is over" hlt "$(sed 's/ .*//' "$vm/exit")"
is "and has compared both" 64 $(($(reg rflags) & 64))

# events that enter with the guest: vector 0x20 at 0x1100, 0x21 at 0x1180, #UD at 0x1200
poke 128 '\000\021\000\000\200\021\000\000'
poke 24 '\000\022\000\000'
poke $((0x1100)) '\260\001\346\351\317'		# mov $1, %al; out; iret
poke $((0x1180)) '\260\002\346\351\317'
poke $((0x1200)) '\260\003\346\351\317'
code 90 f4				# nop; hlt
put events 'event interrupt 0x20\n'
run
is "an interrupt on its way" "data 0x1" "$(grep -o 'data 0x[0-9]*' "$vm/exit")"
is "is on its way no more" "event none" "$(head -n 1 "$vm/events")"
code 90 f4
put events 'event exception 6\n'
run
is "an exception on its way" "data 0x3" "$(grep -o 'data 0x[0-9]*' "$vm/exit")"
code 90 fa f4				# nop; cli; hlt
put regs 'rflags 0x202\n'
put events 'again 0x21\nshadow yes\n'
run
is "an interrupt that was cut short" "data 0x2" "$(grep -o 'data 0x[0-9]*' "$vm/exit")"
# after the shadow, that is after the nop: the return address on the stack
if on_qemu_svm; then
	skip "after the shadow" "QEMU's VMRUN does not load the interrupt shadow"
else
	is "after the shadow" 0110 "$(hex "$vm/mem" $((0x8000 - 6)) 2)"
fi
code 90 f4
put events 'event shutdown\n'
run
is "a shutdown" shutdown "$(sed 's/ .*//' "$vm/exit")"

# irq: the lines that are read set, whatever waits
put irq '0x30\nnmi\n'
ok "irq as it is, over itself" timeout 5 dd if="$vm/irq" of="$vm/irq" bs=4096 conv=notrunc
is "is the same" "pending 0x30" "$(head -n 1 "$vm/irq")"
ok "pending none" put irq 'pending none\nnmi no\n'
is "takes it back" "pending none
nmi no" "$(head -n 2 "$vm/irq")"
bad irq '32\npending none\n' 'only one'
tap_end
