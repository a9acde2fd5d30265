# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh: for scripts that run in the emulated host (busybox sh): TAP, and
# kvmfs.ko loaded and mounted on $KVM. /l1/env may set MMU, to shadow or nested,
# AUDIT, to 1: the module checks its tables after each change, and THP, to what
# shmem shall do about huge pages.

[ ! -e /l1/env ] || . /l1/env
KVM=${KVM:-/sys/fs/kvmfs}
G=/kvmfs/guest
. /kvmfs/fs/tap.sh

# covered: which basic blocks of the module were reached; see tests/cover
reached=/sys/kernel/debug/kvmfs-coverage
covered() {
	od -A n -v -t x4 -w8 $reached | sed 's/^ *0*\([0-9a-f]*\) .*/#reached \1/'
}
if [ -e /kvmfs/kvmfs-cover.ko ]; then
	insmod /kvmfs/kvmfs-cover.ko && trap covered EXIT
fi

load() {
	[ -z "${THP-}" ] || echo "$THP" >/sys/kernel/mm/transparent_hugepage/shmem_enabled
	insmod /kvmfs/kvmfs.ko "audit=${AUDIT:-0}" || bail "kvmfs.ko does not load"
	mount -t kvmfs -o "mmu=${MMU:-shadow}" "$@" kvmfs "$KVM" || bail "kvmfs does not mount"
}

unload() {
	umount "$KVM" && rmmod kvmfs
}

# what the kernel said while it came up is not about us
dmesg -c >/dev/null 2>&1

# ran NAME: the guest has begun, soon
ran() {
	for i in $(seq 600); do
		! grep -qs '^user_exits [1-9]' "$KVM/$1/stat" || return 0
		sleep 0.1
	done
	return 1
}

# quiet: since then it has said nothing that no good run has; a cgroup may have used up
# its memory
quiet() {
	! dmesg | sed '/invoked oom-killer:/,/<\/TASK>/d' | grep -E 'WARNING:|BUG:|Oops|Call Trace|KASAN|UBSAN|unchecked MSR|kvmfs: audit'
}

# neighbour: a VM of that name works on and on, and checks its memory
neighbour() {
	"$G/guestrun" -d "$KVM" -n neighbour "$G/count.64" >/tmp/neighbour 2>&1 &
	neighbour=$!
	ok "a VM beside them counts" counts_on "0 0"
}

# rounds: how many it has done, and what it found wrong
rounds() {
	dd if="$KVM/neighbour/mem" bs=4 skip=$((0x8000 / 4)) count=2 2>/dev/null |
		od -A n -t u4 | { read -r rounds bad; echo "${rounds:-0} ${bad:-0}"; }
}

# counts_on ROUNDS: it is further than when it said ROUNDS, and finds nothing wrong
counts_on() {
	for i in $(seq 300); do
		now=$(rounds)
		[ "${now#* }" = 0 ] || return 1
		[ "${now% *}" -le "${1% *}" ] || return 0
		sleep 0.2
	done
	return 1
}

neighbour_ends() {
	kill "$neighbour"
	wait "$neighbour" 2>/dev/null
}

# efer CPU: its low half
efer() {
	dd if="/dev/cpu/$1/msr" bs=8 skip=$((0xc0000080 / 8)) count=1 2>/dev/null |
		od -A n -t u4 | { read -r low high; echo "${low:-0}"; }
}

# svm_is WANT: EFER.SVME (bit 12) of all CPUs; needs msr.ko
svm_is() {
	for cpu in /dev/cpu/[0-9]*; do
		[ $(($(efer "${cpu##*/}") >> 12 & 1)) = "$1" ] || return 1
	done
}

# svm_off: soon, since a VM goes a moment after its process
svm_off() {
	for i in $(seq 150); do
		svm_is 0 && return 0
		sleep 0.2
	done
	return 1
}

# --- cgroups and swap ---------------------------------------------------------------

cg=/sys/fs/cgroup

memory_groups() {
	grep -q memory $cg/cgroup.controllers || echo "# no memory controller"
	echo +memory >$cg/cgroup.subtree_control
}

# swap_on: memory of 200 MB is swapped to, compressed
swap_on() {
	while read -r module; do
		case $module in
		kvm* | irqbypass* | ccp*) continue ;;
		esac
		insmod "/lib/modules/$module" 2>/dev/null
	done </lib/modules/order
	echo lz4 >/sys/block/zram0/comp_algorithm &&
		echo 200M >/sys/block/zram0/disksize && mkswap /dev/zram0 && swapon /dev/zram0
}

# limited GROUP MAX COMMAND...
limited() {
	mkdir -p "$cg/$1"
	echo "$2" >"$cg/$1/memory.max"
	group=$1
	shift 2
	sh -c 'echo $$ >"$0"; exec "$@"' "$cg/$group/cgroup.procs" "$@"
}

# killed GROUP: how many of it, since it was too large
killed() {
	sed -n 's/^oom_kill //p' "$cg/$1/memory.events"
}
