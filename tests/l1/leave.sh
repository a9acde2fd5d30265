# SPDX-License-Identifier: GPL-2.0-only
# leave.sh: in the emulated host: a guest that counts is paused and sent away, as text
# on the console between two lines. tests/l1/arrive.sh is where it goes on.
. /kvmfs/lib.sh

load
"$G/guestrun" -d "$KVM" -m 4 -n traveller "$G/count.64" >/tmp/out 2>&1 &
pid=$!
for i in $(seq 600); do
	! grep -q '^user_exits [1-9]' "$KVM/traveller/stat" 2>/dev/null || break
	sleep 0.1
done
sleep 1
echo pause >"$KVM/traveller/ctl"
echo "##snapshot begin"
tar -C "$KVM/traveller" -c mem memmap regs fpregs msrs cpuid events irq debug |
	gzip -9 | base64
echo "##snapshot end"
echo kill >"$KVM/traveller/ctl"
wait $pid
unload
