# SPDX-License-Identifier: GPL-2.0-only
#
# boot-pci.sh: in the emulated host: a Linux guest finds the PCI bus and its bridges.
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/boot/pci-guest.sh
. /kvmfs/lib.sh

load
/kvmfs/bin/kvmfs run --pci -m 128 -k /kvmfs/vmlinuz -i /test/guest.cpio >/tmp/out.raw 2>&1
is "the guest's status is the exit status" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
is "it lists the bridges" "pci 0000:00:00.0 0x8086 0x1237 0x060000
pci 0000:00:01.0 0x8086 0x7000 0x060100" "$(grep '^pci 0000' /tmp/out)"
is "... without a complaint" 0 "$(grep -v hw-vuln /tmp/out |
	grep -cE 'WARNING|BUG:|Oops|Call Trace')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
