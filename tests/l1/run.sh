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

[ $# = 0 ] || printf "echo '##guest begin'\nsh -c '%s'\nstatus=\$?\necho '##guest end'\nexit \$status\n" \
	"$(printf %s "$1" | sed "s/'/'\\\\''/g")" >"$tree/cmd"
"$here/guest-initramfs.sh" "$dir/guest.cpio" ${1+"$tree/cmd"}

vm="/kvmfs/bin/kvmfs run --name debian -m 192 -k /kvmfs/vmlinuz -i /run-guest.cpio"
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
	"$here/svm.sh" -timeout 1800 "$dir/script" "$dir/guest.cpio=run-guest.cpio" && exit 0
	exit $?
fi

mkdir -p "$tree/add/l1"
cp "$dir/script" "$tree/add/l1/script"
cp "$dir/guest.cpio" "$tree/add/run-guest.cpio"
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
