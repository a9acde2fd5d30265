# SPDX-License-Identifier: GPL-2.0-only
# In the emulated host: everything on kvmfs and then the same on KVM, with each
# paging. Lines: NAME HYPERVISOR MMU VALUE, in cycles of the emulated processor,
# which are instructions. /l1/env says what there is to do:
#
#	MODULE		kvm-amd or kvm-intel
#	PAGING		its parameter: npt or ept
#	LINUX		yes: boot guests too, and memory and life of a VM
#	MEMORY		MiB of the guest whose memory is looked at
. /l1/env
B=/kvmfs/bench

# label HYPERVISOR MMU: lines "name value" get both
label() { awk -v "with=$1 $2" 'NF == 2 { print $1, with, $2 }'; }

tests() {
	what=exits
	[ "$2" = shadow ] || what=nested
	"$B/bench-exits-$1" $what $B/exits.bin | label "$1" "$2"
	[ "$LINUX" = yes ] || return
	"$B/bench-exits-$1" life $B/exits.bin | label "$1" "$2"
	"$B/bench-exits-$1" memory $B/exits.bin "$MEMORY" | label "$1" "$2"
}

# linux HYPERVISOR MMU COMMAND...: boot until /init, and the reboot from it; and the
# storm that /init makes in between
linux() {
	hv=$1 mmu=$2
	shift 2
	[ "$LINUX" = yes ] || return
	begin=$($B/tsc)
	"$@" --no-reboot -k /kvmfs/vmlinuz -i $B/guest.cpio.gz -m 128 -p quiet >/tmp/linux.raw
	end=$($B/tsc)
	tr -d '\r' </tmp/linux.raw >/tmp/linux
	awk -v total="$((end - begin))" '
	$1 == "storm" { ready = $2; storm = $4 - $3; end = $4 }
	END {
		if (!storm) exit 1
		print "linux-boot", total - (end - ready)
		print "linux-fork-exec-200", storm
	}' /tmp/linux | label "$hv" "$mmu"
	grep -q '^storm' /tmp/linux || sed "s/^/# linux $hv $mmu: /" /tmp/linux | tail
}

# The kernel tests its ciphers in the background after boot: wait for the processor
while cat /proc/[0-9]*/comm 2>/dev/null | grep -q cryptomgr; do
	sleep 0.2
done
sleep 1
cat /kvmfs/vmlinuz $B/guest.cpio.gz >/dev/null
insmod /kvmfs/kvmfs.ko
# The probe that makes the system calls becomes a jump once every thread of the host
# was seen to give way. Until then each call has an exception.
sleep 20
mmus=
for mmu in shadow nested; do
	if ! mount -t kvmfs -o mmu=$mmu kvmfs /sys/fs/kvmfs 2>/tmp/mount; then
		echo "# kvmfs has no mmu=$mmu here, no rows of it"
		continue
	fi
	mmus="$mmus $mmu"
	tests kvmfs $mmu
	if [ ! -e /tmp/cpuid ]; then
		mkdir /sys/fs/kvmfs/cpu
		cat /sys/fs/kvmfs/cpu/cpuid >/tmp/cpuid
		rmdir /sys/fs/kvmfs/cpu
	fi
	linux kvmfs $mmu /kvmfs/bin/kvmfs run
	umount /sys/fs/kvmfs
done
rmmod kvmfs

for mmu in $mmus; do
	on=0
	[ $mmu = shadow ] || on=1
	while read -r ko; do
		case $ko in
		$MODULE.ko) insmod "/lib/modules/$ko" $PAGING=$on ;;
		kvm-amd.ko | kvm-intel.ko) ;;
		*) insmod "/lib/modules/$ko" 2>/dev/null ;;
		esac
	done </lib/modules/order
	tests kvm $mmu
	linux kvm $mmu /kvmfs/bin/kvmfs-bench-kvm run --cpuid /tmp/cpuid
	rmmod $MODULE
done
