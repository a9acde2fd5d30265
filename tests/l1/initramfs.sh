#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh KERNELDIR OUT [FILE=PATH]...: the emulated host's file system, as
# an uncompressed cpio archive (unpacking costs more than loading here).
# KERNELDIR is what kernel.sh made; each FILE (or directory) of this machine
# becomes PATH there. A FILE that does not exist is left out.
set -eu

kernel=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
# kvm-amd is here for the benchmark alone, which compares with it; zram to be swapped to;
# msr to see that guests leave those of the host alone.
modules="kvm-amd kvm-intel lz4 zram msr"

tree=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/lib/modules"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$here/init" "$tree/init"
chmod 755 "$tree/init"

# shellcheck disable=SC2086 # a list
"$here/modules.sh" "$kernel" "$tree/lib/modules" $modules

for pair; do
	file=${pair%%=*} path=$tree/${pair#*=}
	[ -e "$file" ] || continue
	mkdir -p "$(dirname "$path")"
	cp -RL "$file" "$path"
done

(cd "$tree" && find . | sort |
	cpio --quiet -o -H newc -R 0:0) >"$tree.cpio"
mv "$tree.cpio" "$out"
