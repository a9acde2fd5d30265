# SPDX-License-Identifier: GPL-2.0-only
# ide-guest.sh: what the guest of boot-ide.sh runs: it reads a CD-ROM and two disks, and
# writes one.
sum() { sha256sum | cut -c 1-64; }

mkdir /mnt
mount -t iso9660 -o ro /dev/sr0 /mnt || exit 1
echo "said cd: $(sum </mnt/vmlinuz)"
echo "said first: $(sum </dev/sda)"
echo "said sectors: $(cat /sys/block/sda/size) $(cat /sys/block/sdb/size)"
dd if=/dev/urandom of=/dev/sdb bs=64k count=40 2>/dev/null
dd if=/dev/urandom of=/dev/sdb bs=512 count=3 seek=9999 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
echo "said second: $(sum </dev/sdb)"
dmesg | grep -E 'ata[0-9.]+: |WARNING|BUG|Oops|Call Trace|I/O error' | grep -v hw-vuln
exit 42
