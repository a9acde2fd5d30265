# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh: for scripts that run in the emulated host (busybox sh): TAP, and
# kvmfs.ko loaded and mounted on $KVM.

KVM=${KVM:-/sys/fs/kvmfs}
G=/kvmfs/guest
. /kvmfs/fs/tap.sh

load() {
	insmod /kvmfs/kvmfs.ko || bail "kvmfs.ko does not load"
	mount -t kvmfs "$@" kvmfs "$KVM" || bail "kvmfs does not mount"
}

unload() {
	umount "$KVM" && rmmod kvmfs
}
