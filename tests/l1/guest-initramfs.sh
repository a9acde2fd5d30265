#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-initramfs.sh OUT [CMDFILE [MODULE...]]: the file system of a guest Linux, a cpio
# archive; CMDFILE is a script that it runs instead of a shell. Each MODULE of the 6.12
# kernel, with those that it needs, is loaded first. PROGRAMS of the environment, static
# ones, are in its /bin.
set -eu
PATH=$PATH:/usr/sbin:/sbin

out=$1
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
tree=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/lib/modules"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$build/tools/kvmfs-exit" "$tree/bin/"
for program in ${PROGRAMS-}; do
	cp "$program" "$tree/bin/"
done
cp "$here/guest-init" "$tree/init"
chmod 755 "$tree/init"
[ $# = 1 ] || cp "$2" "$tree/cmd"
[ $# -le 2 ] || {
	shift 2
	"$here/modules.sh" "$build/kernel/6.12" "$tree/lib/modules" "$@"
}
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0) >"$tree.cpio"
mv "$tree.cpio" "$out"
