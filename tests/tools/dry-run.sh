# SPDX-License-Identifier: GPL-2.0-only
#
# dry-run.sh: in the emulated host: what `kvmfs run --dry-run' says of a machine is what
# a guest in this machine finds. It needs no kvmfs itself.
#
# prepare: echo 'cat /proc/cmdline /proc/iomem /proc/ioports' >$OUT/cmd
# prepare: echo 'cd /sys/bus/pci/devices; for d in *; do' >>$OUT/cmd
# prepare: echo 'echo $d $(cat $d/vendor) $(cat $d/device) .; done' >>$OUT/cmd
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio $OUT/cmd
. /kvmfs/lib.sh

run() {
	/kvmfs/bin/kvmfs run -k /kvmfs/vmlinuz -i /test/guest.cpio -m 192 --pci -p quiet "$@"
}

run --dry-run >/tmp/dry 2>/tmp/err
is "a dry run without kvmfs" "0 0" "$? $(wc -c </tmp/err)"
load
run >/tmp/guest.raw 2>&1
tr -d '\r' </tmp/guest.raw >/tmp/guest

# the frequency of the TSC is measured anew each time
cmdline() { sed 's/tsc_early_khz=[0-9]*//' | grep -o 'console=.*quiet' | tail -n 1; }
is "the command line" "$(cmdline </tmp/guest)" "$(cmdline </tmp/dry)"
ok "... is one" grep -q console=ttyS0 /tmp/dry
is "the end of RAM" "$(sed -n 's/^00100000-\([0-9a-f]*\) : System RAM/\1/p' /tmp/guest)" \
	"$(sed -n 's/^  0x[0-9a-f]*-0x0*\([0-9a-f]*\)  RAM.*/0\1/p' /tmp/dry)"
is "PCI devices" "$(sed -n 's/^0000:\(00:[0-9a-f]*.[0-7]\) 0x\([0-9a-f]*\) 0x\([0-9a-f]*\) .*/\1 \2:\3/p' /tmp/guest)" \
	"$(sed -n 's/^  \(00:[0-9a-f]*.[0-7]\)  \([0-9a-f]*:[0-9a-f]*\) .*/\1 \2/p' /tmp/dry)"
ok "... there are two" [ "$(grep -c '^  00:' /tmp/dry)" -ge 2 ]
for chip in 0020-0021:pic 0040-0043:timer 0070-0071:rtc 03f8-03ff:serial; do
	range=${chip%:*}
	ok "ports $range" grep -qi "^  0x${range%-*}-0x${range#*-} " /tmp/dry
	ok "... in the guest" grep -qE "^ *${range%-*}-(${range#*-}|....) : " /tmp/guest
done
ok "the initrd and its size" grep -q "/test/guest.cpio at 0x.*, $(wc -c </test/guest.cpio) bytes" /tmp/dry
ok "no directory is made" [ -z "$(ls "$KVM")" ]
[ $failures = 0 ] || sed 's/^/# /' /tmp/dry /tmp/guest
unload
is "the module goes" 0 "$?"
tap_end
