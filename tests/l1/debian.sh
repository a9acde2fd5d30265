#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# debian.sh [-timeout SECONDS] SCRIPT FILE...: run SCRIPT as root in an emulated AMD host
# with Debian 12 on a disk, as systemd has booted it, and print what it prints; the exit
# status is the script's. It finds the FILEs beside it, where it runs.
#
# The disk has a minimal Debian with its kernel 6.1, the headers, gcc, dkms, and what the
# packages of kvmfs depend on. It is made once and never written to: all changes go with
# the host. Its kernel log is build/debian/log.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
timeout=7200
[ "$1" != -timeout ] || { timeout=$2; shift 2; }
script=$1
shift
dir=$build/debian
log=$dir/log
packages="systemd-sysv udev dbus kmod dkms gcc libc6-dev make linux-headers-cloud-amd64
	linux-image-cloud-amd64 libslirp0 libzydis4.0"

# What is run at the end of booting: an archive on the second disk
customize() {
	cat >"$1/etc/systemd/system/run-script.service" <<-UNIT
	[Unit]
	Description=What the second disk says
	After=multi-user.target
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	WorkingDirectory=/run/script
	RuntimeDirectory=script
	ExecStartPre=tar -xf /dev/vdb
	ExecStart=sh -c 'sh ./script >/dev/ttyS1 2>&1; echo "##end \$\$?" >/dev/ttyS1'
	ExecStopPost=systemctl --no-block poweroff
	UNIT
	mkdir -p "$1/etc/systemd/system/default.target.wants"
	ln -sf /etc/systemd/system/run-script.service "$1/etc/systemd/system/default.target.wants/"
	ln -sf /dev/null "$1/etc/systemd/system/serial-getty@ttyS0.service"
	echo '/dev/vda / ext4 defaults 0 0' >"$1/etc/fstab"
}

# With fakeroot, so that files keep their owners
make_disk() {
	tree=$(mktemp -d "$dir/tree.XXXXXX")
	trap 'rm -rf "$tree"' EXIT
	tar -xf "$dir/tree.tar" -C "$tree"
	customize "$tree"
	cp -L "$tree/vmlinuz" "$dir/vmlinuz"
	cp -L "$tree/initrd.img" "$dir/initrd"
	mke2fs -q -t ext4 -d "$tree" "$dir/disk.new" 3G
	mv "$dir/disk.new" "$dir/disk"
}
[ "$script" != --make-disk ] || { make_disk; exit; }

mkdir -p "$dir"
if [ ! -e "$dir/disk" ] || [ "$(cat "$dir/packages" 2>/dev/null)" != "$packages" ]; then
	"$here/deps.sh" mmdebstrap fakeroot e2fsprogs
	# shellcheck disable=SC2086 # packages are words
	mmdebstrap --variant=minbase --include="$(echo $packages | tr ' ' ,)" \
		--format=tar bookworm "$dir/tree.tar" >"$dir/mmdebstrap.log" 2>&1 || {
		tail -n 20 "$dir/mmdebstrap.log"
		exit 1
	}
	fakeroot "$0" --make-disk
	rm "$dir/tree.tar"
	echo "$packages" >"$dir/packages"
fi

work=$(mktemp -d "$dir/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/tree"
cp "$script" "$work/tree/script"
for file; do
	cp -RL "$file" "$work/tree/"
done
tar -C "$work/tree" -cf "$work/tar" .

timeout -k 5 "$timeout" qemu-system-x86_64 -accel tcg -cpu EPYC,+svm,+npt -m 2048 -smp 2 \
	-display none -no-reboot -nodefaults -no-user-config -monitor none \
	-serial "file:$log" -serial "file:$work/out" \
	-drive "file=$dir/disk,if=virtio,format=raw,snapshot=on" \
	-drive "file=$work/tar,if=virtio,format=raw,readonly=on" \
	-kernel "$dir/vmlinuz" -initrd "$dir/initrd" \
	-append "root=/dev/vda rw console=ttyS0 panic=-1 net.ifnames=0" \
	</dev/null >"$work/qemu" 2>&1 || :
tr -d '\r' <"$work/out" | sed '/^##end [0-9]*$/d'
status=$(tr -d '\r' <"$work/out" | sed -n 's/^##end \([0-9]*\)$/\1/p')
if [ -z "$status" ]; then
	echo "Bail out! Debian did not come to the end of $script"
	tail -n 5 "$work/qemu"
	tail -n 25 "$log"
	exit 124
fi
exit "$status"
