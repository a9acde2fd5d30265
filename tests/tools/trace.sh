# SPDX-License-Identifier: GPL-2.0-only
#
# trace.sh: in the emulated host: the module's tracepoints, as perf and trace-cmd find
# them in tracefs. Each is compared with what the file stat counts.
# needs: $BUILD/tools/kvmfs-disasm=kvmfs/bin/kvmfs-disasm
# host: -timeout 500
. /kvmfs/lib.sh

T=/sys/kernel/tracing
E=$T/events/kvmfs

# traced GUEST: run it with all events on; what came is in /tmp/trace
traced() {
	echo >$T/trace
	echo 1 >$E/enable
	"$G/guestrun" -d "$KVM" "$G/$1" >/tmp/out 2>&1
	status=$?
	echo 0 >$E/enable
	grep kvmfs_ $T/trace >/tmp/trace
	return $status
}
# has WORD...: a line with all of them
has() {
	cp /tmp/trace /tmp/left
	for word; do
		grep -e "$word" /tmp/left >/tmp/l && mv /tmp/l /tmp/left || return 1
	done
}
events() { grep -c "kvmfs_$1:" /tmp/trace; }

mount -t tracefs tracefs $T 2>/dev/null
load
for name in entry exit inject fault zap flush; do
	ok "there is kvmfs_$name" test -e $E/kvmfs_$name/format
done
echo 16384 >$T/buffer_size_kb
ok "a guest with interrupts runs, traced" traced irq.32
ok "its port output is an exit" has kvmfs_exit "reason io" "vcpu 0"
ok "... with the port" has kvmfs_exit "reason io" "info 0x[1-9a-f]"
ok "HLT is one" has kvmfs_exit "reason hlt"
ok "the interrupt that the guest was given" has kvmfs_inject "irq vector 85 " "(none)"
ok "the NMI" has kvmfs_inject "nmi vector 2 "
is "each entry has its exit" "$(events entry)" "$(events exit)"
ok "a guest with page tables runs, traced" traced paging.32
ok "a page was mapped" has kvmfs_fault "gva 0x" mapped
ok "a fault was the guest's" has kvmfs_fault guest "error 0x"
ok "... and it got it" has kvmfs_inject "exception vector 14 error 0x"
ok "a table was taken away" has kvmfs_zap "gfn 0x" "level 1"
ok "TLBs were flushed" has kvmfs_flush "vcpus 1"
echo 1 >$E/kvmfs_exit/enable
echo 'rip == 0' >$E/kvmfs_exit/filter
echo >$T/trace
"$G/guestrun" -d "$KVM" "$G/irq.32" >/dev/null 2>&1
is "a filter lets nothing else through" 0 "$(grep -c kvmfs_exit: $T/trace)"
echo 0 >$E/enable

# kvmfs trace: of 1: in $0x60, %al; jmp 1b
K=/kvmfs/bin/kvmfs
printf '\344\140\353\374' >/tmp/in
for name in one other; do
	timeout 250 $K run --name $name -m 64K --flat /tmp/in >/tmp/$name.out 2>&1 </dev/null &
	for i in $(seq 300); do
		! $K monitor $name >/dev/null 2>&1 || break
		sleep 0.1
	done
done
timeout 100 $K trace -e exit -n 20 one >/tmp/trace 2>/tmp/err
is "kvmfs trace: so many lines" "0 20 0" "$? $(wc -l </tmp/trace) $(wc -c </tmp/err)"
ok "... with the instruction that exits" \
	grep -E '^[0-9.]+ exit: vcpu 0 reason io rip 0x7c00 info 0x60  # 0x7c00: e4 60  in al, 0x60$' /tmp/trace
timeout 100 $K trace -e entry -n 5 one >/tmp/trace
is "... entries alone" 5 "$(grep -c '^[0-9.]* entry: vcpu 0 rip 0x7c0' /tmp/trace)"
is "its instance is gone" "" "$(ls $T/instances)"
$K trace one >/tmp/trace &
tracer=$!
for i in $(seq 300); do
	[ ! -s /tmp/trace ] || break
	sleep 0.1
done
ok "without a number it goes on" test -s /tmp/trace
kill -TERM $tracer
wait $tracer
is "... until a signal" 0 $?
is "... and cleans up" "" "$(ls $T/instances)"
mkdir "$KVM/idle"
# refused TEXT WORD...: kvmfs trace says that
refused() {
	text=$1
	shift
	$K trace "$@" 2>/tmp/err
	is "kvmfs trace $*" "$text" "$? $(cat /tmp/err)"
}
refused "1 kvmfs: idle: it is run by no \`kvmfs run'; --tid says which thread runs it" idle
refused "2 kvmfs: fly: no such event; there are entry, exit, inject, fault, zap, flush" -e exit,fly one
refused "2 kvmfs: 0: not a number of lines" -n 0 one
refused "2 kvmfs: x: not a thread" -p x one
refused "1 kvmfs: $KVM/nil: there is no such virtual machine; see kvmfs list" nil
refused "2 kvmfs: a virtual machine is wanted; try \`kvmfs trace --help'"
umount $T
refused "1 kvmfs: tracefs is not mounted; as root: mount -t tracefs tracefs $T" one
mount -t tracefs tracefs $T
rmdir "$KVM/idle"
ok "the machines end" $K stop one other
wait
ok "the module leaves" unload
ok "... and its events" test ! -e $E
tap_end
