# SPDX-License-Identifier: GPL-2.0-only
#
# virtio-balloon.sh: in the emulated host: a Debian guest gives memory back and takes it
# again; what it gives is free in the host. The terminal is a virtio console there.
#
# prepare: tests/l1/guest-initramfs.sh "$OUT/initrd" tests/tools/virtio/balloon-guest \
# prepare: 	virtio_balloon
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
MiB=$((1024 * 1024))

# MiB of the host's memory that are guest memory: it is shared memory, and nothing else here is
used() { awk '$1 == "Shmem:" { print int($2 / 1024) }' /proc/meminfo; }
left() { $K balloon deb | sed -n 's/^left //p'; }
await() {
	for i in $(seq 600); do
		! grep -q "^said $1" /tmp/out.raw || return 0
		kill -0 $pid 2>/dev/null || return 1
		sleep 0.3
	done
	return 1
}

load
mkfifo /tmp/in
touch /tmp/out.raw
base=$(used)
timeout 250 $K run --name deb -m 192 -k /kvmfs/vmlinuz -i /test/initrd --balloon \
	--console virtio </tmp/in >/tmp/out.raw 2>&1 &
pid=$!
exec 3>/tmp/in
ok "the guest fills its memory and frees it" await filled
full=$(($(used) - base))
echo "# ${full}M of the host's memory"
ok "the host does not know that it is free" [ $full -ge 80 ]
is "kvmfs balloon: it has all" "memory $((192 * MiB))
wanted $((192 * MiB))
left $((192 * MiB))" "$($K balloon deb)"

ok "it shrinks to 100M" $K balloon deb 100
is "... as it says" $((100 * MiB)) "$(left)"
small=$(($(used) - base))
echo "# ${small}M of the host's memory"
ok "... and the host has 30M of that at least" [ $((full - small)) -ge 30 ]
echo one >&3
ok "the guest sees it" await small

ok "it grows to 192M" $K balloon deb 192M
is "... as it says" $((192 * MiB)) "$(left)"
ok "... without a page of the host's, until it is used" [ $(($(used) - base - small)) -le 40 ]
echo two >&3
ok "the guest fills its memory again" await again
again=$(($(used) - base))
echo "# ${again}M of the host's memory"
ok "... and the host gives it" [ $((again - small)) -ge 30 ]

$K balloon deb 193 2>/tmp/err
is "more than the machine has is refused" \
	"1 kvmfs: 193: the machine has 192M, and cannot have more or none" "$? $(cat /tmp/err)"
$K balloon deb much 2>/tmp/err
is "what is no size" "1 kvmfs: much: not a size" "$? $(cat /tmp/err)"
echo three >&3
wait $pid
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
a=$(sed -n 's/^said filled //p' /tmp/out) b=$(sed -n 's/^said small //p' /tmp/out)
# of the 92M that it gave back some were not free before: how many is the guest's affair
echo "# ${a}k free in the guest, then ${b}k"
ok "the guest had less free then" [ $((a - b)) -ge $((46 * 1024)) ]
is "what it had written before is right" OK "$(sed -n 's/^said sum //p' /tmp/out)"
is "what was typed came to the guest" "one two three" \
	"$(sed -n 's/^said turn //p' /tmp/out | xargs)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 30
unload
is "the module goes" 0 "$?"
tap_end
