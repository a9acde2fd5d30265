#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mount.sh: options of the mount. Needs root, and kvmfs in the kernel.
. "$(dirname "$0")/tap.sh"

m=$(mktemp -d)
trap 'umount "$m" 2>/dev/null; umount "$m" 2>/dev/null; rmdir "$m"' EXIT

refused() {
	! "$@"
}

mounted() {
	mount -t kvmfs -o "$1" kvmfs "$m"
}

ok "mount" mounted rw
ok "it is kvmfs in /proc/mounts" grep -q " $m kvmfs " /proc/mounts
ok "a VM" mkdir "$m/a"
n=$(mktemp -d)
mount -t kvmfs kvmfs "$n"
ok "each mount is an instance of its own" [ ! -e "$n/a" ]
umount "$n"
rmdir "$n"
rmdir "$m/a"
umount "$m"

ok "uid, gid, mode" mounted uid=12,gid=34,mode=0750
is "the root has them" "12 34 750" "$(stat -c '%u %g %a' "$m")"
for o in uid=12 gid=34 mode=750; do
	ok "/proc/mounts shows $o" grep -q "kvmfs .*$o" /proc/mounts
done
umount "$m"

ok "max_vms" mounted max_vms=2
ok "one" mkdir "$m/1"
ok "two" mkdir "$m/2"
ok "no third" refused mkdir "$m/3"
ok "room again" sh -c "rmdir '$m/1' && mkdir '$m/3'"
ok "remount" mount -o remount,max_vms=3 "$m"
ok "one more" mkdir "$m/4"
ok "and no other" refused mkdir "$m/5"
umount "$m"

ok "max_mem" mounted max_mem=2M
mkdir "$m/1" "$m/2"
ok "memory within it" sh -c "echo 'ram 0 1M' >'$m/1/memmap'"
ok "not beyond it" refused sh -c "echo 'ram 0 2M' >'$m/2/memmap'"
ok "up to it" sh -c "echo 'ram 0 1M' >'$m/2/memmap'"
ok "room again when a VM goes" sh -c "rmdir '$m/1' && echo 'ram 1M 1M' >>'$m/2/memmap'"
umount "$m"

ok "mmu=shadow" mounted mmu=shadow
ok "/proc/mounts shows it" grep -q "kvmfs .*mmu=shadow" /proc/mounts
umount "$m"
ok "mmu=auto" mounted mmu=auto
mkdir "$m/a"
case $(grep ^mmu "$m/a/capabilities") in
*nested*) nested= ;;
*) nested=refused ;;
esac
umount "$m"
ok "mmu=nested, where it exists" $nested mounted mmu=nested
umount "$m" 2>/dev/null
for o in mmu=none uid=x mode=9 max_mem=1Q no_such=1; do
	ok "$o is refused" refused mounted $o
done
tap_end
