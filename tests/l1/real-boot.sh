# SPDX-License-Identifier: GPL-2.0-only
#
# real-boot.sh: in the emulated host: Debian's kernel as a guest that is entered at
# its 16-bit setup code, which asks the monitor's BIOS and switches to protected mode.
. /kvmfs/lib.sh

load
/kvmfs/bin/kvmfs run --name deb -m 128 --real-mode -v -k /kvmfs/vmlinuz \
	-i /kvmfs/boot-guest.cpio -p debug >/tmp/out.raw 2>&1
status=$?
is "the setup code speaks" 1 "$(grep -c '^early console in setup code' /tmp/out.raw)"
is "the guest's status is the exit status" 42 "$status"
tr -d '\r' </tmp/out.raw >/tmp/out
is "Debian's kernel came to its init" 1 "$(grep -c '^Linux guest .* x86_64 GNU/Linux' /tmp/out)"
is "... did what it was asked to" 1 "$(grep -c '^the end' /tmp/out)"
is "... without a complaint" 0 "$(grep -v hw-vuln /tmp/out |
	grep -cE 'WARNING|BUG:|Oops|Call Trace')"
e820=$(grep -c 'BIOS-e820: .mem' /tmp/out)
is "the memory map is that of INT 15h" 4 "$e820"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
