# SPDX-License-Identifier: GPL-2.0-only
# bios-guest.sh: what the guest of boot-iso.sh runs. It looks at the machine as
# SeaBIOS left it.
cat /proc/cmdline
for d in /sys/bus/pci/devices/*; do
	echo "pci ${d##*/} $(cat "$d/vendor") $(cat "$d/device") $(cat "$d/class")"
done
before=$(devmem 0xffff0 32)
devmem 0xffff0 32 0
echo "rom $before $(devmem 0xffff0 32)"
dmesg | grep -E 'BIOS-e820|DMI|ACPI|WARNING|BUG|Oops|Call Trace' | grep -v hw-vuln
exit 42
