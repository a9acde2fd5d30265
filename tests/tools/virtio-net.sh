# SPDX-License-Identifier: GPL-2.0-only
#
# virtio-net.sh: in the emulated host: a Debian guest reaches servers on the host, and the
# host one in the guest, in user mode (libslirp), over a tap and over a macvtap; and has
# random numbers.
#
# prepare: tests/l1/guest-initramfs.sh "$OUT/initrd" tests/tools/virtio/net-guest \
# prepare: 	virtio_net virtio-rng
# prepare: mkdir "$OUT/modules"
# prepare: tests/l1/modules.sh "$BUILD/kernel/6.12" "$OUT/modules" tun veth macvtap
# needs: $BUILD/tools/kvmfs-net-user=kvmfs/bin/kvmfs-net-user
# host: -timeout 500
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs
sum() { sha256sum | cut -c 1-64; }

load
while read -r m; do insmod "/test/modules/$m"; done </test/modules/order
mkdir -p /tmp/www /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
dd if=/dev/urandom of=/tmp/www/file bs=64k count=16 2>/dev/null
httpd -p 127.0.0.1:8080 -h /tmp/www
# what the guest sends
nc -l -p 8081 -e sh -c 'cat >/tmp/sent' &
ip tuntap add dev tap7 mode tap 2>/dev/null || tunctl -t tap7 >/dev/null
ip addr add 10.7.7.1/24 dev tap7
ip link set tap7 up
httpd -p 10.7.7.1:8082 -h /tmp/www
# a macvtap on one end of a wire, the host on the other
ip link add name wire0 type veth
wire1=$(ls /sys/class/net | grep '^veth')
ip link add link wire0 name mac0 type macvtap
ip addr add 10.8.8.1/24 dev "$wire1"
for i in wire0 "$wire1" mac0; do ip link set "$i" up; done
httpd -p 10.8.8.1:8085 -h /tmp/www
nc -l -p 8083 -e sh -c 'cat >/tmp/sent-tap' &

timeout 250 $K run -m 128 -k /kvmfs/vmlinuz -i /test/initrd --rng \
	--net user,hostfwd=tcp:127.0.0.1:8084-:80,mac=52:54:00:01:02:03 \
	--net tap=tap7 --net macvtap=mac0 -p "sum=$(sum </tmp/www/file)" >/tmp/out.raw 2>&1 &
pid=$!
# the guest has a server when it says so
touch /tmp/out.raw
for i in $(seq 600); do
	! grep -q '^said server' /tmp/out.raw || break
	kill -0 $pid 2>/dev/null || break
	sleep 0.3
done
wget -q -O /tmp/from-guest http://127.0.0.1:8084/hello
is "a server in the guest answers at a port of the host" "hello from the guest" \
	"$(cat /tmp/from-guest)"
touch /tmp/www/stop
wait $pid
is "the guest comes to its end" 42 "$?"
tr -d '\r' </tmp/out.raw >/tmp/out
said() { sed -n "s/^said $1: //p" /tmp/out; }
is "a card has the address that it was given" 52:54:00:01:02:03 "$(said mac)"
is "DHCP" 10.0.2.15 "$(said dhcp)"
is "the guest reads a file of a server on the host" OK "$(said get)"
is "the guest sends as much" "$(said sent)" "$(sum </tmp/sent)"
is "over a tap: it reads" OK "$(said get-tap)"
is "... and sends" "$(said sent-tap)" "$(sum </tmp/sent-tap)"
is "over a macvtap: it reads" OK "$(said get-macvtap)"
is "... with the address of the interface" "$(cat /sys/class/net/mac0/address)" \
	"$(said mac-macvtap)"
is "random numbers come from us" "virtio_rng.0 OK" "$(said rng)"
is "no complaint" 0 "$(grep -v hw-vuln /tmp/out | grep -cE 'WARNING|BUG:|Oops|Call Trace')"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out | tail -n 80
gone() {
	for i in $(seq 600); do
		pidof kvmfs-net-user >/dev/null || return 0
		sleep 0.1
	done
	return 1
}
ok "the process of the network has gone" gone

refused() {
	what=$1 line=$2
	shift 2
	$K run -m 128 -k /kvmfs/vmlinuz "$@" >/tmp/err 2>&1 </dev/null
	is "$what" "1 kvmfs: $line" "$? $(cat /tmp/err)"
}
refused "no network" "--net: one of user, tap=, macvtap= and fd= is wanted" --net mac=52:54:00:0:0:1
refused "a bad address" "1:2:3: is no address of a card, as 52:54:00:01:02:03 is" \
	--net user,mac=1:2:3
refused "a bad forward" "hostfwd=tcp:8080: is not as tcp::2222-:22 is" \
	--net user,hostfwd=tcp:8080
refused "a port in use" "hostfwd=tcp:127.0.0.1:8080-:80: Address already in use" \
	--net user,hostfwd=tcp:127.0.0.1:8080-:80
refused "a descriptor that is not open" "17: is not an open descriptor" --net fd=17
unload
is "the module goes" 0 "$?"
tap_end
