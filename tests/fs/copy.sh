#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# copy.sh MOUNT: a VM is saved and restored by the ordinary tools.
. "$(dirname "$0")/common.sh"

copy=$mount/copy
trap 'rmdir "$vm" "$copy" 2>/dev/null; rm -rf "$tmp"' EXIT

# same NAME: the copy is one; it goes then
same() {
	for f in memmap mem regs fpregs cpuid events irq debug; do
		ok "$1: $f is the same" cmp "$vm/$f" "$copy/$f"
	done
	rmdir "$copy"
}

# in FILE...: restored one by one
in_order() {
	mkdir "$copy"
	for f; do
		cp "$tmp/backup/$f" "$copy/$f" || return 1
	done
}

put memmap 'ram 0 256K\nrom 256K 64K\nram 320K 128K\n'
poke $((0x1234)) 'some guest memory'
poke $((0x40010)) 'a rom'
poke $((0x60000)) 'and more of it'
put regs 'rax 0x1234\nrip 0x1000\ncr3 0x5000\n'
put irq '0x21\n'
put debug 'break 0x1234\n'

ok "cp -r" cp -r "$vm" "$tmp/backup"
ok "the copy of mem has the bytes" cmp "$vm/mem" "$tmp/backup/mem"
mkdir "$copy"
ok "cp -r back" cp -rf "$tmp/backup/." "$copy/"
same "cp -r"
if on_fuse; then
	skip "cp -r to a new name" "FUSE does not tell a look-up for O_EXCL from others"
else
	ok "cp -r to a new name" cp -rf "$tmp/backup" "$copy"
	same "a new name"
fi
ok "mem first" in_order mem memmap events regs fpregs msrs cpuid irq debug
same "mem first"
ok "memmap first" in_order memmap debug irq cpuid msrs fpregs regs events mem
same "memmap first"

if cp --help 2>&1 | grep -q -e --sparse; then
	rm -r "$tmp/backup"
	put memmap 'ram 1M 64K\n'
	ok "cp -r --sparse=always, with a hole" cp -r --sparse=always "$vm" "$tmp/backup"
	ok "a hole, mem first" in_order mem memmap regs
	rmdir "$copy"
	ok "a hole, memmap first" in_order memmap irq regs debug cpuid fpregs mem
	same "a hole"
	put memmap 'none 1M 64K\n'
else
	skip "mem with a hole" "this cp writes zeros into it"
fi

ok "tar" tar -C "$vm" -cf "$tmp/tar" .
mkdir "$copy"
overwrite=
! tar --help 2>&1 | grep -q -e --overwrite || overwrite=--overwrite
ok "tar back" tar -C "$copy" -xf "$tmp/tar" $overwrite
same "tar"

if command -v rsync >/dev/null; then
	rsync -a --inplace "$vm/" "$tmp/rsync"
	mkdir "$copy"
	ok "rsync" rsync -a -I --inplace "$tmp/rsync/" "$copy/"
	same "rsync"
else
	skip "rsync" "it is not there"
fi
tap_end
