# SPDX-License-Identifier: GPL-2.0-only
#
# save-virtio.sh: in the emulated host: a Debian guest that works with virtio devices on the PCI
# bus all the time is saved, and goes on from the file with them.
#
# prepare: tests/l1/guest-initramfs.sh "$OUT/initrd" tests/tools/virtio/save-guest \
# prepare: 	virtio_blk virtio_net virtio-rng virtio_balloon
# prepare: truncate -s 1M "$OUT/disk.img"
# needs: $BUILD/tools/kvmfs-net-user=kvmfs/bin/kvmfs-net-user
# host: -timeout 500 -mem 2048
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
rounds() {
	n=$(sed -n 's/^round \([0-9]*\).*/\1/p' "$1" | tail -n 1)
	echo "${n:-0}"
}
# until FILE NUMBER: the guest has come to that, or ended
until_round() {
	while kill -0 $pid 2>/dev/null; do
		[ "$(rounds "$1")" -lt "$2" ] || return 0
		sleep 0.3
	done
	return 1
}

load
mkdir -p /tmp/www
echo first >/tmp/www/word
httpd -p 127.0.0.1:8080 -h /tmp/www
devices="-d /test/disk.img --net user,mac=52:54:00:11:22:33 --rng --balloon"
touch /tmp/one /tmp/two
timeout 250 $K run --name deb -m 128 -k /kvmfs/vmlinuz -i /test/initrd $devices -p quiet \
	</dev/null >/tmp/one 2>&1 &
pid=$!
ok "the guest works" until_round /tmp/one 3
ok "it is saved, and stopped" $K save --stop deb /tmp/deb.save
wait $pid
at=$(rounds /tmp/one)
echo second >/tmp/www/word
head -c 20000 /tmp/deb.save | grep -a -c virtio | sed 's/^/# lines of virtio: /'

$K run --name no -m 128 --restore /tmp/deb.save --rng </dev/null >/tmp/err 2>&1
is "without its devices it does not go on" "1 kvmfs: the file has the state of another machine" \
	"$? $(cat /tmp/err)"
timeout 250 $K run --name deb --restore /tmp/deb.save $devices </dev/null >/tmp/two 2>&1 &
pid=$!
ok "restored, it goes on" until_round /tmp/two $((at + 3))
echo end >/tmp/www/word
wait $pid
is "the guest comes to its end" 42 "$?"
cat /tmp/one /tmp/two | tr -d '\r' >/tmp/out
is "all that it wrote and read was right" 0 "$(grep -c '^wrong' /tmp/out)"
is "the network is there after it, too" "first second end" \
	"$(sed -n 's/^round [0-9]* //p' /tmp/out | uniq | xargs)"
is "the disk has what the guest wrote last" "$(sed -n 's/^said sum //p' /tmp/out)" \
	"$(sha256sum </test/disk.img | cut -c 1-64)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace|I/O error')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 60
unload
is "the module goes" 0 "$?"
tap_end
