#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile-storm.sh: in the emulated host: guests that check themselves, and guests that
# cannot be trusted, while their processes are stopped, killed and moved, processors go and
# come back, and the host sleeps. /l1/env may set SEED, STEPS, MMU, and SLEEP to nothing: the
# host stays awake.
. /kvmfs/lib.sh

H=/kvmfs/hostile
seed=${SEED:-1} steps=${STEPS:-300}

# only NAME...: there are those VMs, and soon no others
only() {
	for i in $(seq 300); do
		[ "$(ls "$KVM" | xargs)" != "$*" ] || return 0
		sleep 0.2
	done
	ls "$KVM"
	return 1
}

# a machine that cannot sleep stays awake
SLEEP=${SLEEP-$H/hostile-suspend mem}
if grep -qw deep /sys/power/mem_sleep; then
	echo deep >/sys/power/mem_sleep
else
	SLEEP=
fi
insmod /lib/modules/msr.ko 2>/dev/null
load
neighbour
before=$(rounds)
run="exec $G/guestrun -d $KVM -n \$NAME"
"$H/hostile-storm" -s "$seed" -n "$steps" ${SLEEP:+-w "$SLEEP"} "$run $G/tables.64" "$run $G/tables.32" \
	"$run $G/paging.64" "$run -t $G/paging.32" "$run -t $G/cpu.64" "$run $G/count.64" "$run -f $G/cpu.32" \
	"exec $H/hostile-guests -d $KVM -s \$((\$\$ * 1000)) -n 10" >/tmp/storm 2>&1
status=$?
ok "what came to an end came to a good one" [ $status = 0 ]
sed 's/^\([^#]\)/# \1/' /tmp/storm
ok "the VM beside them goes on, undisturbed" counts_on "$before"
# VMs made by mkdir stay when their process is killed
for dir in "$KVM"/storm-*; do
	[ ! -e "$dir" ] || rmdir "$dir"
done 2>/dev/null
ok "no other VM is left" only neighbour
ok "the kernel has nothing to complain of" quiet
neighbour_ends
ok "the module leaves" unload
tap_end
