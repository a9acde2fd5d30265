#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mem.sh MOUNT: guest memory.
. "$(dirname "$0")/common.sh"

is "without memory the size is 0" 0 "$(stat -c %s "$vm/mem")"
is "and reading gives nothing" "" "$(hex "$vm/mem" 0 4)"
ok "truncate makes ram" truncate -s 4M "$vm/mem"
is "truncate: memmap" "ram 0x0 0x400000" "$(cat "$vm/memmap")"
is "truncate: the size" 4194304 "$(stat -c %s "$vm/mem")"
is "fresh memory is zero" 00000000 "$(hex "$vm/mem" 4096 4)"

ok "write" poke 4094 'hello'
is "across a page" 68656c6c6f "$(hex "$vm/mem" 4094 5)"
is "its neighbours" 0000 "$(hex "$vm/mem" 4092 2)"
ok "write at the end" poke 4194303 'e'
is "is read back" 65 "$(hex "$vm/mem" 4194303 1)"
ok "write behind the end" refused poke 4194304 'x'
is "read behind the end" "" "$(hex "$vm/mem" 4194304 4)"

dd if=/dev/urandom of="$tmp/random" bs=65536 count=16 2>/dev/null
dd if="$tmp/random" of="$vm/mem" bs=65536 seek=16 conv=notrunc 2>/dev/null
dd if="$vm/mem" of="$tmp/back" bs=65536 skip=16 count=16 2>/dev/null
ok "a mebibyte there and back" cmp "$tmp/random" "$tmp/back"

# holes
ok "a second region" put memmap 'ram 0x1000000 64K\n'
is "the size is the end of the highest" $((0x1010000)) "$(stat -c %s "$vm/mem")"
is "a hole reads as zeros" 00000000 "$(hex "$vm/mem" $((0x800000)) 4)"
ok "a hole cannot be written" refused poke $((0x800000)) 'x'
ok "ENXIO" grep -q -i 'no such device or address' "$tmp/err"
ok "the second region can" poke $((0x1000000)) 'there'
is "and keeps it" 7468657265 "$(hex "$vm/mem" $((0x1000000)) 5)"
cp "$vm/mem" "$tmp/copy" 2>/dev/null
is "a copy has the size" $((0x1010000)) "$(stat -c %s "$tmp/copy")"
is "and the bytes" 7468657265 "$(hex "$tmp/copy" $((0x1000000)) 5)"
rm -f "$tmp/copy"

ok "it does not grow by itself" refused poke $((0x1010000)) 'x'
mkdir "$mount/suite2"
echo "ram 0 1M" >"$mount/suite2/memmap"
is "another VM's memory is its own" 0000000000 "$(hex "$mount/suite2/mem" 4094 5)"
rmdir "$mount/suite2"
tap_end
