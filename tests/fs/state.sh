#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# state.sh MOUNT: fpregs, msrs, cpuid, debug, irq, stat, status, capabilities.
. "$(dirname "$0")/common.sh"

# fpregs
cat "$vm/fpregs" >"$tmp/fpu"
ok "fpregs has a size" [ "$(wc -c <"$tmp/fpu")" -ge 576 ]
is "the control word after reset" 4000 "$(hex "$tmp/fpu" 0 2 | sed 's/7f03/4000/')"
ok "fpregs as it was" dd if="$tmp/fpu" of="$vm/fpregs" bs=65536 conv=notrunc
cat "$vm/fpregs" >"$tmp/fpu2"
ok "is the same" cmp "$tmp/fpu" "$tmp/fpu2"
ok "fpregs by cat" sh -c "cat '$tmp/fpu' >'$vm/fpregs'"
# XMM0 is at 160, and XSTATE_BV at 512 says that it counts
cp "$tmp/fpu" "$tmp/fpu3"
printf 'sixteen bytes ok' | dd of="$tmp/fpu3" bs=1 seek=160 conv=notrunc 2>/dev/null
printf '\003' | dd of="$tmp/fpu3" bs=1 seek=512 conv=notrunc 2>/dev/null
ok "fpregs with another XMM0" dd if="$tmp/fpu3" of="$vm/fpregs" bs=65536 conv=notrunc
is "XMM0 is kept" "sixteen bytes ok" "$(dd if="$vm/fpregs" bs=16 skip=10 count=1 2>/dev/null)"
ok "half of an image is refused" refused dd if="$tmp/fpu" of="$vm/fpregs" bs=100 count=1 conv=notrunc
printf '\377' | dd of="$tmp/fpu3" bs=1 seek=524 conv=notrunc 2>/dev/null
ok "a bad header is refused" refused dd if="$tmp/fpu3" of="$vm/fpregs" bs=65536 conv=notrunc
is "and changes nothing" "sixteen bytes ok" "$(dd if="$vm/fpregs" bs=16 skip=10 count=1 2>/dev/null)"

# msrs
ok "msrs are lines of a name and a value" sh -c "! grep -v '^[a-z0-9_]* 0x[0-9a-f]*\$' '$vm/msrs'"
first=$(sed -n '1s/ .*//p' "$vm/msrs")
ok "there are some: $first" [ -n "$first" ]
cat "$vm/msrs" >"$tmp/msrs"
ok "all of them back" sh -c "cat '$tmp/msrs' >'$vm/msrs'"

# cpuid
ok "cpuid is lines of six numbers" sh -c "! grep -v '^0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]*\$' '$vm/cpuid'"
ok "it has leaf 1" grep -q '^0x00000001 ' "$vm/cpuid"
cat "$vm/cpuid" >"$tmp/cpuid"
ok "all of it back" sh -c "cat '$tmp/cpuid' >'$vm/cpuid'"
ok "cpuid: nothing changed" cmp "$tmp/cpuid" "$vm/cpuid"
sed '1s/0x[0-9a-f]*$/0x12345678/' "$tmp/cpuid" >"$tmp/other"
ok "another vendor" sh -c "cat '$tmp/other' >'$vm/cpuid'"
ok "is kept" cmp "$tmp/other" "$vm/cpuid"

# debug
is "debug at first" "step off" "$(cat "$vm/debug")"
ok "debug: all kinds" put debug 'step on\nbreak 0x1234\nwatch 0x2000 4 w\nwatch 0x3000 8 rw\n'
is "debug shows them" "step on
break 0x1234
watch 0x2000 4 w
watch 0x3000 8 rw" "$(cat "$vm/debug")"
ok "debug: off again" put debug 'step off\nclear\n'
is "debug: nothing is left" "step off" "$(cat "$vm/debug")"

# irq
is "irq: nothing pending" "pending none" "$(head -n 1 "$vm/irq")"
ok "a vector" put irq '0x20\n'
is "is pending" "pending 0x20" "$(head -n 1 "$vm/irq")"
ok "who writes a second one waits" refused timeout 1 sh -c "echo 33 >'$vm/irq'"
is "and it is not there" "pending 0x20" "$(head -n 1 "$vm/irq")"
ok "an NMI" put irq 'nmi\n'
ok "is pending as well" grep -q '^nmi yes$' "$vm/irq"
rmdir "$vm" && mkdir "$vm"
printf '\001\000\000\000\041\000\000\000' >"$tmp/packet"
ok "a packet" dd if="$tmp/packet" of="$vm/irq" bs=8 conv=notrunc
is "irq: of vector 0x21" "pending 0x21" "$(head -n 1 "$vm/irq")"

# status, stat, capabilities
is "state" created "$(value status state)"
is "no error" none "$(value status error)"
put regs 'nonsense 1\n'
ok "an error has a sentence" refused [ "$(value status error)" = none ]
ok "stat is lines of a name and a number" sh -c "! grep -v '^[a-z0-9_]* [0-9]*\$' '$vm/stat'"
ok "capabilities are there" [ -s "$vm/capabilities" ]
tap_end
