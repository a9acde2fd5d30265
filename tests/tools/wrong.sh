# SPDX-License-Identifier: GPL-2.0-only
#
# wrong.sh: in the emulated host: five wrong inputs or more for each command. Each is told in one
# line on stderr that names what is wrong; nothing is done.
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# wrong STATUS TEXT WORD...: kvmfs with these words has that status, and says TEXT
wrong() {
	want=$1 text=$2
	shift 2
	timeout 60 $K "$@" >/tmp/out 2>/tmp/err </dev/null
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

# how a machine starts
run="run -k /kvmfs/vmlinuz"
printf '\353\376' >/tmp/spin
wrong 2 "one kernel .*wanted" $run --flat /tmp/spin
wrong 2 "one kernel .*wanted" $run --bios /tmp/zeroes
wrong 1 "/nil: No such file" run --flat /nil
wrong 2 "x: not an address below 1 MiB" run --flat /tmp/spin@x
wrong 2 "0x100000: not an address below 1 MiB" run --flat /tmp/spin@0x100000
wrong 1 "0x80000: no place" run -m 64K --flat /tmp/spin@0x80000
wrong 1 "/tmp/zeroes: does not fit" run -m 64K --flat /tmp/zeroes
wrong 1 "/nil: No such file" run --bios /nil --vgabios /tmp/empty
wrong 1 "/tmp/zeroes: .*no firmware" run --bios /tmp/zeroes --vgabios /tmp/empty
wrong 1 "/nil: No such file" run --bios /tmp/zeroes --vgabios /nil
wrong 1 "/tmp/empty: .*no firmware" run --bios /tmp/empty --vgabios /tmp/empty
wrong 1 "memory (-m)" run -m 2 --bios /tmp/zeroes --vgabios /tmp/empty
wrong 2 "a: no boot order" run --bios /tmp/zeroes --boot a
wrong 2 "--console screen is for firmware" $run --console screen
wrong 1 "/nil: No such file" $run --cdrom /nil
wrong 1 "/nil: No such file" $run --hda /nil
wrong 1 "/tmp/empty: is too small for a disk" $run --hda /tmp/empty
wrong 1 "/nil/debug: No such file" $run --debugcon /nil/debug
wrong 1 "/nil: No such file" run --restore /nil
wrong 1 "/tmp/zeroes: .*no file of" run --restore /tmp/zeroes
wrong 1 "/tmp/empty: this is no file of" $run --restore /tmp/empty
wrong 2 "/tmp/b: one file too many" $run -i /tmp/empty -i /tmp/b
wrong 2 "--no-reboot=yes: no value" $run --no-reboot=yes
wrong 2 "--gdb wants a value" $run --gdb
for address in here tcp:nohost:1 tcp:127.0.0.1:x tcp::99999 unix:; do
	wrong 1 "--gdb $address: " $run --gdb "$address"
done
wrong 1 "--gdb unix:/nil/socket: No such file" $run --gdb unix:/nil/socket

# devices
wrong 2 "isa: no such transport" $run --virtio-transport isa
wrong 1 "/tmp: " $run --disk /tmp
wrong 1 "fast" $run --disk /tmp/zeroes,fast
wrong 1 "not whole sectors" $run --disk /tmp/zeroes
wrong 1 "--balloon: .*report" $run --balloon=big
wrong 1 "--balloon: there may be one" $run --balloon --balloon
wrong 1 "wire" $run --net wire
wrong 1 "/dev/net/tun: No such" $run --net tap=nil0
wrong 1 "nil0" $run --net macvtap=nil0
wrong 1 "77" $run --net fd=77
wrong 1 "12:34: is no address" $run --net fd=0,mac=12:34
wrong 1 "kvmfs-net-user: No such file" $run --net user
wrong 1 "color=red: no option" $run --net user,color=red
wrong 1 "/nil" $run --share /nil
wrong 1 "/tmp/empty: Not a directory" $run --share /tmp/empty
wrong 1 "color=red: no option" $run --share /tmp,color=red
wrong 1 "/nil" $run --vhost-user blk,socket=/nil
wrong 1 "floppy" $run --vhost-user floppy,socket=/nil
wrong 1 "socket" $run --vhost-user blk
wrong 1 "/tmp/empty: Connection refused" $run --vhost-user blk,socket=/tmp/empty
wrong 1 "2: is no CID" $run --vsock 2
wrong 1 "x: is no CID" $run --vsock x
wrong 1 "0x100000000: is no CID" $run --vsock 0x100000000
is "none of them leaves a machine" "" "$(ls "$KVM")"

mkdir "$KVM/vm"
wrong 2 "a virtual machine is wanted" monitor
wrong 1 "nil: there is no such virtual machine" monitor nil
wrong 1 "nobody answers" monitor vm
wrong 1 "nobody answers" monitor vm quit
wrong 1 "/tmp: that is no virtual machine" monitor /tmp
wrong 2 "--fast: no such option" monitor --fast vm

wrong 2 "wanted.*balloon --help" balloon
wrong 1 "nil: there is no such virtual machine" balloon nil
wrong 1 "nobody answers" balloon vm
wrong 1 "nobody answers" balloon vm 16M
wrong 2 "a machine and perhaps a size" balloon vm 1M more
wrong 2 "-m: no such option" balloon -m vm

wrong 2 "a virtual machine .*is wanted" gdb
wrong 1 "nil: there is no such virtual machine" gdb nil tcp::1
wrong 2 "is wanted" gdb vm tcp::1 more
wrong 1 "x::1: " gdb vm x::1
wrong 1 "tcp::: " gdb vm tcp::
wrong 1 "tcp::1234,arch=arm: " gdb vm tcp::1234,arch=arm

wrong 2 "a virtual machine .*is wanted" disasm
wrong 1 "nil: there is no such virtual machine" disasm nil
wrong 1 "main: not an address" disasm vm main
wrong 2 "0: not a number of instructions" disasm -n 0 vm
wrong 2 "8: there are 16, 32 and 64 bits" disasm -b 8 vm
wrong 1 "vm: 0xfffffff0: cannot be read: there is no memory" disasm vm

for c in pause resume reset stop; do
	wrong 2 "a virtual machine is wanted; .*$c --help" $c
	wrong 1 "nil: there is no such virtual machine" $c nil
	wrong 1 "/tmp: that is no virtual machine" $c /tmp
	wrong 1 "name is empty" $c ""
	wrong 2 "-x: no such option" $c -x vm
done

wrong 2 "a virtual machine and a file are wanted" save
wrong 2 "a virtual machine and a file are wanted" save vm
wrong 1 "nil: there is no such virtual machine" save nil /tmp/f
wrong 1 "/nil/f.part: No such file" save vm /nil/f
wrong 2 "a virtual machine and a file are wanted" save vm /tmp/f more
wrong 2 "--now: no such option" save --now vm /tmp/f
is "... and no file" "" "$(ls /tmp/f* 2>/dev/null)"

wrong 2 "a file and a name are wanted" restore
wrong 2 "a file and a name are wanted" restore /tmp/empty
wrong 1 "/nil: No such file" restore /nil other
wrong 1 "/tmp/empty: this is no file of" restore /tmp/empty other
wrong 1 "/kvmfs/vmlinuz: this is no file of" restore /kvmfs/vmlinuz other
wrong 1 "name is empty" restore /tmp/empty ""
ok "... and no machine" [ ! -e "$KVM/other" ]

wrong 2 "a virtual machine is wanted" debug
wrong 1 "nil: there is no such virtual machine" debug nil
wrong 1 "vm: Invalid argument: .*fly" debug vm fly
wrong 1 "vm: Invalid argument: " debug vm break x
wrong 1 "vm: Invalid argument: " debug vm watch 0 3 w
rmdir "$KVM/vm"

# a monitor that is there, asked for what it has not
timeout 200 $K run --name one -m 64K --flat /tmp/spin >/tmp/one.out 2>&1 </dev/null &
for i in $(seq 300); do
	! $K monitor one >/dev/null 2>&1 || break
	sleep 0.1
done
wrong 1 "fly: no such command" monitor one fly
wrong 1 "256: not an exit status" monitor one quit 256
wrong 1 "screen: no such command" monitor one screen
wrong 1 "type: no such command" monitor one type x
$K monitor one "$(printf 'a\nb')" 2>/tmp/err
is "two lines are no command" "2 kvmfs: a command is one line of less than 4000 bytes" "$? $(cat /tmp/err)"
wrong 1 "balloon: no such command" balloon one
wrong 1 "File exists" run --name one --flat /tmp/spin
ok "it runs all the same" $K stop one
wait

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
