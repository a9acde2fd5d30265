#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iso.sh KERNEL INITRD OUT: a CD-ROM image with isolinux, which waits for a word and
# starts KERNEL with INITRD when it is "linux".
set -eu

tree=$(mktemp -d "$3.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/isolinux"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$tree/isolinux"
cp "$1" "$tree/vmlinuz"
cp "$2" "$tree/initrd"
cat >"$tree/isolinux/isolinux.cfg" <<'END'
SAY This is isolinux: which kernel?
PROMPT 1
TIMEOUT 0
LABEL linux
	KERNEL /vmlinuz
	INITRD /initrd
	APPEND console=ttyS0
END
xorriso -as mkisofs -quiet -o "$3" -b isolinux/isolinux.bin -c isolinux/boot.cat \
	-no-emul-boot -boot-load-size 4 -boot-info-table "$tree" 2>/dev/null
