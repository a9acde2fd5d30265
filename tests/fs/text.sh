#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# text.sh MOUNT: rules that all files keep: sizes, offsets, no side effects, and
# text that is taken whole or not at all.
. "$(dirname "$0")/common.sh"

# steady FILE [DD-OPTION...]: without what time changes, the TSC
steady() {
	dd if="$vm/$1" ${2:-bs=65536} $3 2>/dev/null | sed '/tsc /d'
}

# whole_lines FILE: without the first, which in msrs may be the rest of the TSC's
whole_lines() {
	if [ "$1" = msrs ]; then sed 1d; else cat; fi
}

put memmap 'ram 0 1M\n'
for f in capabilities cpuid debug events exit fpregs irq memmap msrs regs stat status; do
	steady $f >"$tmp/$f"
	is "$f: st_size is true" "$(cat "$vm/$f" | wc -c)" "$(stat -c %s "$vm/$f")"
	steady $f bs=7 >"$tmp/odd"
	ok "$f: reading in blocks of 7" cmp "$tmp/$f" "$tmp/odd"
	steady $f bs=1 skip=40 | whole_lines $f >"$tmp/tail"
	dd if="$vm/$f" bs=65536 2>/dev/null | tail -c +41 | sed '/tsc /d' |
		whole_lines $f >"$tmp/want"
	ok "$f: reading from offset 40" cmp "$tmp/want" "$tmp/tail"
	steady $f >"$tmp/again"
	ok "$f: reading has no effect" cmp "$tmp/$f" "$tmp/again"
	[ $f = fpregs ] || is "$f: is text" "" "$(cat "$vm/$f" | LC_ALL=C tr -d '\n -~' | od -A n -t x1)"
	[ $f = fpregs ] || is "$f: ends with a newline" "" "$(tail -c 1 "$tmp/$f")"
done
is "mem: st_size is the end of memory" 1048576 "$(stat -c %s "$vm/mem")"
is "nothing comes out of run" "" "$(cat "$vm/run" 2>/dev/null)"
is "nor out of ctl" "" "$(cat "$vm/ctl" 2>/dev/null)"
ok "grep -r over everything" sh -c "grep -r no_such_word '$vm' 2>/dev/null; [ \$? = 1 -o \$? = 2 ]"
ok "the vCPU has not run" grep -q '^user_exits 0$' "$vm/stat"

for f in capabilities exit stat status; do
	cat "$vm/$f" >"$tmp/before"
	put $f 'x 1\n'
	ok "writing $f, as a restoring tar does, changes nothing" cmp "$tmp/before" "$vm/$f"
done

# whole or nothing
bad regs 'rax 1\nrbx nonsense\n' 'nonsense'
bad regs 'rax 1\nno_such 2\n' 'no_such'
bad regs 'rax 1 2\n' 'regs'
bad regs 'rax\n' 'regs'
bad regs 'rax 0x10000000000000000\n' 'regs'
bad regs 'rax -1\n' 'regs'
bad regs 'rax 0x\n' 'regs'
bad regs 'rax 12a\n' '12a'
bad memmap 'ram 0 2M\nram 0x100 1M\n' 'page'
bad memmap 'ram 0\n' 'memmap'
bad memmap 'junk 0 1M\n' 'junk'
bad memmap 'ram 0 1Q\n' '1Q'
bad memmap 'ram 0x80000 1M\n' 'overlap'
bad memmap 'ram 1T 1M\n' 'beyond'
bad memmap 'alias 4M 1M 8M\n' 'alias'
bad irq '256\n' '256'
bad irq 'x\n' 'x'
bad debug 'step perhaps\n' 'off or on'
bad debug 'watch 0x1000 3 w\n' 'watch'
bad debug 'watch 0x1001 4 w\n' 'multiple'
bad msrs 'no_such 1\n' 'no_such'
bad cpuid '0 0 1 2 3\n' 'cpuid'
bad ctl 'halt\n' 'halt'
bad ctl 'pause now\n' 'now'
bad ctl 'pause\nresume\n' 'one command'
bad run 'inject 256\n' '255'
bad run 'data 1\n' 'pending' 2>/dev/null

# what is fine
ok "comments, blanks and empty lines" put regs '# a comment\n\n  rax   0x11  # more\n\trbx 18\n'
is "hexadecimal" 0x0000000000000011 "$(reg rax)"
is "decimal" 0x0000000000000012 "$(reg rbx)"
ok "no newline at the end" put regs 'rax 7'
is "is a line" 0x0000000000000007 "$(reg rax)"
ok "nothing at all" put regs ''
ok "as a shell does it" add regs 'rcx 0x33\n'
is "as a shell does it: rcx" 0x0000000000000033 "$(reg rcx)"
ok "with O_TRUNC" sh -c "echo rdx 5 >'$vm/regs'"
is "the others stay" 0x0000000000000033 "$(reg rcx)"
tap_end
