#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile.sh: in the emulated host: guests that cannot be trusted, while a VM beside them
# works on its own data. /l1/env may set SEED, GUESTS (how many) and MMU.
. /kvmfs/lib.sh

H=/kvmfs/hostile
seed=${SEED:-1} guests=${GUESTS:-200}

insmod /lib/modules/msr.ko 2>/dev/null
load
neighbour
last=$((seed + guests))
while [ "$seed" -lt "$last" ]; do
	n=$((last - seed < 500 ? last - seed : 500))
	before=$(rounds)
	"$H/hostile-guests" -d "$KVM" -s "$seed" -n "$n" $OPTIONS >/tmp/guests 2>&1
	status=$?
	grep '^#' /tmp/guests
	ok "guests $seed to $((seed + n - 1)), ${MMU:-shadow}: they could be stopped, the host is as before" \
		[ $status = 0 ]
	[ $status = 0 ] || sed 's/^/# /' /tmp/guests
	ok "the VM beside them goes on, undisturbed" counts_on "$before"
	ok "the kernel has nothing to complain of" quiet
	seed=$((seed + n))
done
neighbour_ends
ok "the module leaves" unload
tap_end
