#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# suspend.sh: in the emulated host: it sleeps while a guest runs, and VMs are there that do
# not. The processor's registers are lost, and the guests must not notice. /l1/env may set
# MMU, and TIMES: how often it sleeps in each way. With /l1/tsc-begins.ko the host's TSC begins
# at 0 then.
. /kvmfs/lib.sh

H=/kvmfs/hostile
times=${TIMES:-2}

# tsc NAME: of a guest
tsc() {
	sed -n 's/^tsc 0x0*//p' "$KVM/$1/msrs"
}

# turned_back: how often the guest that runs has seen its own TSC go back
turned_back() {
	dd if="$KVM/neighbour/mem" bs=4 skip=$((0x8008 / 4)) count=1 2>/dev/null | od -A n -t u4 | xargs
}

# later A B: hexadecimal A is less than B, without sh's opinion of the sign; and B is not what
# is less than 0
later() {
	[ ${#2} -lt 16 ] || return 1
	[ ${#1} -lt ${#2} ] || { [ ${#1} = ${#2} ] && [ "$1" != "$2" ] &&
		[ "$(printf '%s\n%s\n' "$1" "$2" | sort | head -n 1)" = "$1" ]; }
}

# sleeps NAME STATE: what must hold after it
sleeps() {
	before=$(rounds) guest=$(tsc neighbour) idle=$(tsc still)
	"$H/hostile-suspend" -n "$times" "$2" >/tmp/suspend 2>&1
	status=$?
	ok "$1: the host sleeps and comes back, $times times" [ $status = 0 ]
	sed 's/^/# /' /tmp/suspend
	ok "$1: the guest goes on, undisturbed" counts_on "$before"
	ok "$1: its TSC did not go back" later "$guest" "$(tsc neighbour)"
	is "$1: nor as it sees that itself" 0 "$(turned_back)"
	ok "$1: nor did that of one that did not run" later "$idle" "$(tsc still)"
	if [ -n "$svm" ]; then
		ok "$1: SVM is on again on all processors" svm_is 1
	fi
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		ok "$1: a VM made then runs on processor $cpu" \
			taskset $((1 << cpu)) "$G/guestrun" -d "$KVM" "$G/cpu.64"
	done
	ok "$1: the one that did not run has its state" grep -q '^rbx 0x0*5eed$' "$KVM/still/regs"
	ok "$1: the kernel has nothing to complain of" quiet
}

# S3, and what a kernel with CONFIG_PM_DEBUG plays of it. Suspend to idle is not here: nothing
# wakes QEMU's machine from it, and no more of it concerns us than that threads are frozen.
ways() {
	if grep -qw deep /sys/power/mem_sleep; then
		echo deep >/sys/power/mem_sleep
		sleeps "S3" mem
	else
		skip "S3" "the machine has none"
	fi
	if [ -n "$begins" ]; then
		ok "the host's TSC began at 0 each time" \
			[ "$(cat /sys/module/tsc_begins/parameters/times)" -ge "$times" ]
	fi
	[ -e /sys/power/pm_test ] || return
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	for level in devices processors core; do
		echo $level >/sys/power/pm_test
		sleeps "suspend up to $level" mem
	done
	echo none >/sys/power/pm_test
}

insmod /lib/modules/msr.ko 2>/dev/null
svm=$(grep -m 1 -ow svm /proc/cpuinfo)
begins=
if [ -e /l1/tsc-begins.ko ]; then
	insmod /l1/tsc-begins.ko && begins=1
fi
load
mkdir "$KVM/still"
echo 'rbx 0x5eed' >"$KVM/still/regs"
neighbour
ways
neighbour_ends
rmdir "$KVM/still"
if [ -n "$svm" ]; then
	ok "the last VM is gone: SVM is off" svm_off
fi
ok "the module leaves" unload
tap_end
