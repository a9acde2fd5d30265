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
. "$here/host.sh"
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

archive script "$@" >"$work/initrd"
if ! boot || ! finished; then
	if ! finished && ! complaints >/dev/null; then
		output | sed 's/^/# before the stall: /' | tail -n 20
		grep -v 'warning: TCG' "$work/qemu" | sed 's/^/# qemu: /' | head -n 3
		echo "# svm.sh: the run stalled, trying it once more"
		boot || :
	fi
fi
output
verdict "$work/qemu"
