# SPDX-License-Identifier: GPL-2.0-only
#
# boot-disk.sh: in the emulated host: SeaBIOS starts GRUB from a disk, IDE or virtio, which
# starts a multiboot kernel from its FAT partition.
# packages: bsdutils seabios grub-pc-bin grub-common mtools
# prepare: tests/tools/boot/grub-disk.sh $BUILD/guest/bin/multiboot.elf $OUT/disk.img
# needs: /usr/share/seabios/bios-256k.bin /usr/share/seabios/vgabios.bin
# needs: /usr/bin/script
# host: -timeout 400
. /kvmfs/lib.sh

# boots OPTION: GRUB from the disk that it gives
boots() {
	timeout 200 /kvmfs/bin/kvmfs run -m 32 "$1" /test/disk.img --debugcon /tmp/debug \
		</dev/null >/tmp/out.raw 2>&1
	is "$1: the guest's status is the exit status" 42 "$?"
	tr -d '\r' </tmp/out.raw >/tmp/out
	ok "GRUB speaks on the screen" grep -q 'This is GRUB on (hd0,msdos1)' /tmp/out
	ok "the kernel runs, with its parameters" grep -q '^params from GRUB' /tmp/out
	ok "... and with its module" \
		grep -q '^module an argument, aligned: the module on the disk$' /tmp/out
	[ $failures = 0 ] || sed 's/^/# /' /tmp/debug /tmp/out | tail -n 60
}

load
boots --hda
ok "SeaBIOS found the IDE disk" \
	grep -q '^ata0-0: kvmfs disk ATA-6 Hard-Disk (16 MiBytes)' /tmp/debug
boots --disk
ok "SeaBIOS found the virtio disk" grep -q '^found virtio-blk' /tmp/debug

cp /test/disk.img /tmp/disk.img
dd if=/dev/zero of=/tmp/disk.img bs=512 count=1 conv=notrunc 2>/dev/null
mkfifo /tmp/keys
/usr/bin/script -qf -c "/kvmfs/bin/kvmfs run -m 32 --hda /tmp/disk.img; echo status \$?" /tmp/out \
	</tmp/keys >/dev/null 2>&1 &
exec 3>/tmp/keys
for i in $(seq 240); do
	! grep -q 'No bootable device' /tmp/out || break
	sleep 0.5
done
escape=$(printf '\033')
ok "on a terminal, the screen is drawn at its place" \
	grep -q "$escape\[2J.*$escape\[1;1H$escape\[0;37;40mSeaBIOS (version" /tmp/out
ok "... and SeaBIOS says there that it finds no boot sector" \
	grep -q "$escape\[[0-9]*;1H$escape\[0;37;40mNo bootable device" /tmp/out
printf '\001x' >&3
wait $!
ok "Ctrl-a x ends it" grep -q '^status 0' /tmp/out
[ $failures = 0 ] || sed -n l /tmp/out | sed 's/^/# /' | tail -n 30
unload
is "the module goes" 0 "$?"
tap_end
