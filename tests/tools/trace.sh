# SPDX-License-Identifier: GPL-2.0-only
#
# trace.sh: in the emulated host: the module's tracepoints, as perf and trace-cmd find
# them in tracefs. Each is compared with what the file stat counts.
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
ok "the module leaves" unload
ok "... and its events" test ! -e $E
tap_end
