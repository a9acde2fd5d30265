#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh: in the emulated host: the seed session, a guest in shell alone, and
# Debian's kernel as a guest, whose output and exit status are looked at.
. /kvmfs/lib.sh

load
timeout 60 /kvmfs/bin/seed "$KVM" >/tmp/seed 2>&1
is "the seed session of the interface" 0 "$?"
sed 's/^/# /' /tmp/seed

/kvmfs/bin/kvmfs run --name deb -m 128 -k /kvmfs/vmlinuz -i /kvmfs/boot-guest.cpio \
	-p quiet >/tmp/out.raw 2>&1 &
pid=$!
# the monitor loads the kernel before the guest runs
for i in $(seq 600); do
	sleep 0.3
	! grep -qs '^exits .*[1-9]' "$KVM/deb/stat" || break
done
/kvmfs/bin/kvmfs stat deb >/tmp/stat 2>&1
is "kvmfs stat beside a running guest" 0 "$?"
is "... shows exits" some "$(grep -c exits /tmp/stat | sed 's/^[1-9].*/some/')"
grep -q '^rip 0x' "$KVM/deb/regs"
is "registers of a running guest can be read" 0 "$?"
wait $pid
is "the guest's status is the exit status" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
is "Debian's kernel came to its init" 1 "$(grep -c '^Linux guest .* x86_64 GNU/Linux' /tmp/out)"
is "... did what it was asked to" 1 "$(grep -c '^the end' /tmp/out)"
is "... without a complaint" 0 "$(grep -cE 'WARNING|BUG:|Oops|Call Trace' /tmp/out)"
is "... and has PCIDs if the host has" \
	"PCIDs: $(grep -m 1 ^flags /proc/cpuinfo | tr ' ' '\n' | grep -x pcid)" \
	"$(grep '^PCIDs:' /tmp/out)"
is "the directory of the guest is gone" "" "$(ls "$KVM")"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 30

timeout 30 sh /kvmfs/examples/tiny.sh "$KVM" >/tmp/tiny 2>&1
is "a guest made with mkdir, dd, echo and cat alone" 0 "$?"
sed 's/^/# /' /tmp/tiny
unload
is "the module goes" 0 "$?"
tap_end
