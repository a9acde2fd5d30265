# SPDX-License-Identifier: GPL-2.0-only
# In the emulated host, under icount: the exits and a boot, on kvmfs and then on
# KVM with shadow paging. Lines: NAME HYPERVISOR VALUE, in instructions, and for
# the boots milliseconds of virtual time of the whole command.
up() { sed 's/ .*//; s/\.//' /proc/uptime; }

exits() {
	"/kvmfs/bench/bench-exits-$1" /kvmfs/bench/exits.bin | sed "s/ / $1 /"
}

# boot HYPERVISOR COMMAND...: until the guest's /init has called reboot
boot() {
	hv=$1
	shift
	begin=$(up)
	"$@" -k /kvmfs/vmlinuz -i /kvmfs/guest.cpio.gz -m 128 -p quiet >/tmp/boot.raw
	echo "boot-ms $hv $((($(up) - begin) * 10))"
	tr -d '\r' </tmp/boot.raw >/tmp/boot
	sed -n "s/^\([0-9.]*\) [0-9.]*$/boot-guest-ms $hv \1/p" /tmp/boot |
		awk '{ print $1, $2, $3 * 1000 }'
}

cat /kvmfs/vmlinuz /kvmfs/guest.cpio.gz >/dev/null
insmod /kvmfs/kvmfs.ko
mount -t kvmfs kvmfs /sys/fs/kvmfs
mkdir /sys/fs/kvmfs/cpu && cat /sys/fs/kvmfs/cpu/cpuid >/tmp/cpuid && rmdir /sys/fs/kvmfs/cpu
exits kvmfs
boot kvmfs /kvmfs/bin/kvmfs run
umount /sys/fs/kvmfs
rmmod kvmfs

while read -r ko; do
	case $ko in
	kvm-intel.ko) ;;
	kvm-amd.ko) insmod "/lib/modules/$ko" npt=0 ;;
	*) insmod "/lib/modules/$ko" ;;
	esac
done </lib/modules/order
exits kvm
boot kvm /kvmfs/bin/kvmfs-bench-kvm run --cpuid /tmp/cpuid
