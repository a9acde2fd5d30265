#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# life.sh: in the emulated host: system calls and signals, two VMs at once, VMs
# that are killed, moved, or lose their CPU, and the module's coming and going.
. /kvmfs/lib.sh

# the guest count.64's number of rounds, from its memory
count() {
	dd if="$KVM/$1/mem" bs=4 skip=$((0x8000 / 4)) count=1 2>/dev/null |
		od -A n -t u4 | tr -d ' '
}

# counts NAME: it goes on counting
counts() {
	a=$(count "$1")
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		[ "$(count "$1")" = "$a" ] || return 0
	done
	return 1
}

start() {
	# what an earlier one said there is none of this one's
	rm -f "/tmp/$1"
	"$G/guestrun" -d "$KVM" -n "$1" "$G/count.64" >"/tmp/$1" 2>&1 &
	eval "pid_$1=$!"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -qs counting "/tmp/$1" && return 0
		sleep 0.3
	done
	return 1
}

gone() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -e "$KVM/$1" ] || return 0
		sleep 0.2
	done
	return 1
}

refused() {
	! "$@"
}

# A C test's TAP is a part of ours
c_test() {
	timeout 600 "$G/$1" "$KVM" >/tmp/c.tap 2>&1
	status=$?
	grep '^#' /tmp/c.tap
	while read -r line; do
		case $line in
		'ok '*) ok "$1: ${line#*- }" true ;;
		'not ok '* | 'Bail out'*) ok "$1: ${line#*- }" false ;;
		esac
	done </tmp/c.tap
	is "$1 ends well" 0 "$status"
}

test_two() {
	"$G/guestrun" -d "$KVM" "$G/tables.64" >/tmp/a 2>&1 &
	a=$!
	taskset 1 "$G/guestrun" -d "$KVM" "$G/fpu.64" >/tmp/b 2>&1 &
	b=$!
	taskset 1 "$G/guestrun" -d "$KVM" "$G/fpu.32" >/tmp/c 2>&1 &
	c=$!
	"$G/guestrun" -d "$KVM" -e 3 -t "$G/count.64" >/tmp/d 2>&1 &
	d=$!
	wait $a; status=$?
	ok "several VMs at once: tables.64" [ $status = 0 ]
	[ $status = 0 ] || sed 's/^/# /' /tmp/a
	wait $b; ok "several VMs at once: fpu.64 on one CPU" [ $? = 0 ]
	wait $c; ok "several VMs at once: fpu.32 on the same" [ $? = 0 ]
	wait $d; ok "several VMs at once: count.64" [ $? = 0 ]
}

test_kill() {
	ok "a guest counts" start victim
	ok "it does" counts victim
	kill -9 "$pid_victim"
	wait "$pid_victim" 2>/dev/null
	ok "its directory goes with kill -9" gone victim
}

# count.64 writes its 64 pages at 0x300000 in turn, and none at 0x400000
test_dirty() {
	start victim
	exec 7<"$KVM/victim/dirty"
	all=
	for i in $(seq 40); do
		some=$(dd if="$KVM/victim/dirty" bs=8 skip=$((0x300 / 64)) count=1 2>/dev/null |
			od -A n -t x8 | tr -d ' ')
		all=$(printf '%x' $((0x${all:-0} | 0x$some)))
		[ "$all" != ffffffffffffffff ] || break
		sleep 0.1
	done
	is "what a running guest writes is seen" ffffffffffffffff "$all"
	is "what it does not is not" 0000000000000000 \
		"$(dd if="$KVM/victim/dirty" bs=8 skip=$((0x400 / 64)) count=1 2>/dev/null |
			od -A n -t x8 | tr -d ' ')"
	ok "and it goes on" counts victim
	exec 7<&-
	ok "also when nobody looks any more" counts victim
	kill "$pid_victim"
	wait "$pid_victim" 2>/dev/null
	ok "it goes" gone victim
}

test_stop() {
	start victim
	kill -STOP "$pid_victim"
	sleep 0.3
	a=$(count victim)
	sleep 0.5
	is "SIGSTOP stops the guest" "$a" "$(count victim)"
	kill -CONT "$pid_victim"
	ok "SIGCONT lets it go on" counts victim
}

test_move() {
	if [ "$(nproc)" = 1 ]; then
		skip "a guest is moved between CPUs" "one CPU"
		skip "a guest's CPU goes offline" "one CPU"
		return
	fi
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		taskset -p $((i % 2 + 1)) "$pid_victim" >/dev/null
		sleep 0.05
	done
	ok "a guest is moved between CPUs" counts victim
	for i in 1 2 3; do
		taskset -p 2 "$pid_victim" >/dev/null
		sleep 0.2
		echo 0 >/sys/devices/system/cpu/cpu1/online
		sleep 0.3
		counts victim || break
		echo 1 >/sys/devices/system/cpu/cpu1/online
		taskset -p 2 "$pid_victim" >/dev/null
	done
	ok "a guest's CPU goes offline and comes back" counts victim
	ok "a VM made then runs on it" taskset 2 "$G/guestrun" -d "$KVM" "$G/cpu.64"
}

test_module() {
	ok "rmmod is refused while a guest runs" refused rmmod kvmfs
	ok "umount as well" refused umount "$KVM"
	kill "$pid_victim"
	wait "$pid_victim" 2>/dev/null
	gone victim
	ok "rmmod is refused while it is mounted" refused rmmod kvmfs
	mkdir "$KVM/kept"
	exec 8<"$KVM/kept"
	ok "umount is refused while a VM is open" refused umount "$KVM"
	exec 8<&-
	ok "umount takes persistent VMs with it" umount "$KVM"
	ok "rmmod" rmmod kvmfs
	for i in 1 2 3; do
		insmod /kvmfs/kvmfs.ko && mount -t kvmfs kvmfs "$KVM" &&
			mkdir "$KVM/a" && "$G/guestrun" -d "$KVM" "$G/cpu.32" &&
			umount "$KVM" && rmmod kvmfs || break
	done >/tmp/again 2>&1
	ok "loaded and unloaded three times" refused grep -q kvmfs /proc/modules
	ok "the mount point is gone" [ ! -e "$KVM" ]
}

load
c_test test-session
c_test test-calls
c_test test-thread
c_test test-pause
c_test test-attack
test_two
test_kill
test_dirty
test_stop
test_move
test_module
tap_end
