#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# memcg.sh: in the emulated host: tenants whose cgroup may have less memory than their guests
# want. With nowhere to swap to they are killed, and they alone; what the module keeps for
# them is theirs as well; and nothing of it is left. A VM of somebody else's works on beside
# them. /l1/env may set MMU.
. /kvmfs/lib.sh

H=/kvmfs/hostile
MB=1048576

# of all cgroups, and outside of them; nothing if the kernel does not count
all_killed() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

# nobody_else GROUP WHAT
nobody_else() {
	if [ -n "$killed_before" ]; then
		is "$2" "$(all_killed)" "$((killed_before + $(killed "$1")))"
	else
		skip "$2" "this kernel does not count whom it kills"
	fi
}

# no_more GROUP FILE BYTES: the number in the group's file falls to that, soon: processors keep
# some pages and some swapped ones for a group, and what can be reclaimed is only when somebody asks
no_more() {
	for i in $(seq 150); do
		[ "$(cat "$cg/$1/$2")" -gt "$3" ] || return 0
		echo 64M >"$cg/$1/memory.reclaim"
		sleep 0.2
	done 2>/dev/null
	grep -v ' 0$' "$cg/$1/memory.stat"
	return 1
}

gone() {
	for i in $(seq 150); do
		[ -e "$KVM/$1" ] || return 0
		sleep 0.2
	done
	return 1
}

# alone GROUP WHAT: who was killed was killed there, and nobody else has felt it
alone() {
	ok "$2: somebody in it was killed" [ "$(killed "$1")" -gt "${was_killed:-0}" ]
	nobody_else "$1" "$2: and nobody elsewhere was"
	ok "$2: the VM of another goes on, undisturbed" counts_on "$before"
	ok "$2: the kernel has nothing to complain of" quiet
}

begin() {
	before=$(rounds)
	killed_before=$(all_killed)
}

# leaves GROUP WHAT
leaves() {
	ok "$2: nothing of its memory is left" no_more "$1" memory.current $((2 * MB))
	ok "$2: its cgroup goes" rmdir "$cg/$1"
}

# a guest that is larger than its cgroup
test_guest() {	# GROUP WHAT
	begin
	limited "$1" 24M "$G/guestrun" -d "$KVM" -n "$1" -m 64 "$G/big.64" >/tmp/big 2>&1
	is "$2: 40 MiB of guest in 24 MiB of cgroup: its status" 137 $?
	alone "$1" "$2"
	ok "$2: its VM is gone" gone "$1"
	ok "$2: nothing is swapped any more" no_more "$1" memory.swap.current $MB
	limited "$1" 24M "$G/guestrun" -d "$KVM" "$G/cpu.64" >/tmp/cpu 2>&1
	is "$2: a smaller guest runs there then" 0 $?
	leaves "$1" "$2"
}

# the VM's memory through its file; the VM outlives who was killed
test_file() {
	begin
	mkdir "$KVM/kept"
	echo 'ram 0 48M' >"$KVM/kept/memmap"
	limited writer 16M dd if=/dev/urandom of="$KVM/kept/mem" bs=64k count=512 conv=notrunc 2>/dev/null
	is "mem: 32 MiB written into 16 MiB of cgroup: status" 137 $?
	alone writer mem
	echo 'rbx 0x5eed' >"$KVM/kept/regs"
	ok "mem: the VM is as usable as before" grep -q '^rbx 0x0*5eed$' "$KVM/kept/regs"
	ok "mem: and goes" rmdir "$KVM/kept"
	leaves writer mem
}

free_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# between LOW N HIGH
between() {
	[ "$1" -lt "$2" ] && [ "$2" -lt "$3" ]
}

# what the module keeps for VMs is charged to who makes them: VMs are made until no more can be
test_own() {
	begin
	was=$(free_memory)
	limited many 16M sh -c 'i=0; while mkdir "$0/many$i" && [ $i -lt 5000 ]; do i=$((i + 1)); done' \
		"$KVM" >/tmp/many 2>&1
	n=$(ls "$KVM" | grep -c many)
	charged=$(($(cat "$cg/many/memory.current") / 1024))
	lost=$((was - $(free_memory)))
	echo "# $n VMs: $charged KiB are charged, the host has $lost KiB less"
	ok "VMs in 16 MiB of cgroup: some, but not any number: $n" between 20 "$n" 5000
	alone many "VMs"
	if [ -e /sys/kernel/debug/kmemleak ]; then
		skip "VMs: most of what they cost is charged" "this kernel keeps its own books"
	else
		ok "VMs: most of what they cost is charged" [ $((charged * 4)) -gt $((lost * 3)) ]
	fi
	for dir in "$KVM"/many*; do
		rmdir "$dir"
	done
	leaves many "VMs"
}

# guests that have tables of all kinds made for them, with as little memory
test_tables() {
	begin
	for max in 1M 3M 8M; do
		limited tables $max "$H/hostile-guests" -d "$KVM" -s "${SEED:-3001}" -n 20 >/tmp/guests 2>&1
		status=$?
		echo "# in $max: status $status, $(killed tables) killed"
		if [ $status != 137 ]; then
			ok "tables: in $max of cgroup guests could be stopped" [ $status = 0 ]
		fi
	done
	nobody_else tables "tables: nobody elsewhere was killed"
	ok "tables: the VM of another goes on, undisturbed" counts_on "$before"
	ok "tables: the kernel has nothing to complain of" quiet
	leaves tables tables
}

insmod /lib/modules/msr.ko 2>/dev/null
memory_groups
load
neighbour
test_guest tenant "no swap"
test_file
test_own
test_tables
ok "swap" swap_on
mkdir -p "$cg/little"
echo 8M >"$cg/little/memory.swap.max"
test_guest little "little swap"
neighbour_ends
# its files were open when it was killed: that must not keep it till memory is short
if grep -qw svm /proc/cpuinfo; then
	ok "the last VM is gone: SVM is off" svm_off
fi
ok "the module leaves" unload
tap_end
