#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.sh KERNELDIR DIR MODULE...: put modules of a kernel, and those that they need,
# into DIR, as insmod takes them; DIR/order has their names in the order to load them.
# KERNELDIR is what kernel.sh made.
set -eu
PATH=$PATH:/usr/sbin:/sbin

kernel=$1 dir=$2
shift 2
release=$(cat "$kernel/release")
base=$(readlink -f "$kernel/modules")
for module; do
	modprobe -d "${base%/lib/modules/*}/" -S "$release" \
		--show-depends "$module" 2>/dev/null
done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' |
while read -r ko; do
	name=$(basename "$ko")
	case $name in
	*.xz) xz -dc "$ko" >"$dir/${name%.xz}" ;;
	*) cp "$ko" "$dir/$name" ;;
	esac
	echo "${name%.xz}" >>"$dir/order"
done
