#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [COMMANDS]: boot an emulated AMD host, mount kvmfs in it, and boot
# Debian's kernel as a guest of kvmfs. Without COMMANDS the terminal becomes the
# guest's console; with them they are run in the guest, what they print is
# printed, and their status is the status.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
dir=$build/run
mkdir -p "$dir"
tree=$(mktemp -d "$dir/guest.XXXXXX")
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM HUP

# the guest's file system: busybox, and a way to end with a status
mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/tmp" "$tree/root"
cp "$(command -v busybox)" "$tree/bin/busybox"
cp "$build/tools/kvmfs-exit" "$tree/bin/kvmfs-exit"
ln -s busybox "$tree/bin/sh"
cat >"$tree/init" <<'INIT'
#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root TERM=vt100
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
hostname guest
if [ -e /commands ]; then
	echo '##guest begin'
	sh /commands
	status=$?
	echo '##guest end'
	kvmfs-exit $status
fi
echo
echo "This is $(uname -sr), a guest of kvmfs. 'exit' ends it."
cd /root
setsid cttyhack sh -l
kvmfs-exit 0
INIT
chmod 755 "$tree/init"
[ $# = 0 ] || printf '%s\n' "$1" >"$tree/commands"
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0 | gzip -1n) >"$dir/guest.cpio.gz"

vm="/kvmfs/bin/kvmfs run --name debian -m 192 -k /kvmfs/vmlinuz -i /run-guest.cpio.gz"
cat >"$dir/script" <<SCRIPT
insmod /kvmfs/kvmfs.ko && mount -t kvmfs kvmfs /sys/fs/kvmfs || exit 125
if [ -e /l1/interactive ]; then
	echo "kvmfs: booting Debian's kernel as a guest. Ctrl-a x ends it, Ctrl-a h helps."
	printf '%s\\n' "kvmfs: a shell in the host beside it: make host-shell, then: kvmfs stat debian"
	exec $vm -p quiet
fi
$vm -p "quiet loglevel=0" >/tmp/out 2>/tmp/err
status=\$?
tr -d '\\r' </tmp/out | sed -n '/^##guest begin\$/,/^##guest end\$/p' | grep -v '^##guest '
grep -q '^##guest end' /tmp/out || cat /tmp/out
cat /tmp/err
exit \$status
SCRIPT

if [ $# != 0 ]; then
	exec "$here/svm.sh" -timeout 1800 "$dir/script" "$dir/guest.cpio.gz=run-guest.cpio.gz"
fi

mkdir -p "$tree/add/l1"
cp "$dir/script" "$tree/add/l1/script"
cp "$dir/guest.cpio.gz" "$tree/add/run-guest.cpio.gz"
: >"$tree/add/l1/interactive"
(cd "$tree/add" && find . | cpio --quiet -o -H newc -R 0:0) |
	cat "$build/l1/base-6.12.cpio" - >"$tree/initrd"
echo "make run: booting the emulated host (kernel log: $dir/host.log)"
rm -f "$dir/host"
qemu-system-x86_64 -accel tcg -cpu EPYC,+svm,+npt -m 1536 -display none -no-reboot \
	-nodefaults -no-user-config -monitor none \
	-serial "file:$dir/host.log" \
	-chardev stdio,id=console,signal=off -serial chardev:console \
	-serial "unix:$dir/host,server=on,wait=off" \
	-kernel "$build/kernel/6.12/vmlinuz" -initrd "$tree/initrd" \
	-append "console=ttyS0 quiet panic=-1" 2>"$dir/qemu.log"
