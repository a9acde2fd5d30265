#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh KERNELDIR OUT [FILE=PATH]...: the emulated host's file system, as
# an uncompressed cpio archive (unpacking costs more than loading here).
# KERNELDIR is what kernel.sh made; each FILE (or directory) of this machine
# becomes PATH there. A FILE that does not exist is left out.
set -eu
PATH=$PATH:/usr/sbin:/sbin

kernel=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
release=$(cat "$kernel/release")
# kvm-amd is here for the benchmark alone, which compares with it; zram to be swapped to.
modules="kvm-amd kvm-intel lz4 zram"

tree=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/lib/modules"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$here/init" "$tree/init"
chmod 755 "$tree/init"

base=$(readlink -f "$kernel/modules")
for module in $modules; do
	modprobe -d "${base%/lib/modules/*}/" -S "$release" \
		--show-depends "$module" 2>/dev/null
done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' |
while read -r ko; do
	name=$(basename "$ko")
	case $name in
	*.xz) xz -dc "$ko" >"$tree/lib/modules/${name%.xz}" ;;
	*) cp "$ko" "$tree/lib/modules/$name" ;;
	esac
	echo "${name%.xz}" >>"$tree/lib/modules/order"
done

for pair; do
	file=${pair%%=*} path=$tree/${pair#*=}
	[ -e "$file" ] || continue
	mkdir -p "$(dirname "$path")"
	cp -RL "$file" "$path"
done

(cd "$tree" && find . | sort |
	cpio --quiet -o -H newc -R 0:0) >"$tree.cpio"
mv "$tree.cpio" "$out"
