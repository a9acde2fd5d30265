#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# grub-disk.sh MULTIBOOT OUT: a disk image whose boot sector starts GRUB, which starts
# the kernel MULTIBOOT from a FAT partition.
set -eu

out=$2
tree=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tree"' EXIT
grub=/usr/lib/grub/i386-pc
cat >"$tree/early.cfg" <<'END'
set root=(hd0,msdos1)
echo "This is GRUB on ($root)"
multiboot /kernel from GRUB
module /module.txt an argument
boot
END
grub-mkimage -O i386-pc -o "$tree/core.img" -c "$tree/early.cfg" -p / \
	biosdisk part_msdos fat multiboot boot echo
# 16 MiB: boot sector, GRUB in the gap, one active FAT partition from 1 MiB on
truncate -s 16M "$out"
head -c 440 "$grub/boot.img" | dd of="$out" conv=notrunc status=none
dd if="$tree/core.img" of="$out" bs=512 seek=1 conv=notrunc status=none
printf '\200\40\41\0\13\0\0\0\0\10\0\0\0\170\0\0' |	# type 0x0b, 2048, 30720 sectors
	dd of="$out" bs=1 seek=446 conv=notrunc status=none
printf '\125\252' | dd of="$out" bs=1 seek=510 conv=notrunc status=none
echo "the module on the disk" >"$tree/module.txt"
mformat -i "$out@@1M" -T 30720 -h 16 -s 63 ::
mcopy -i "$out@@1M" "$1" ::/kernel
mcopy -i "$out@@1M" "$tree/module.txt" ::/module.txt
