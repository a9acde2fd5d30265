#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile-faults.sh: in the debug host: each allocation fails once, and processors come and
# go under load. /l1/env may set MMU, SEED, and FAULTS, how many of each story at most.
. /kvmfs/lib.sh

H=/kvmfs/hostile

mkdir -p /mnt
load
"$H/hostile-faults" -d "$KVM" -n "${FAULTS:-2000}" >/tmp/faults 2>&1
status=$?
grep '^#' /tmp/faults
while read -r line; do
	case $line in
	'ok '*) ok "${line#*- }" true ;;
	'not ok '* | 'Bail out'*) ok "${line#*- }" false ;;
	1..0*) skip "each allocation fails once" "${line#*SKIP }" ;;
	esac
done </tmp/faults
is "hostile-faults ends well" 0 "$status"
ok "the kernel has nothing to complain of" quiet

# processors that go and come back while guests run, and the module's power with them
if [ -e /sys/devices/system/cpu/cpu1/online ]; then
	"$H/hostile-guests" -d "$KVM" -s "${SEED:-1}" -n 100 >/tmp/guests 2>&1 &
	guests=$!
	i=0
	while [ $i -lt 20 ] || kill -0 $guests 2>/dev/null; do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		echo 1 >/sys/devices/system/cpu/cpu1/online
		i=$((i + 1))
	done
	wait $guests
	status=$?
	ok "guests run while a processor comes and goes, $i times" [ $status = 0 ]
	sed 's/^/# /' /tmp/guests
	ok "the kernel has nothing to complain of" quiet
else
	skip "a processor comes and goes" "there is one only"
fi
ok "the module leaves" unload
# comes and goes while others try to use it
for n in 1 2 3; do
	(while [ ! -e /tmp/stop ]; do
		mount -t kvmfs kvmfs /mnt && mkdir /mnt/a && rmdir /mnt/a; umount /mnt
	done) 2>/dev/null &
done
for i in $(seq 30); do
	insmod /kvmfs/kvmfs.ko
	rmmod kvmfs
done 2>/dev/null
: >/tmp/stop
wait
# some are mounted over each other, and were busy when somebody wanted to take them away
while umount /mnt 2>/dev/null; do :; done
rmmod kvmfs 2>/dev/null
ok "the module leaves while others mount it" [ ! -e /sys/module/kvmfs ]
ok "the kernel has nothing to complain of" quiet
tap_end
