# SPDX-License-Identifier: GPL-2.0-only
#
# vhost.sh: in the emulated host: queues that the host's kernel serves: sockets between a
# Debian guest and the host (vhost_vsock).
#
# prepare: gcc -O2 -Wall -static -o "$OUT/vsock" tests/tools/virtio/vsock.c
# prepare: PROGRAMS=$OUT/vsock tests/l1/guest-initramfs.sh "$OUT/initrd" \
# prepare: 	tests/tools/virtio/vhost-guest vmw_vsock_virtio_transport
# prepare: mkdir "$OUT/modules"
# prepare: tests/l1/modules.sh "$BUILD/kernel/6.12" "$OUT/modules" vhost_vsock
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
sum() { sha256sum | cut -c 1-64; }

load
$K run -m 128 -k /kvmfs/vmlinuz --vsock 5 >/tmp/err 2>&1 </dev/null
is "without the module" "1 kvmfs: /dev/vhost-vsock: is not there; try modprobe vhost_vsock" \
	"$? $(cat /tmp/err)"
while read -r m; do insmod "/test/modules/$m"; done </test/modules/order
[ -e /dev/vhost-vsock ] || mknod /dev/vhost-vsock c 10 241
dd if=/dev/urandom of=/tmp/file bs=64k count=16 2>/dev/null
touch /tmp/out.raw
/test/vsock listen 5000 >/tmp/sent &
timeout 250 $K run -m 128 -k /kvmfs/vmlinuz -i /test/initrd --vsock 5 >/tmp/out.raw 2>&1 &
pid=$!
for i in $(seq 600); do
	! grep -q '^said listening' /tmp/out.raw || break
	kill -0 $pid 2>/dev/null || break
	sleep 0.3
done
for i in $(seq 600); do
	! /test/vsock send 5 6000 </tmp/file 2>/tmp/send || break
	sleep 0.3
done
sed 's/^/# /' /tmp/send
wait $pid
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
said() { sed -n "s/^said $1: //p" /tmp/out; }
is "what the guest sends comes to the host" "$(said sent)" "$(sum </tmp/sent)"
is "what the host sends comes to the guest" "$(sum </tmp/file)" "$(said got)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
$K run -m 128 -k /kvmfs/vmlinuz --vsock 2 >/tmp/err 2>&1 </dev/null
is "the host's own CID" "1 kvmfs: 2: is no CID of a guest: 3 to 4294967294" "$? $(cat /tmp/err)"
unload
is "the module goes" 0 "$?"
tap_end
