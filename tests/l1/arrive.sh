# SPDX-License-Identifier: GPL-2.0-only
# arrive.sh: in the emulated host: a guest from another machine, which may have had a
# processor of the other vendor (leave.sh), goes on. That CPUID is its own, so only
# what this processor has can be taken over: the guest is one that asks for nothing.
. /kvmfs/lib.sh

count() {
	dd if="$KVM/traveller/mem" bs=4 skip=$((0x8000 / 4)) count=2 2>/dev/null |
		od -A n -t u4 | { read -r rounds bad; echo "$rounds $bad"; }
}

load
mkdir /tmp/in "$KVM/traveller"
base64 -d </l1/traveller | gzip -d | tar -C /tmp/in -x
[ "${CPUID-}" = same ] || rm /tmp/in/cpuid
ok "its files are taken" cp -f /tmp/in/* "$KVM/traveller/"
a=$(count)
ok "it has counted before" [ "${a% *}" -gt 0 ]
"$G/guestrun" -d "$KVM" -m 4 -n traveller -a "$G/count.64" >/tmp/out 2>&1 &
pid=$!
for i in $(seq 600); do
	b=$(count)
	[ "${b% *}" = "${a% *}" ] || break
	sleep 0.1
done
ok "it goes on" [ "${b% *}" -gt "${a% *}" ]
is "and finds nothing wrong" 0 "${b#* }"
echo kill >"$KVM/traveller/ctl"
wait $pid
is "until it is told to stop" 3 $?
rmdir "$KVM/traveller"
ok "the module leaves" unload
tap_end
