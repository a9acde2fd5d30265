# SPDX-License-Identifier: GPL-2.0-only
# entry.sh: in an emulated Intel host: state that VM entry refuses is explained, in
# ``exit`` and in a sentence that names the check.
. /kvmfs/lib.sh

# refused NAME WORDS REGISTERS: in flat 32-bit code at 0x1000
refused() {
	mkdir "$KVM/bad"
	echo "ram 0 1M" >"$KVM/bad/memmap"
	printf 'cr0 0x11\ncs.attr 0xc09b\ncs.limit 0xffffffff\nss.attr 0xc093\nss.limit 0xffffffff\nrip 0x1000\nrflags 2\n' \
		>"$KVM/bad/regs"
	printf "$3" >"$KVM/bad/regs" || echo "# the registers themselves were refused"
	echo run >"$KVM/bad/run"
	is "$1: the exit" fail-entry "$(sed 's/ .*//' "$KVM/bad/exit")"
	ok "$1: the sentence" grep -q "$2" "$KVM/bad/status"
	sed 's/^/# /' "$KVM/bad/status"
	rmdir "$KVM/bad"
}

load
mkdir "$KVM/caps"
vmx=$(grep -c vmx "$KVM/caps/capabilities")
rmdir "$KVM/caps"
if [ "$vmx" != 0 ]; then
	refused "rip beyond 4 GiB in 32-bit code" 'RIP.*27.3.1.4' 'rip 0x100000000\n'
else
	skip "state that VM entry refuses" "not on this processor"
fi
ok "the module leaves" unload
tap_end
