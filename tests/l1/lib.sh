# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh: for scripts that run in the emulated host (busybox sh): TAP, and
# kvmfs.ko loaded and mounted on $KVM. /l1/env may set MMU, to shadow or nested,
# AUDIT, to 1: the module checks its tables after each change, and THP, to what
# shmem shall do about huge pages.

[ ! -e /l1/env ] || . /l1/env
KVM=${KVM:-/sys/fs/kvmfs}
G=/kvmfs/guest
. /kvmfs/fs/tap.sh

load() {
	[ -z "${THP-}" ] || echo "$THP" >/sys/kernel/mm/transparent_hugepage/shmem_enabled
	insmod /kvmfs/kvmfs.ko "audit=${AUDIT:-0}" || bail "kvmfs.ko does not load"
	mount -t kvmfs -o "mmu=${MMU:-shadow}" "$@" kvmfs "$KVM" || bail "kvmfs does not mount"
}

unload() {
	umount "$KVM" && rmmod kvmfs
}
