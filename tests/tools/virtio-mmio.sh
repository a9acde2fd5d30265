# SPDX-License-Identifier: GPL-2.0-only
#
# virtio-mmio.sh: in the emulated host: two disks and random numbers in windows of memory, for
# Debian's driver virtio_mmio, which a module of ours tells where they are.
#
# prepare: tests/tools/virtio/mmio.sh "$OUT"
# prepare: head -c 2M /dev/urandom >"$OUT/a.img"
# prepare: truncate -s 2M "$OUT/b.img"
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
sum() { sha256sum | cut -c 1-64; }

load
timeout 250 $K run -m 128 -k /kvmfs/vmlinuz -i /test/initrd --virtio-transport mmio \
	-d /test/a.img -d /test/b.img --rng -p "quiet" >/tmp/out.raw 2>&1
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
said() { sed -n "s/^said $1: //p" /tmp/out; }
is "there is no PCI" 0 "$(said pci)"
is "the disks are there" "vda vdb" "$(said disks)"
is "one is read" "$(sum </test/a.img)" "$(said a)"
is "the other is written" "$(said b)" "$(sum </test/b.img)"
is "random numbers come from us" "virtio_rng.0" "$(said rng)"
is "a driver can leave and come again" "$(sum </test/a.img)" "$(said again)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
