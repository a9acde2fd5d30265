# SPDX-License-Identifier: GPL-2.0-only
# ide-guest.sh: what the guest of boot-ide.sh runs: it reads a CD-ROM and two disks, and
# writes one.
sum() { sha256sum | cut -c 1-64; }

# disk N: the name of the primary master or slave; they are found in any order
disk() { echo /sys/bus/scsi/devices/0:0:$1:0/block/* | sed 's,.*/,,'; }

for i in $(seq 100); do
	[ ! -b "/dev/$(disk 0)" ] || [ ! -b "/dev/$(disk 1)" ] || [ ! -b /dev/sr0 ] || break
	sleep 0.3
done
master=$(disk 0) slave=$(disk 1)
mkdir /mnt
mount -t iso9660 -o ro /dev/sr0 /mnt || exit 1
echo "said cd: $(sum </mnt/vmlinuz)"
echo "said first: $(sum </dev/$master)"
echo "said sectors: $(cat /sys/block/$master/size) $(cat /sys/block/$slave/size)"
dd if=/dev/urandom of=/dev/$slave bs=64k count=40 2>/dev/null
dd if=/dev/urandom of=/dev/$slave bs=512 count=3 seek=9999 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
echo "said second: $(sum </dev/$slave)"
dmesg | grep -E 'ata[0-9.]+: |WARNING|BUG|Oops|Call Trace|I/O error' | grep -v hw-vuln
exit 42
