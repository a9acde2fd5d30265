#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# swap.sh: in the emulated host: a guest whose memory is larger than what its cgroup
# may have, so that most of it is swapped, keeps its data; and so it does when somebody
# else reads and writes that memory meanwhile.
. /kvmfs/lib.sh

swapped() {
	awk '/^pswpout/ { print $2 }' /proc/vmstat
}

memory_groups
ok "swap" swap_on
load

before=$(swapped)
limited small 24M "$G/guestrun" -d "$KVM" -m 64 "$G/big.64" >/tmp/big 2>&1
is "40 MiB of guest in 24 MiB of cgroup: its status" 0 $?
sed 's/^/# /' /tmp/big
is "all its tests" 4 "$(grep -c '^ok' /tmp/big)"
is "nobody was killed" 0 "$(killed small)"
ok "pages were swapped: $(($(swapped) - before))" [ $(($(swapped) - before)) -gt 4000 ]
ok "the guest's limit was kept" [ "$(cat $cg/small/memory.peak 2>/dev/null || echo 0)" -le 25165824 ]

# what is swapped is there for readers and writers of mem, and for a mapping
mkdir "$KVM/a"
echo 'ram 0 48M' >"$KVM/a/memmap"
dd if=/dev/urandom of=/tmp/random bs=1M count=32 2>/dev/null
before=$(swapped)
limited small 16M dd if=/tmp/random of="$KVM/a/mem" bs=64k conv=notrunc 2>/tmp/err
ok "32 MiB written into 16 MiB" [ $? = 0 ]
ok "were swapped: $(($(swapped) - before))" [ $(($(swapped) - before)) -gt 3000 ]
ok "and are read back" cmp -n $((32 * 1048576)) /tmp/random "$KVM/a/mem"
rmdir "$KVM/a"
rm /tmp/random

ok "the module leaves" unload
tap_end
