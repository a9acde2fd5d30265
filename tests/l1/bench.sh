#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh: what an exit and a boot cost, kvmfs beside Linux KVM with npt=0, in
# one emulated host under icount: a table, and build/bench.json. The monitor and
# the guests are the same; only the backend differs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench

make -s -C "$top/tests/bench" BUILD="$build" all
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/proc" "$tree/dev"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cat >"$tree/init" <<'INIT'
#!/bin/sh
/bin/busybox mount -t proc proc /proc
/bin/busybox cat /proc/uptime
/bin/busybox reboot -f
INIT
chmod 755 "$tree/init"
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0 | gzip -9n) >"$out/guest.cpio.gz"

"$here/svm.sh" -icount -timeout 300 "$top/tests/bench/host.sh" \
	"$out/bench-exits-kvmfs=kvmfs/bench/bench-exits-kvmfs" \
	"$out/bench-exits-kvm=kvmfs/bench/bench-exits-kvm" \
	"$out/exits.bin=kvmfs/bench/exits.bin" \
	"$out/guest.cpio.gz=kvmfs/guest.cpio.gz" >"$out/result"

awk -v json="$build/bench.json" '
NF == 3 && $2 ~ /^kvm/ {
	if (!(($1) in seen)) { seen[$1] = 1; name[++n] = $1 }
	value[$1, $2] = $3
}
END {
	printf "%-22s %10s %10s %7s\n", "svm, shadow paging", "kvmfs", "kvm npt=0", "ratio"
	printf "[" >json
	for (i = 1; i <= n; i++) {
		a = value[name[i], "kvmfs"]; b = value[name[i], "kvm"]
		if (a == "" || b == "" || b == 0) { bad = 1; continue }
		printf "%-22s %10d %10d %7.2f\n", name[i], a, b, a / b
		printf "%s\n{\"name\": \"%s\", \"cpu\": \"svm\", \"mmu\": \"shadow\", " \
			"\"mitigations\": \"default\", \"kvmfs\": %d, \"kvm\": %d, \"ratio\": %.3f}",
			(i > 1 ? "," : ""), name[i], a, b, a / b >json
	}
	print "\n]" >json
	exit bad || !n
}' "$out/result" || { cat "$out/result" >&2; exit 1; }
