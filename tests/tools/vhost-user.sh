# SPDX-License-Identifier: GPL-2.0-only
#
# vhost-user.sh: in the emulated host: a Debian guest has a directory of the host's, by
# virtiofsd, and a disk that qemu-storage-daemon serves from a qcow2 image. Both map the
# machine's file `mem`.
#
# packages: qemu-system-common qemu-utils
# prepare: tests/l1/guest-initramfs.sh "$OUT/initrd" tests/tools/virtio/share-guest virtio_blk
# prepare: head -c 4M /dev/urandom >"$OUT/raw"
# prepare: qemu-img convert -q -O qcow2 "$OUT/raw" "$OUT/disk.qcow2"
# needs: /usr/lib/qemu/virtiofsd /usr/bin/qemu-storage-daemon
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
sum() { sha256sum | cut -c 1-64; }

load
mkdir -p /tmp/share/sub /run
dd if=/dev/urandom of=/tmp/share/sub/file bs=64k count=32 2>/dev/null
/usr/bin/qemu-storage-daemon \
	--blockdev driver=file,filename=/test/disk.qcow2,node-name=file \
	--blockdev driver=qcow2,file=file,node-name=disk \
	--export type=vhost-user-blk,id=e,node-name=disk,addr.type=unix,addr.path=/tmp/blk.sock,writable=on \
	>/tmp/daemon 2>&1 &
daemon=$!
for i in $(seq 600); do
	[ ! -S /tmp/blk.sock ] || break
	sleep 0.2
done
timeout 250 $K run -m 160 -k /kvmfs/vmlinuz -i /test/initrd \
	--share /tmp/share,tag=here,sandbox=chroot --vhost-user blk,socket=/tmp/blk.sock \
	-p "file=$(sum </tmp/share/sub/file) disk=$(sum </test/raw)" >/tmp/out.raw 2>&1
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
said() { sed -n "s/^said $1: //p" /tmp/out; }
is "a directory of the host's is mounted" "here virtiofs" "$(said mount)"
is "... its file is read" OK "$(said read)"
is "... one is written there" "$(said written)" "$(sum </tmp/share/written)"
is "... and removed" "" "$(ls /tmp/share/sub)"
is "a disk of qemu-storage-daemon's is read" OK "$(said disk)"
is "... and written" OK "$(said disk-new)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error')"
[ $failures = 0 ] || { sed 's/^/# /' /tmp/out | tail -n 60; sed 's/^/# /' /tmp/daemon; }
kill $daemon
wait $daemon
gone() {
	for i in $(seq 600); do
		pidof virtiofsd >/dev/null || return 0
		sleep 0.1
	done
	return 1
}
ok "virtiofsd has ended with the machine" gone

refused() {
	what=$1 line=$2
	shift 2
	$K run -m 128 -k /kvmfs/vmlinuz "$@" >/tmp/err 2>&1 </dev/null
	is "$what" "1 kvmfs: $line" "$? $(cat /tmp/err)"
}
refused "a socket that is not there" "/nosuch: No such file or directory" \
	--vhost-user blk,socket=/nosuch
refused "a directory that is not there" "/nosuch: No such file or directory" --share /nosuch
unload
is "the module goes" 0 "$?"
tap_end
