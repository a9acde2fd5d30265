#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# stress.sh MOUNT: several processes do at random what can be done with a few VMs,
# while guests run. Nobody looks at the errors; afterwards everything must be well.
# SEED and ROUNDS may be given.
. "$(dirname "$0")/common.sh"

seed=${SEED:-$(od -A n -N 2 -t u2 /dev/urandom | tr -d ' ')}
rounds=${ROUNDS:-60}
echo "# SEED=$seed ROUNDS=$rounds"

# numbers N: of 0 to 19, so many, from the seed and N
numbers() {
	awk -v s=$((seed + $1)) -v n="$rounds" 'BEGIN {
		srand(s)
		for (i = 0; i < 2 * n; i++)
			printf "%d ", int(rand() * 20)
	}'
}

op() {
	d=$mount/s$(($2 % 3))
	case $1 in
	0) mkdir "$d" ;;
	1) rmdir "$d" ;;
	2) truncate -s 64K "$d/mem" ;;
	3) echo 'ram 0 64K' >"$d/memmap" ;;
	4) echo 'ram 1M 64K' >>"$d/memmap" ;;
	5) mkdir "$d/cpu1" ;;
	6) rmdir "$d/cpu1" ;;
	7) cat "$d"/* "$d"/cpu1/* >/dev/null ;;
	8) ls -lR "$mount" >/dev/null ;;
	9) printf '\353\376' | dd of="$d/mem" bs=1 seek=4096 conv=notrunc ;;
	10) printf '\364\364\364' | dd of="$d/mem" bs=1 seek=4096 conv=notrunc ;;
	11) printf 'cs.base 0\ncs.selector 0\nrip 0x1000\n' >"$d/regs" ;;
	12) printf 'cs.base 0\ncs.selector 0\nrip 0x1000\n' >"$d/cpu1/regs" ;;
	13) timeout 1 sh -c 'echo 1 >"$1/run"' sh "$d" ;;
	14) timeout 1 sh -c 'echo 1 >"$1/cpu1/run"' sh "$d" ;;
	15) timeout 1 sh -c 'echo nmi >"$1/irq"; echo 32 >"$1/irq"' sh "$d" ;;
	16) timeout 2 sh -c 'echo pause >"$1/ctl"' sh "$d" ;;
	17) echo resume >"$d/ctl" ;;
	18) echo reset >"$d/ctl" ;;
	19) echo kill >"$d/ctl" ;;
	esac
}

worker() {
	set -- $(numbers "$1")
	while [ $# -gt 1 ]; do
		op "$1" "$2" 2>/dev/null </dev/null
		shift 2
	done
}

for n in 1 2 3 4; do
	worker $n >/dev/null &
done
wait
for n in 0 1 2; do
	[ ! -e "$mount/s$n" ] || ok "s$n can be removed" rmdir "$mount/s$n"
done
is "nothing else is left" suite "$(ls "$mount")"

# mov $0x41, %al; out %al, $0xe9; hlt
put memmap 'ram 0 64K\n'
code b0 41 e6 e9
ok "a VM runs as before" run
is "and exits" "io out port 0xe9" "$(cut -c 1-16 "$vm/exit")"
tap_end
