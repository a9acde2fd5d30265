#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile-users.sh: in the emulated host: processes of two tenants, one of them with no
# rights but to its mount, do at random what can be done by system calls, while a VM beside
# them works on its own data. /l1/env may set SEED, SECONDS_EACH and MMU.
. /kvmfs/lib.sh

H=/kvmfs/hostile
seed=${SEED:-1} seconds=${SECONDS_EACH:-15}

# torment PROGRAM SEED
torment() {
	before=$(rounds)
	"$H/$1" -s "$2" -t "$seconds" -p 6 /tenant:0:3:8388608 /other:1000:3:4194304 >/tmp/users 2>&1
	status=$?
	grep '^#' /tmp/users
	ok "$1, seed $2: all could be removed, and the limits were kept" [ $status = 0 ]
	[ $status = 0 ] || sed 's/^/# /' /tmp/users
	is "$1: nothing is left" " " "$(ls /tenant) $(ls /other)"
	ok "$1: the VM beside them goes on, undisturbed" counts_on "$before"
	ok "$1: the kernel has nothing to complain of" quiet
}

# SYSRET to 32-bit code leaves SS as it is in Bochs, as AMD's does and Intel's does not, so that a
# process may find its stack to be a 16-bit one: int $0x80 ends with IRET
if grep -qw vmx /proc/cpuinfo; then
	echo 0 >/proc/sys/abi/vsyscall32
fi
load
mkdir -p /tenant /other
mount -t kvmfs -o "mmu=${MMU:-shadow},max_vms=3,max_mem=8388608" kvmfs /tenant
mount -t kvmfs -o "mmu=${MMU:-shadow},uid=1000,gid=1000,mode=700,max_vms=3,max_mem=4194304" kvmfs /other
neighbour
torment hostile-users "$seed"
torment hostile-users32 $((seed + 1))
neighbour_ends
ok "the tenants' mounts go" umount /tenant /other
ok "the module leaves" unload
tap_end
