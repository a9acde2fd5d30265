# SPDX-License-Identifier: GPL-2.0-only
#
# boot-formats.sh: in the emulated host: kernels that are not a bzImage: multiboot, as
# ELF and with addresses in the header, and Debian's vmlinux by its PVH entry; and
# what is no kernel.
# packages: zstd
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/boot/pvh-guest.sh
# prepare: tests/tools/boot/vmlinux.sh $BUILD/kernel/6.12/vmlinuz $OUT/vmlinux
# host: -timeout 400
. /kvmfs/lib.sh

run() {
	timeout 200 /kvmfs/bin/kvmfs run "$@" >/tmp/out.raw 2>&1
	status=$?
	tr -d '\r' </tmp/out.raw >/tmp/out
}

# what the specification and the machine's description make of the command line below
told() {
	cat <<END
magic 2badb002
pe and pg 1
interrupts 0
bss 0
flags 4d
lower 27f
upper 3c00
params $1 one two
map 0 9fc00 1
map 9fc00 400 2
map f0000 10000 2
map 100000 f00000 1
module /tmp/first, aligned: the first module
module /tmp/second its arguments, aligned: the second module
END
}

load
printf "the first module" >/tmp/first
printf "the second module" >/tmp/second
for kernel in multiboot.elf multiboot.bin; do
	run -m 16 -k $G/$kernel -p "one two" --module "/tmp/second,its arguments" \
		--initrd /tmp/first
	is "$kernel runs" 42 "$status"
	is "... and is told what it should be" "$(told $G/$kernel)" "$(cat /tmp/out)"
done

run -m 256 -k /test/vmlinux -i /test/guest.cpio -p "quiet marker=pvh"
is "the guest in Debian's vmlinux ends as it was asked to" 42 "$status"
# 0xb0: Linux notes so that it was entered by PVH, and not by Xen
is "... it was entered by PVH" 1 "$(grep -c '^loader 176$' /tmp/out)"
is "... has its parameters" 1 "$(grep -c '^console=.*marker=pvh' /tmp/out)"
is "... and no complaint" 0 "$(grep -cE 'WARNING|BUG:|Oops|Call Trace' /tmp/out)"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60

# refused WORDS WHAT OPTION...: a line with WORDS, and status 1
refused() {
	words=$1 what=$2
	shift 2
	run "$@"
	is "$what: refused" "1 1 1" "$status $(wc -l </tmp/out) $(grep -c "$words" /tmp/out)"
}
refused "no kernel that is known" "a file of another kind" -k /test/guest.cpio
refused "too short for" "a short file" -k /tmp/first
refused "neither a PVH entry" "an ELF program" -k $G/guestrun
refused "does not fit" "a kernel larger than memory" -m 2 -k $G/multiboot.elf
refused "/tmp/none" "a module that is not there" -k $G/multiboot.elf --module /tmp/none
head -c 4200 $G/multiboot.elf >/tmp/short
refused "cut short" "an ELF file cut short" -k /tmp/short
unload
is "the module goes" 0 "$?"
tap_end
