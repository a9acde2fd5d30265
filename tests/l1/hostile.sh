#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile.sh: in the emulated host: guests that cannot be trusted, while a VM beside them
# works on its own data. /l1/env may set SEED, GUESTS (how many) and MMU: one, or both, one
# after the other.
. /kvmfs/lib.sh

H=/kvmfs/hostile

# some SEED N: beside the neighbour
some() {
	before=$(rounds)
	"$H/hostile-guests" -d "$KVM" -s "$1" -n "$2" $OPTIONS >/tmp/guests 2>&1
	status=$?
	grep '^#' /tmp/guests
	ok "guests $1 to $(($1 + $2 - 1)), ${MMU:-shadow}: they could be stopped, the host is as before" \
		[ $status = 0 ]
	[ $status = 0 ] || sed 's/^/# /' /tmp/guests
	ok "the VM beside them goes on, undisturbed" counts_on "$before"
	ok "the kernel has nothing to complain of" quiet
}

insmod /lib/modules/msr.ko 2>/dev/null
for MMU in ${MMU:-shadow}; do
	seed=${SEED:-1} last=$((${SEED:-1} + ${GUESTS:-200}))
	load
	neighbour
	while [ "$seed" -lt "$last" ]; do
		n=$((last - seed < 500 ? last - seed : 500))
		some "$seed" $n
		seed=$((seed + n))
	done
	neighbour_ends
	ok "the module leaves" unload
done
tap_end
