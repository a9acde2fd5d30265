#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dirty.sh MOUNT: which pages were written.
. "$(dirname "$0")/common.sh"

# dirty: what the open file gives from the beginning, as hex digits
dirty() {
	dd bs=4096 <&7 2>/dev/null | od -A n -v -t x1 | tr -d ' \n'
}

is "no memory, no bits" 0 "$(stat -c %s "$vm/dirty")"
put memmap 'ram 0 256K\nram 1M 64K\n'
is "a bit for each page, holes too" 34 "$(stat -c %s "$vm/dirty")"
none=00000000000000000000000000000000000000000000000000000000000000000000
poke 0 'before'
is "nobody listened: nothing was written" $none "$(hex "$vm/dirty" 0 64)"

# open for reading from here on; each read is from another descriptor's beginning
exec 7<"$vm/dirty"
is "nothing yet" $none "$(dirty)"
poke 4096 'x'
poke $((5 * 4096 - 1)) 'xx'
poke $((0x100000)) 'x'
is "pages 1, 4, 5 and 256" 3200000000000000000000000000000000000000000000000000000000000000"01"00 \
	"$(hex "$vm/dirty" 0 64)"
is "reading clears" $none "$(hex "$vm/dirty" 0 64)"
poke $((0x100000)) 'x'
poke 0 'x'
is "the offset selects" 0100 "$(hex "$vm/dirty" 32 2)"
is "the rest is still there" 01 "$(hex "$vm/dirty" 0 1)"
is "not twice" 00 "$(hex "$vm/dirty" 0 1)"

# the guest: real mode code in page 1 writes page 2, twice, then 3 by its stack
code a2 00 20 f4 a2 01 20 f4 50 f4	# mov %al, 0x2000; hlt; mov %al, 0x2001; hlt; push
put regs 'rsp 0x4000\n'
hex "$vm/dirty" 0 64 >/dev/null
run
is "the guest wrote page 2" 04 "$(hex "$vm/dirty" 0 1)"
is "and nothing else" $none "$(hex "$vm/dirty" 0 64)"
run
is "and again" 04 "$(hex "$vm/dirty" 0 1)"
run
is "page 3 by a push" 08 "$(hex "$vm/dirty" 0 1)"
# string input, which the emulator stores
code bf 00 50 b9 04 00 ba 60 00 fc f3 6c f4	# mov $0x5000, %di; $4, %cx; $0x60, %dx; rep insb
put regs 'es.base 0\n'
hex "$vm/dirty" 0 64 >/dev/null
run
run 'data hex:01020304'
is "page 5 by the emulator" 20 "$(hex "$vm/dirty" 0 1)"
is "it did" 01020304 "$(hex "$vm/mem" 20480 4)"

# an alias, and a new map
put memmap 'alias 2M 64K 1M\n'
hex "$vm/dirty" 0 128 >/dev/null
poke $((0x200000)) 'x'
is "written through an alias" 0100 "$(hex "$vm/dirty" 32 2)"
is "not where the alias is" 0000 "$(hex "$vm/dirty" 64 2)"
put memmap 'ram 4M 32K\n'
is "new memory counts as written" ff "$(hex "$vm/dirty" 128 1)"
poke 0 'x'
put memmap 'none 4M 32K\n'
is "what stays keeps its bits" 01 "$(hex "$vm/dirty" 0 1)"
ok "what is written to it is ignored" put dirty 'anything'
poke 0 'x'
is "who only writes it ends no listening" 01 "$(hex "$vm/dirty" 0 1)"
exec 7<&-
poke 0 'x'
is "nobody listens any more" 00 "$(hex "$vm/dirty" 0 1)"
tap_end
