# SPDX-License-Identifier: GPL-2.0-only
#
# control.sh: in the emulated host: a running monitor is asked things.
# prepare: gcc -static -o $OUT/squat tests/tools/control/squat.c
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# a guest that does nothing for ever
printf '\353\376' >/tmp/spin

start() {
	$K run --name "$1" -m 64K --flat /tmp/spin >/tmp/"$1".out 2>&1 </dev/null &
	pid=$!
	for i in $(seq 600); do
		! $K monitor "$1" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

load
ok "a monitor listens" start one
$K monitor one >/tmp/help
is "it says what it can do" "0 help quit" "$? $(sed 's/ .*//' /tmp/help | grep -x -e help -e quit | xargs)"
is "the same for help" "$(cat /tmp/help)" "$($K monitor one help)"
$K monitor one fly to moon >/tmp/out 2>/tmp/err
is "what it cannot do is an error" "1 kvmfs: fly: no such command; there is help" "$? $(cat /tmp/err)"
is "... and prints nothing" "" "$(cat /tmp/out)"
$K monitor one quit 256 2>/tmp/err
is "a bad argument, too" "1 kvmfs: 256: not an exit status (0 to 255)" "$? $(cat /tmp/err)"
ok "the guest runs on" kill -0 $pid

echo pause >"$KVM/one/ctl"
is "a monitor is there while its VM is paused" "$(cat /tmp/help)" "$($K monitor one)"
echo resume >"$KVM/one/ctl"

first=$pid
ok "a second machine" start two
$K monitor two quit 7
is "quit is answered" 0 $?
wait $pid
is "... and ends that machine with the status" 7 $?
ok "not the other" kill -0 $first
$K monitor one quit
wait $first
is "quit alone is status 0" 0 $?
is "their directories are gone" "" "$(ls "$KVM")"

mkdir "$KVM/nobodys"
$K monitor nobodys help 2>/tmp/err
is "a VM that nobody runs" \
	"1 kvmfs: nobody answers for this machine: it is run by no \`kvmfs run'" "$? $(cat /tmp/err)"
rmdir "$KVM/nobodys"

/test/squat "$KVM/next" >/tmp/squat.out &
squat=$!
for i in $(seq 600); do
	! grep -q there /tmp/squat.out || break
	sleep 0.1
done
$K run --name robbed -m 64K --flat /tmp/spin >/tmp/robbed.out 2>/tmp/err </dev/null &
pid=$!
for i in $(seq 600); do
	! grep -qs '^state running' "$KVM/robbed/status" || break
	kill -0 $pid || break
	sleep 0.1
done
ok "a machine runs although its monitor's address is taken" grep -q running "$KVM/robbed/status"
is "... which is said" \
	"kvmfs: another process has taken this monitor's address: it cannot be asked" "$(cat /tmp/err)"
kill $pid $squat
wait

mkdir "$KVM/$(printf 'a\033[2J\302\233b\303\244\nc')"
is "kvmfs list: a name has no orders for the terminal" "$(printf 'a?[2J??b\303\244?c')" "$($K list)"
is "nor has kvmfs list -l" "$(printf 'a?[2J??b\303\244?c')" \
	"$($K list -l | sed -n '2s/ .*//p')"
rmdir "$KVM"/a*
unload
is "the module goes" 0 $?
tap_end
