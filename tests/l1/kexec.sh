#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kexec.sh: in the emulated host, three times: a kernel starts the next one while a guest
# runs, the second by crashing. Each finds the processor's extension switched off, and runs
# guests: with VMX on it would not even begin, since CR4 cannot be written as it wants. Needs
# what kexec-files.sh says. /l1/env may set MMU, and HASH to nothing: the next kernels are not
# hashed on the way, which Bochs does not get done in any useful time.
#
# What the command line says that is no word of the kernel's is in the environment of init.
tests_before=${l1tests:-0} failures_before=${l1failures:-0} stage=${l1stage:-1}
. /kvmfs/lib.sh
tests=$tests_before failures=$failures_before

# initrd FILE: this file system, as far as the next kernels need it: they hash each byte of it
initrd() {
	(cd / && {
		printf '%s\n' dev proc sys lib lib/modules kvmfs kvmfs/guest kvmfs/kvmfs.ko kvmfs/lib.sh
		for file in guestrun cpu.64 count.64; do
			echo kvmfs/guest/$file
		done
		find init bin lib64 lib/x86_64-linux-gnu l1 kvmfs/fs
		[ ! -e lib/modules/msr.ko ] || echo lib/modules/msr.ko
	} | cpio -o -H newc) >"$1" 2>/dev/null
}

# next OPTION WORDS...: load the next kernel
next() {
	kexec_option=$1
	shift
	ok "stage $stage: the next kernel is loaded" /l1/kexec/bin/kexec $how "$kexec_option" \
		/l1/vmlinuz --initrd=/tmp/initrd --command-line="$(sed 's/ l1[a-z]*=[0-9]*//g; s/crashkernel=[^ ]*//' \
		/proc/cmdline) $* l1stage=$((stage + 1)) l1tests=$((tests + 1)) l1failures=$failures"
	[ $failures = 0 ] || tap_end
}

# said: what this kernel has said is out of the serial line, before there is another one
said() {
	stty -F /dev/ttyS1 115200
}

how=-s
[ -n "${HASH-yes}" ] || how=-i
insmod /lib/modules/msr.ko 2>/dev/null
svm=$(grep -m 1 -ow svm /proc/cpuinfo)
if [ -n "$svm" ]; then
	ok "stage $stage: SVM is off" svm_is 0
fi
load
ok "stage $stage: a guest runs" "$G/guestrun" -d "$KVM" "$G/cpu.64"
neighbour
ok "stage $stage: the kernel has nothing to complain of" quiet
mkdir "$KVM/still"
initrd /tmp/initrd
crash=$(cat /sys/kernel/kexec_crash_size 2>/dev/null || echo 0)
case $stage in
1)
	next -l "crashkernel=${crashkernel:-256M}"
	# who goes on making VMs meanwhile, and finds that the last one has just gone
	while :; do
		mkdir "$KVM/again" && rmdir "$KVM/again"
	done 2>/dev/null &
	said
	/l1/kexec/bin/kexec -e
	bail "the next kernel did not start"
	;;
2)
	if [ "$crash" != 0 ]; then
		next -p "nr_cpus=1 reset_devices"
		said
		echo c >/proc/sysrq-trigger
		bail "the kernel did not crash"
	fi
	skip "a crash" "this kernel has no crashkernel="
	;;
esac
neighbour_ends
ok "the module leaves" unload
tap_end
