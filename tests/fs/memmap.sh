#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# memmap.sh MOUNT: the lines of memmap.
. "$(dirname "$0")/common.sh"

is "empty at first" "" "$(cat "$vm/memmap")"
ok "several lines at once" put memmap 'ram 0 640K\nrom 0xf0000 0x10000\nram 1M 3M\n'
is "are kept in order" "ram 0x0 0xa0000
rom 0xf0000 0x10000
ram 0x100000 0x300000" "$(cat "$vm/memmap")"
ok "a line adds" put memmap 'alias 0xfffff000 4K 0xff000\n'
is "alias: its line" "alias 0xfffff000 0x1000 0xff000" "$(tail -n 1 "$vm/memmap")"
ok "rom is written from outside" poke $((0xff000)) 'reset'
is "and seen through its alias" 7265736574 "$(hex "$vm/mem" $((0xfffff000)) 5)"
ok "an alias is written" poke $((0xfffff010)) 'x'
is "and changes what it shows" 78 "$(hex "$vm/mem" $((0xff010)) 1)"
ok "the ram that an alias shows cannot go" refused put memmap 'none 0xf0000 0x10000\n'
ok "the alias can" put memmap 'none 0xfffff000 4K\n'
ok "then it as well" put memmap 'none 0xf0000 64K\n'
is "two are left" 2 "$(wc -l <"$vm/memmap")"
poke $((0x100000)) 'keep'
ok "the same line again" put memmap 'ram 1M 3M\n'
is "keeps the contents" 6b656570 "$(hex "$vm/mem" $((0x100000)) 4)"
ok "a region becomes smaller" put memmap 'ram 1M 1M\n'
is "and keeps the contents too" 6b656570 "$(hex "$vm/mem" $((0x100000)) 4)"
ok "a part cannot be removed" refused put memmap 'none 1M 64K\n'
ok "a suffix of each kind" put memmap 'ram 16M 4096K\nram 1G 0x1000\n'
ok "G" grep -q '^ram 0x40000000 0x1000$' "$vm/memmap"
ok "O_TRUNC clears" sh -c "echo 'ram 0 64K' >'$vm/memmap'"
is "and one is left" "ram 0x0 0x10000" "$(cat "$vm/memmap")"
ok "all can go" put memmap 'none 0 64K\n'
is "none is left" "" "$(cat "$vm/memmap")"
cat >"$tmp/map" <<END
ram 0x0 0x1000
rom 0x10000 0x2000
alias 0x20000 0x1000 0x11000
END
ok "what it shows" sh -c "cat '$tmp/map' >'$vm/memmap'"
ok "can be written back" sh -c "cat '$vm/memmap' >'$tmp/m'; cat '$tmp/m' >'$vm/memmap'"
ok "and is the same" cmp "$tmp/map" "$vm/memmap"
ok "lent memory must be somewhere" refused put memmap 'user 1M 64K 0x1000\n'
ok "a file must be open" refused put memmap 'file 1M 64K 9 0\n'
ok "and the sentence says so" grep -q 'memmap, line 1: ' "$vm/status"
ok "an address is missing" refused put memmap 'user 1M 64K\n'
ok "an offset is missing" refused put memmap 'file 1M 64K 9\n'
ok "not page aligned" refused put memmap 'user 1M 64K 0x1001\n'
is "the map is as it was" "$(cat "$tmp/map")" "$(cat "$vm/memmap")"
tap_end
