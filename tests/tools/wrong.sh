# SPDX-License-Identifier: GPL-2.0-only
#
# wrong.sh: in the emulated host: five wrong inputs for each command. Each is told in one
# line on stderr that names what is wrong; nothing is done.
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# wrong STATUS TEXT WORD...: kvmfs with these words has that status, and says TEXT
wrong() {
	want=$1 text=$2
	shift 2
	$K "$@" >/tmp/out 2>/tmp/err </dev/null
	got=$?
	said=$(cat /tmp/err)
	[ "$got:$(wc -l </tmp/err)" = "$want:1" ] && [ ! -s /tmp/out ] &&
		grep -q "^kvmfs: .*$text" /tmp/err
	ok "kvmfs $*: $said" [ $? = 0 ]
}

wrong 1 "modprobe kvmfs" list
load -o mode=755
umount "$KVM"
wrong 1 "mount -t kvmfs" list
wrong 1 "mount -t kvmfs" run -k /kvmfs/vmlinuz
mount -t kvmfs kvmfs "$KVM"

wrong 2 "brun: no such command" brun
wrong 2 "lis: no such command; .kvmfs list'" lis
wrong 2 "try .kvmfs --help'" help nothing

: >/tmp/empty
head -c 100000 /dev/zero >/tmp/zeroes
wrong 2 "kernel .*wanted.*--help" run
wrong 1 "/nil: No such file" run -k /nil
wrong 1 "/tmp/empty: .*too short" run -k /tmp/empty
wrong 1 "/tmp/zeroes: .*no kernel" run -k /tmp/zeroes
wrong 1 "/tmp: .*director" run -k /tmp
wrong 1 "/nil: No such file" run -k /kvmfs/vmlinuz -i /nil
wrong 1 "/nil: No such file" run -k /kvmfs/vmlinuz --disk /nil
wrong 1 "/nil: No such file" run -k /kvmfs/vmlinuz --cpuid /nil
printf "no table\n" >/tmp/words
wrong 1 "/tmp/words: Invalid argument: " run -k /kvmfs/vmlinuz --cpuid /tmp/words
wrong 1 "/tmp/zeroes: .*too long" run -k /kvmfs/vmlinuz --cpuid /tmp/zeroes
wrong 2 "1Q: not a size" run -k /kvmfs/vmlinuz -m 1Q
wrong 2 "-5: not a size" run -k /kvmfs/vmlinuz -m -5
wrong 2 "4K: .*64K" run -k /kvmfs/vmlinuz -m 4K
wrong 1 "vmlinuz: .*memory (-m)" run -k /kvmfs/vmlinuz -m 64K
wrong 1 "vmlinuz: .*memory" run -k /kvmfs/vmlinuz -m 8
wrong 2 "70000: not a port" run -k /kvmfs/vmlinuz --exit-port 70000
wrong 2 "vga: no such console" run -k /kvmfs/vmlinuz --console vga
wrong 2 "more: unexpected" run -k /kvmfs/vmlinuz more
wrong 1 "no/such: .*in the mount" run -k /kvmfs/vmlinuz -n "$KVM/no/such"
wrong 1 "/tmp/vm: .*no mount of kvmfs" run -k /kvmfs/vmlinuz -n /tmp/vm
wrong 1 "name is empty" run -k /kvmfs/vmlinuz -n ""

mkdir "$KVM/vm"
wrong 2 "one name is wanted" create
wrong 1 "vm: File exists; .*rmdir" create vm
wrong 2 "0: not a size" create -m 0 other
wrong 1 "/tmp/vm: .*no mount of kvmfs" create /tmp/vm
wrong 1 "nil/cpu1: No such file.*a vCPU in its machine" create "$KVM/nil/cpu1"
wrong 1 "memory: " create -m 3 other
ok "... and it is gone" [ ! -e "$KVM/other" ]

wrong 1 "/nil: No such file" list /nil
wrong 2 "b: unexpected" list a b
wrong 1 "/tmp: that is no mount of kvmfs" list /tmp
wrong 1 "/tmp/empty: Not a directory" list /tmp/empty
wrong 2 "-x: no such option" list -x

wrong 2 "a virtual machine is wanted" regs
wrong 1 "nil: there is no such virtual machine" regs nil
wrong 1 "bogus: no such register" regs vm bogus
wrong 1 "0x: not a number" regs vm rax=0x
wrong 1 "cr0.PG without" regs vm cr0=0x80000000
wrong 1 "/tmp: that is no virtual machine" regs /tmp

wrong 1 "a: there is no such virtual machine" stat a b
wrong 1 "nil: there is no such virtual machine" stat nil
wrong 2 "often: not a number of seconds" stat -i often vm
wrong 2 "0: not a number of seconds" stat -i 0 vm
wrong 1 "/tmp: that is no virtual machine" stat /tmp

wrong 2 "a virtual machine is wanted" dump
wrong 1 "nil: there is no such virtual machine" dump nil
wrong 2 "more: unexpected" dump vm more
wrong 2 "an address and a length" dump --mem 5
wrong 2 "an address and a length" dump --mem x 5 vm
rmdir "$KVM/vm"

# who may not
mkdir -p /etc
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>/etc/passwd
chmod 755 /kvmfs /kvmfs/bin
mkdir "$KVM/mine"
chmod 700 "$KVM/mine"
as_nobody() {
	text=$1
	shift
	su nobody -c "$K $*" >/tmp/out 2>/tmp/err </dev/null
	cat /tmp/err
	grep -q "^kvmfs: .*$text" /tmp/err
}
ok "a user may not create" as_nobody "Permission denied; .*ls -ld" create x
ok "... nor look" as_nobody "mine: Permission denied" regs mine
rmdir "$KVM/mine"
unload
is "the module goes" 0 "$?"
tap_end
