#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh: in the emulated host: the seed session, a guest in shell alone, and
# Debian's kernel as a guest, whose output and exit status are looked at.
. /kvmfs/lib.sh

# guest STATUS: an initramfs whose /init says what it is and ends with STATUS
guest() {
	rm -rf /tmp/g
	mkdir -p /tmp/g/bin /tmp/g/proc /tmp/g/dev
	cp /bin/busybox /kvmfs/bin/kvmfs-exit /tmp/g/bin/
	ln -s busybox /tmp/g/bin/sh
	cat >/tmp/g/init <<-INIT
		#!/bin/sh
		/bin/busybox mount -t proc proc /proc
		/bin/busybox uname -sm
		/bin/busybox grep -c ^processor /proc/cpuinfo
		/bin/busybox dd if=/dev/zero bs=1M count=24 2>/dev/null | /bin/busybox sha1sum
		/bin/busybox dmesg | /bin/busybox grep -cE 'WARNING:|BUG:|Oops' >/warnings
		/bin/busybox echo complaints \$(/bin/busybox cat /warnings)
		/bin/kvmfs-exit $1
	INIT
	chmod 755 /tmp/g/init
	(cd /tmp/g && find . | cpio -o -H newc 2>/dev/null) >/tmp/guest.cpio
}

load
/kvmfs/bin/seed "$KVM" >/tmp/seed 2>&1
is "the seed session of the interface" 0 "$?"
sed 's/^/# /' /tmp/seed

guest 7
/kvmfs/bin/kvmfs run --name deb -m 128 -k /kvmfs/vmlinuz -i /tmp/guest.cpio \
	-p quiet >/tmp/out.raw 2>&1 &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.3
	[ ! -e "$KVM/deb/stat" ] || break
done
/kvmfs/bin/kvmfs stat deb >/tmp/stat 2>&1
is "kvmfs stat beside a running guest" 0 "$?"
is "... shows exits" some "$(grep -c exits /tmp/stat | sed 's/^[1-9].*/some/')"
grep -q '^rip 0x' "$KVM/deb/regs"
is "registers of a running guest can be read" 0 "$?"
wait $pid
is "the guest's status is the exit status" 7 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
is "Debian's kernel came to its init" "Linux x86_64" "$(grep '^Linux ' /tmp/out)"
is "... and its memory works" \
	"$(dd if=/dev/zero bs=1M count=24 2>/dev/null | sha1sum | cut -c1-40)" \
	"$(grep -o '^[0-9a-f]\{40\}' /tmp/out)"
is "... without a complaint" "complaints 0" "$(grep '^complaints' /tmp/out)"
is "the directory of the guest is gone" "" "$(ls "$KVM")"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 30

sh /kvmfs/examples/tiny.sh "$KVM" >/tmp/tiny 2>&1
is "a guest made with mkdir, dd, echo and cat alone" 0 "$?"
sed 's/^/# /' /tmp/tiny
unload
is "the module goes" 0 "$?"
tap_end
