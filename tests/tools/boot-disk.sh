# SPDX-License-Identifier: GPL-2.0-only
#
# boot-disk.sh: in the emulated host: SeaBIOS starts GRUB from a disk, IDE or virtio, which
# starts a multiboot kernel from its FAT partition.
# packages: seabios grub-pc-bin grub-common mtools
# prepare: tests/tools/boot/grub-disk.sh $BUILD/guest/bin/multiboot.elf $OUT/disk.img
# needs: /usr/share/seabios/bios-256k.bin /usr/share/seabios/vgabios.bin
# host: -timeout 400
. /kvmfs/lib.sh

# boots OPTION: GRUB from the disk that it gives
boots() {
	timeout 200 /kvmfs/bin/kvmfs run -m 32 "$1" /test/disk.img --debugcon /tmp/debug \
		</dev/null >/tmp/out.raw 2>&1
	is "$1: the guest's status is the exit status" 42 "$?"
	tr -d '\r' </tmp/out.raw >/tmp/out
	is "GRUB speaks on the screen" 1 "$(grep -c 'This is GRUB on (hd0,msdos1)' /tmp/out)"
	is "the kernel runs, with its parameters" 1 "$(grep -c '^params from GRUB' /tmp/out)"
	is "... and with its module" 1 \
		"$(grep -c '^module an argument, aligned: the module on the disk$' /tmp/out)"
	[ $failures = 0 ] || sed 's/^/# /' /tmp/debug /tmp/out | tail -n 60
}

load
boots --hda
is "SeaBIOS found the IDE disk" 1 \
	"$(grep -c '^ata0-0: kvmfs disk ATA-6 Hard-Disk (16 MiBytes)' /tmp/debug)"
boots --disk
is "SeaBIOS found the virtio disk" 1 "$(grep -c '^found virtio-blk' /tmp/debug)"

cp /test/disk.img /tmp/disk.img
dd if=/dev/zero of=/tmp/disk.img bs=512 count=1 conv=notrunc 2>/dev/null
timeout 120 /kvmfs/bin/kvmfs run -m 32 --hda /tmp/disk.img --name nothing \
	</dev/null >/tmp/out 2>&1 &
for i in $(seq 240); do
	! grep -q '^No bootable device' /tmp/out || break
	sleep 0.5
done
is "a disk without a boot sector: SeaBIOS says so" 1 "$(grep -c '^No bootable device' /tmp/out)"
kill $!
wait $!
unload
is "the module goes" 0 "$?"
tap_end
