# SPDX-License-Identifier: GPL-2.0-only
#
# boot-ide.sh: in the emulated host: Linux, without firmware, with the drives of the
# IDE controller.
# packages: isolinux syslinux-common xorriso
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/boot/ide-guest.sh ata_piix sd_mod sr_mod isofs
# prepare: head -c 4M /dev/urandom >$OUT/first.img
# prepare: tests/tools/boot/iso.sh $OUT/first.img $OUT/guest.cpio $OUT/cd.iso
# host: -timeout 400
. /kvmfs/lib.sh

sum() { sha256sum | cut -c 1-64; }
said() { sed -n "s/^said $1: //p" /tmp/out; }

load
first=$(sum </test/first.img)
truncate -s 6M /tmp/second.img
timeout 300 /kvmfs/bin/kvmfs run -m 128 -v -k /kvmfs/vmlinuz -i /test/guest.cpio \
	--cdrom /test/cd.iso --hda /test/first.img --hdb /tmp/second.img >/tmp/out.raw 2>&1
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
is "the disks have their sizes" "8192 12288" "$(said sectors)"
is "a file on the CD-ROM is read" "$first" "$(said cd)"
is "the first disk is read" "$first" "$(said first)"
is "the second disk is written: what the guest reads is in the file" \
	"$(sum </tmp/second.img)" "$(said second)"
truncate -s 6M /tmp/empty
cmp -s /tmp/empty /tmp/second.img
is "... which it was not before" 1 "$?"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out |
	grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error|failed command')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
