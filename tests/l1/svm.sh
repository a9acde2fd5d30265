#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# svm.sh [options] SCRIPT [FILE=PATH]...: run SCRIPT (busybox sh) as root inside
# an emulated AMD host and print what it prints; the exit status is the
# script's. The host has kvmfs.ko and everything of the base archive, see
# initramfs.sh; FILEs are added as PATHs.
#
#	-kernel 6.12|6.1|debug	the host's kernel (6.12)
#	-smp N			its processors (1)
#	-mem MB			its memory (1536)
#	-icount			instructions are time; for benchmarks
#	-append WORDS		for its command line
#	-timeout SECONDS	of an attempt (180)
#	-log FILE		keeps the host's kernel log (build/l1/log/...)
#	-dirty			do not fail on complaints in the kernel log
#	-single			its processors take turns in one thread: where they do not,
#				QEMU loses CF of a locked, unaligned access that exits
#	-cpu MODEL		QEMU's, in place of EPYC,+svm,+npt
#
# BUILD names the build directory. The kernel log must hold no complaint. A run
# that stalls (the emulator's timers sometimes do, see machines.md) is tried
# once more, and says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
kernel=6.12 smp=1 mem=1536 icount= append= timeout=180 log= dirty=
cpu=EPYC,+svm,+npt single=
while :; do
	case ${1-} in
	-kernel) kernel=$2; shift 2 ;;
	-smp) smp=$2; shift 2 ;;
	-mem) mem=$2; shift 2 ;;
	-icount) icount='-icount shift=0,sleep=off'; shift ;;
	-append) append=$2; shift 2 ;;
	-timeout) timeout=$2; shift 2 ;;
	-log) log=$2; shift 2 ;;
	-dirty) dirty=1; shift ;;
	-single) single=,thread=single; shift ;;
	-cpu) cpu=$2; shift 2 ;;
	-*) echo "svm.sh: no option $1" >&2; exit 2 ;;
	*) break ;;
	esac
done
script=$1
shift

mkdir -p "$build/l1/log"
work=$(mktemp -d "$build/l1/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
log=${log:-$build/l1/log/$(basename "$script" .sh)-$kernel-$smp.log}

pack() {
	mkdir -p "$work/add/l1"
	cp "$script" "$work/add/l1/script"
	for pair; do
		mkdir -p "$(dirname "$work/add/${pair#*=}")"
		cp -RL "${pair%%=*}" "$work/add/${pair#*=}"
	done
	(cd "$work/add" && find . | cpio --quiet -o -H newc -R 0:0) |
		cat "$build/l1/base-$kernel.cpio" - >"$work/initrd"
}

boot() {
	: >"$work/out"
	# shellcheck disable=SC2086 # icount is two words or none
	timeout -k 5 "$timeout" qemu-system-x86_64 -accel "tcg$single" -cpu "$cpu" \
		-m "$mem" -smp "$smp" $icount -display none -no-reboot \
		-nodefaults -no-user-config -monitor none \
		-serial "file:$log" -serial "file:$work/out" \
		-kernel "$build/kernel/$kernel/vmlinuz" -initrd "$work/initrd" \
		-append "console=ttyS0 panic=-1 loglevel=7 no_timer_check $append" \
		</dev/null >"$work/qemu" 2>&1
}

# finished: the script came to its end; its status is in $status
finished() {
	status=$(tr -d '\r' <"$work/out" | sed -n 's/^##l1 end \([0-9]*\)$/\1/p')
	[ -n "$status" ]
}

# complaints: the lines of the kernel log that no good run has. Neither a crash that the script
# asks for is one, nor that a cgroup has used up its memory.
complaints() {
	sed -e '/sysrq: Trigger a crash/,/Linux version /s/.*//' \
		-e '/invoked oom-killer:/,/<\/TASK>/s/.*//' "$log" |
		grep -a -n -E -e 'WARNING:|BUG:|BUG at|Oops|general protection' \
		-e 'Kernel panic|soft lockup|hard LOCKUP|blocked for more than' \
		-e 'rcu.*(stall|detected)|scheduling while atomic|Call Trace' \
		-e 'KASAN|UBSAN|KMEMLEAK|INFO: task|possible (circular|recursive)' \
		-e 'inconsistent lock state|suspicious RCU|Bad page' \
		-e 'unchecked MSR|refcount_t:|leaked|unreferenced object|ODEBUG' |
		grep -v 'hw-vuln'	# what it says of its processor
}

output() {
	tr -d '\r' <"$work/out" | sed -e '/^##l1 begin$/d' -e '/^##l1 end [0-9]*$/d'
}

pack "$@"
if ! boot || ! finished; then
	if ! finished && ! complaints >/dev/null; then
		output | sed 's/^/# before the stall: /' | tail -n 20
		echo "# svm.sh: the run stalled, trying it once more"
		boot || :
	fi
fi
output
if ! finished; then
	echo "Bail out! the emulated host did not reach the end of $script"
	tail -n 5 "$work/qemu"
	tail -n 25 "$log"
	exit 124
fi
if [ -z "$dirty" ] && complaints >"$work/complaints"; then
	echo "not ok - the kernel log of the host is clean"
	sed 's/^/# /' "$work/complaints" | head -n 40
	echo "# see $log"
	[ "$status" != 0 ] || status=1
fi
exit "$status"
