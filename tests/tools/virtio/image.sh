#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# image.sh INIT IMAGE: an ext4 image with busybox, whose /sbin/init is INIT, and with
# /data, random bytes, and /data.sum, their sum.
set -eu
PATH=$PATH:/usr/sbin:/sbin

init=$1 image=$2
tree=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf "$tree"' EXIT
for d in bin sbin dev proc sys tmp mnt; do mkdir "$tree/$d"; done
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$BUILD/tools/kvmfs-exit" "$tree/bin/"
cp "$init" "$tree/sbin/init"
chmod 755 "$tree/sbin/init"
head -c 2M /dev/urandom >"$tree/data"
sha256sum <"$tree/data" >"$tree/data.sum"
rm -f "$image"
mke2fs -q -t ext4 -d "$tree" "$image" 24M
