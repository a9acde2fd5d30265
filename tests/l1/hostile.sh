#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile.sh: in the emulated host: guests that cannot be trusted, while a VM beside them
# works on its own data. /l1/env may set SEED, GUESTS (how many) and MMU.
. /kvmfs/lib.sh

H=/kvmfs/hostile
seed=${SEED:-1} guests=${GUESTS:-200}

# the guest count.64's number of rounds, and what it found wrong
count() {
	dd if="$KVM/neighbour/mem" bs=4 skip=$((0x8000 / 4)) count=2 2>/dev/null |
		od -A n -t u4 | { read -r rounds bad; echo "$rounds $bad"; }
}

quiet() {
	! dmesg | grep -v hw-vuln |
		grep -E 'WARNING:|BUG:|Oops|Call Trace|KASAN|UBSAN|unchecked MSR|kvmfs: audit'
}

# well N: the neighbour's rounds are more than N
well() {
	for i in $(seq 300); do
		now=$(count)
		[ "${now#* }" = 0 ] || return 1
		[ "${now% *}" -le "$1" ] || return 0
		sleep 0.2
	done
	return 1
}

insmod /lib/modules/msr.ko 2>/dev/null
load
"$G/guestrun" -d "$KVM" -n neighbour "$G/count.64" >/tmp/neighbour 2>&1 &
neighbour=$!
ok "a VM beside them counts" well 0
last=$((seed + guests))
while [ "$seed" -lt "$last" ]; do
	n=$((last - seed < 500 ? last - seed : 500))
	before=$(count)
	"$H/hostile-guests" -d "$KVM" -s "$seed" -n "$n" $OPTIONS >/tmp/guests 2>&1
	status=$?
	grep '^#' /tmp/guests
	ok "guests $seed to $((seed + n - 1)), ${MMU:-shadow}: they could be stopped, the host is as before" \
		[ $status = 0 ]
	[ $status = 0 ] || sed 's/^/# /' /tmp/guests
	ok "the VM beside them goes on, undisturbed" well "${before% *}"
	ok "the kernel has nothing to complain of" quiet
	seed=$((seed + n))
done
kill $neighbour
wait $neighbour 2>/dev/null
ok "the module leaves" unload
tap_end
