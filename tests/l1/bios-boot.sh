# SPDX-License-Identifier: GPL-2.0-only
#
# bios-boot.sh: in an emulated host: SeaBIOS starts GRUB from a disk, and GRUB a kernel. On
# an Intel without unrestricted guest, the emulator runs all of their real mode.
. /kvmfs/lib.sh

load
timeout 900 /kvmfs/bin/kvmfs run -m 32 --bios /test/bios-256k.bin --vgabios /test/vgabios.bin \
	--hda /test/disk.img --debugcon /tmp/debug </dev/null >/tmp/out.raw 2>&1
is "the guest's status is the exit status" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
ok "SeaBIOS came to its end" grep -q '^Booting from 0000:7c00' /tmp/debug
ok "GRUB speaks on the screen" grep -q 'This is GRUB on (hd0,msdos1)' /tmp/out
ok "the kernel runs, with its parameters" grep -q '^params from GRUB' /tmp/out
[ $failures = 0 ] || sed 's/^/# /' /tmp/debug /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
