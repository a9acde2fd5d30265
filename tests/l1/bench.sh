#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh svm|vmx: what kvmfs costs beside Linux KVM, both in one emulated host
# where instructions are time: a table, $BUILD/bench.json and $BUILD/bench.svg,
# which also hold the last results of the other processor. The monitor and the guests
# are the same; only the backend differs. See Documentation/performance.rst.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench
cpu=${1-}

case $cpu in
svm) module=kvm-amd paging=npt timeout=2000 ;;
vmx)
	module=kvm-intel paging=ept timeout=7200
	"$here/deps.sh" bochs bochsbios vgabios bochs-term isolinux syslinux-common xorriso
	;;
*) echo "usage: bench.sh svm|vmx" >&2; exit 2 ;;
esac

make -s -C "$top/tests/bench" BUILD="$build" all
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# the guest's file system
mkdir -p "$tree/guest/bin" "$tree/guest/dev" "$tree/guest/proc"
cp "$(command -v busybox)" "$tree/guest/bin/busybox"
ln -s busybox "$tree/guest/bin/sh"
cp "$out/tsc" "$tree/guest/bin/tsc"
cp "$top/tests/bench/guest-init" "$tree/guest/init"
chmod 755 "$tree/guest/init"
(cd "$tree/guest" && find . | sort | cpio --quiet -o -H newc -R 0:0 | gzip -9n) \
	>"$out/guest.cpio.gz"

# measure MITIGATIONS LINUX KERNEL-WORDS: one host
measure() {
	cat >"$tree/env" <<-END
		MODULE=$module PAGING=$paging LINUX=$2 MEMORY=${BENCH_MEMORY:-256}
	END
	"$here/$cpu.sh" -icount -timeout "$timeout" -log "$build/l1/log/bench-$cpu-$1.log" \
		-append "cryptomgr.notests $3" "$top/tests/bench/host.sh" \
		"$tree/env=l1/env" \
		"$out/bench-exits-kvmfs=kvmfs/bench/bench-exits-kvmfs" \
		"$out/bench-exits-kvm=kvmfs/bench/bench-exits-kvm" \
		"$out/exits.bin=kvmfs/bench/exits.bin" "$out/tsc=kvmfs/bench/tsc" \
		"$out/guest.cpio.gz=kvmfs/bench/guest.cpio.gz" >"$tree/result" || {
		cat "$tree/result" >&2
		exit 1
	}
	grep -v '^[a-z][a-z0-9-]* kvm' "$tree/result" >&2 || :
	sed -n "s/^\([a-z][a-z0-9-]*\) \(kvmfs\|kvm\) /\1 $cpu $1 \2 /p" "$tree/result" \
		>>"$tree/results"
}

measure default "${BENCH_LINUX:-yes}" ""
measure off no mitigations=off
mv "$tree/results" "$out/result-$cpu"
cat "$out"/result-svm "$out"/result-vmx 2>/dev/null |
	awk -v json="$build/bench.json" -v svg="$build/bench.svg" -f "$top/tests/bench/report.awk"
