#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vmlinux.sh BZIMAGE OUT: the kernel inside a bzImage that is compressed with zstd,
# gzip or xz.
set -eu

image=$1 out=$2
# try MAGIC PROGRAM...: unpack what begins with MAGIC, wherever in the image
try() {
	magic=$1
	shift
	for at in $(LC_ALL=C grep -abo -P "$magic" "$image" | cut -d: -f1); do
		tail -c +$((at + 1)) "$image" | "$@" >"$out" 2>/dev/null || :
		[ "$(head -c 4 "$out" | tr -d '\177')" != ELF ] || exit 0
	done
}
try '\x28\xb5\x2f\xfd' zstd -dc
try '\x1f\x8b\x08' gzip -dc
try '\xfd7zXZ\x00' xz -dc
echo "vmlinux.sh: $image has no kernel that can be unpacked here" >&2
exit 1
