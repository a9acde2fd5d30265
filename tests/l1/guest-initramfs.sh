#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-initramfs.sh OUT [CMDFILE]: the file system of a guest Linux, a cpio
# archive; CMDFILE is a script that it runs instead of a shell.
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
tree=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$build/tools/kvmfs-exit" "$tree/bin/"
cp "$here/guest-init" "$tree/init"
chmod 755 "$tree/init"
[ $# = 1 ] || cp "$2" "$tree/cmd"
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0) >"$tree.cpio"
mv "$tree.cpio" "$out"
