# SPDX-License-Identifier: GPL-2.0-only
#
# virtio-blk.sh: in the emulated host: a Debian guest whose root is an image, with
# two disks more: one to read alone, one written from end to end.
#
# packages: e2fsprogs
# prepare: tests/l1/guest-initramfs.sh "$OUT/initrd" /dev/null virtio_blk
# prepare: tests/tools/virtio/image.sh tests/tools/virtio/disk-init "$OUT/root.img"
# prepare: head -c 1M /dev/urandom >"$OUT/ro.img"
# prepare: truncate -s 8M "$OUT/raw.img"
# host: -timeout 300
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
sum() { sha256sum | cut -c 1-64; }

load
ro=$(sum </test/ro.img)
$K run -m 128 -k /kvmfs/vmlinuz -i /test/initrd -d /test/root.img --disk /test/ro.img,ro \
	--disk /test/raw.img,serial=raw-disk -p "root=/dev/vda ro_sum=$ro" >/tmp/out.raw 2>&1
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
said() { sed -n "s/^said $1: //p" /tmp/out; }
is "its root is the image" "/dev/vda ext4" "$(said root)"
is "what was put into the image is read" OK "$(said old)"
is "what it writes there is read again" OK "$(said new)"
is "a disk with ro has the right bytes" OK "$(said ro)"
is "... and refuses to be written" "1 1" "$(said ro-flag) $(said ro-write)"
is "... and is as it was" "$ro" "$(sum </test/ro.img)"
is "a disk has the serial number that it was given" raw-disk "$(said serial)"
is "a raw disk is written: what the guest wrote is in the file" "$(said raw)" \
	"$(sum </test/raw.img)"
is "what is trimmed is given back" OK "$(said trim)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60

# what is wrong with a disk is told before anything runs
refused() {
	what=$1 line=$2
	shift 2
	$K run -m 128 -k /kvmfs/vmlinuz "$@" >/tmp/err 2>&1 </dev/null
	is "$what" "1 kvmfs: $line" "$? $(cat /tmp/err)"
}
refused "an image that is not there" "/nosuch: No such file or directory" -d /nosuch
refused "a directory" "/tmp: Is a directory" -d /tmp
refused "... to read" "/tmp: is neither a file nor a block device" -d /tmp,ro
head -c 1000 /dev/zero >/tmp/odd
refused "half a sector" \
	"/tmp/odd: it is not whole sectors of 512 bytes; try truncate -s %512" -d /tmp/odd
refused "an option that there is not" "rw: no option of a disk; there are ro and serial=" \
	-d /test/raw.img,rw
refused "one image twice" \
	"/test/raw.img: is in use by another machine; with ,ro they may share it" \
	-d /test/raw.img -d /test/raw.img
unload
is "the module goes" 0 "$?"
tap_end
