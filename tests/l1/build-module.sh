#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-module.sh [-from DIR] KERNELDIR OUT [W=1 C=1 ...]: build kvmfs.ko, or what DIR has a
# Kbuild for, in OUT, a tree of links to the sources, since Kbuild before 6.13 writes beside
# what it reads.
set -eu

cd "$(dirname "$0")/../.."
top=$PWD from=
if [ "$1" = -from ]; then
	from=$2
	shift 2
fi
kernel=$1 out=$2
shift 2

mkdir -p "$out"
if [ -n "$from" ]; then
	cp -rsf "$top/$from/." "$out/"
else
	for part in Kbuild fs arch syscalls tests/cover; do
		mkdir -p "$out/$(dirname "$part")"
		[ ! -e "$part" ] || cp -rsf "$top/$part" "$out/$(dirname "$part")/"
	done
fi
find "$out" -xtype l -delete
# Our own make's flags are no business of Kbuild's; BTF would need a vmlinux.
unset MAKEFLAGS MFLAGS MAKELEVEL
exec make --no-print-directory -s -C "$kernel/headers" M="$out" \
	-j"$(nproc)" CONFIG_DEBUG_INFO_BTF_MODULES= "$@" modules
