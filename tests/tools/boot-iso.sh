# SPDX-License-Identifier: GPL-2.0-only
#
# boot-iso.sh: in the emulated host: SeaBIOS starts isolinux from a CD-ROM, which shows
# a line on the screen, takes a word from the keyboard, and starts Debian's kernel.
# packages: seabios isolinux syslinux-common xorriso
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/boot/bios-guest.sh
# prepare: tests/tools/boot/iso.sh $BUILD/kernel/6.12/vmlinuz $OUT/guest.cpio $OUT/cd.iso
# needs: /usr/share/seabios/bios-256k.bin /usr/share/seabios/vgabios.bin
# host: -timeout 400
. /kvmfs/lib.sh

load
mkfifo /tmp/keys
timeout 300 /kvmfs/bin/kvmfs run --name iso -m 256 --cdrom /test/cd.iso --debugcon /tmp/debug \
	</tmp/keys >/tmp/out.raw 2>&1 &
exec 3>/tmp/keys
# what is typed before the prompt is lost
for i in $(seq 600); do
	! grep -q '^boot:' /tmp/out.raw || break
	kill -0 $! 2>/dev/null || break
	sleep 0.5
done
printf lin >&3
for i in $(seq 300); do
	/kvmfs/bin/kvmfs monitor iso screen >/tmp/screen
	! grep -q '^boot: lin$' /tmp/screen || break
	kill -0 $! 2>/dev/null || break
	sleep 0.5
done
ok "the monitor shows the screen" grep -q '^This is isolinux: which kernel?$' /tmp/screen
is "SeaBIOS has made its copy read-only" "rom 0xf0000 0x10000" \
	"$(grep 0xf0000 "$KVM/iso/memmap")"
/kvmfs/bin/kvmfs monitor iso type 'ux marker=Typed_1\n'
is "... and types" 0 "$?"
wait $!
is "the guest's status is the exit status" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
ok "SeaBIOS finds the drive" grep -q '^DVD/CD \[ata1-0: kvmfs CD-ROM ATAPI' /tmp/debug
ok "... and speaks on the screen" grep -q '^SeaBIOS (version' /tmp/out
ok "isolinux speaks on the screen" grep -q '^This is isolinux: which kernel?' /tmp/out
ok "... and takes what is typed" grep -q 'console=ttyS0.* marker=Typed_1' /tmp/out
is "Debian's kernel finds SeaBIOS' memory map" "\
BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved
BIOS-e820: [mem 0x00000000000f0000-0x00000000000fffff] reserved
BIOS-e820: [mem 0x0000000000100000-0x000000000fffffff] usable
BIOS-e820: [mem 0x00000000fffc0000-0x00000000ffffffff] reserved" \
	"$(grep -o 'BIOS-e820: .mem.*' /tmp/out | sort -u)"
is "... and the PCI devices" "pci 0000:00:00.0 0x8086 0x1237 0x060000
pci 0000:00:01.0 0x8086 0x7000 0x060100
pci 0000:00:01.1 0x8086 0x7010 0x010100" "$(grep '^pci 0000' /tmp/out)"
is "... and the firmware as it was after a write" 1 \
	"$(awk '$1 == "rom" { n += $2 == $3 && $2 != "0x00000000" } END { print n }' /tmp/out)"
is "... without a complaint" 0 "$(grep -v hw-vuln /tmp/out |
	grep -cE 'WARNING|BUG:|Oops|Call Trace')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
