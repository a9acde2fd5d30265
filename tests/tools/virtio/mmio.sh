#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# mmio.sh DIR: DIR/initrd, for the guest of virtio-mmio.sh, with its module.
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir "$out/module"
cp "$here/mmio/"* "$out/module"
# as in tests/l1/build-module.sh
unset MAKEFLAGS MFLAGS MAKELEVEL
make --no-print-directory -s -C "$BUILD/kernel/6.12/headers" M="$out/module" \
	CONFIG_DEBUG_INFO_BTF_MODULES= modules
"$here/../../l1/guest-initramfs.sh" "$out/initrd" "$here/mmio-guest" virtio_blk virtio-rng \
	virtio_mmio
# a second archive, laid over the first
(cd "$out/module" && mkdir lib && mv mmio-devices.ko lib/ && find lib |
	cpio --quiet -o -H newc -R 0:0) >>"$out/initrd"
rm -r "$out/module"
