# SPDX-License-Identifier: GPL-2.0-only
#
# common.sh: what the scripts of the suite share. $vm is a fresh VM.
here=$(dirname "$0")
. "$here/tap.sh"
mount=$1
vm=$mount/suite
tmp=$(mktemp -d)
rmdir "$vm" 2>/dev/null
mkdir "$vm" || bail "cannot make $vm"
trap 'rmdir "$vm" 2>/dev/null; rm -rf "$tmp"' EXIT

# put FILE TEXT: one write of the text, with \n for newlines
put() {
	printf "$2" >"$tmp/put"
	dd if="$tmp/put" of="$vm/$1" bs=65536 conv=notrunc 2>"$tmp/err"
}

# add FILE TEXT: the same from a shell's >>
add() {
	printf "$2" >>"$vm/$1"
}

# on_fuse: $mount is that of kvmfs-fuse
on_fuse() {
	grep -q " $mount fuse.kvmfs " /proc/mounts
}

refused() {
	! "$@"
}

# reg NAME: its value as the text file has it
reg() {
	sed -n "s/^$1 //p" "$vm/regs"
}

# value FILE NAME
value() {
	sed -n "s/^$2 //p" "$vm/$1"
}

# hex FILE OFFSET COUNT: bytes as hex digits
hex() {
	dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -A n -v -t x1 | tr -d ' \n'
}

# poke OFFSET TEXT: bytes into mem
poke() {
	printf "$2" | dd of="$vm/mem" bs=1 seek="$1" conv=notrunc 2>"$tmp/err"
}

# code HEX...: at 0x1000, in real mode; behind it, hlt without end
code() {
	for byte in "$@" f4 eb fd; do printf "\\$(printf %o 0x"$byte")"; done >"$tmp/code"
	dd if="$tmp/code" of="$vm/mem" bs=4096 seek=1 conv=notrunc 2>/dev/null
	put regs 'cs.base 0\ncs.selector 0\nds.base 0\nrip 0x1000\nrsp 0x8000\nss.base 0\nrflags 2\n'
}

run() {
	put run "${1:-run}\n"
}

# runs: the VM in the background; ended PATTERN: its run is over, and how it ended
runs() {
	printf 'run\n' >"$tmp/run"
	(dd if="$tmp/run" of="$vm/run" bs=64 2>"$tmp/bg.err"; echo "status $?" >"$tmp/bg") &
	runner=$!
}

ended() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -s "$tmp/bg" ] || break
		sleep 0.3
	done
	[ -s "$tmp/bg" ] && wait $runner && rm "$tmp/bg" && grep -q -i "$1" "$tmp/bg.err"
}

# state STATE: status says so, now or soon
state() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(value status state)" != "$1" ] || return 0
		sleep 0.3
	done
	return 1
}

# on_qemu_svm: the processor is QEMU's emulation of an AMD
on_qemu_svm() {
	grep -q '^vendor svm' "$vm/capabilities" &&
		grep -q QEMU /sys/class/dmi/id/sys_vendor 2>/dev/null
}

# bad FILE TEXT WORDS: refused, nothing changes, and status says WORDS
bad() {
	sed '/^tsc /d' "$vm/$1" >"$tmp/before"
	put "$1" "$2" && accepted=yes || accepted=no
	sed '/^tsc /d' "$vm/$1" >"$tmp/after"
	is "$1 refuses $(echo "$2" | tr '\n' ' ')" no $accepted
	ok "$1 is as it was" cmp "$tmp/before" "$tmp/after"
	ok "EINVAL" grep -q 'Invalid argument' "$tmp/err"
	ok "status says why: $(value status error)" grep -q -e "$3" "$vm/status"
}
