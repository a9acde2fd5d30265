#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# snapshot.sh: in the emulated host: guests are paused at some moment, copied away and
# back by the ordinary tools, in several orders of files, and run on as if nothing
# had happened. /gnu has Debian's cp, tar and rsync, if they were carried there.
. /kvmfs/lib.sh

snap=/tmp/snap

# start NAME GUEST: in the background, until it has begun
start() {
	"$G/guestrun" -d "$KVM" -m "${3:-16}" -n "$1" "$G/$2" >"/tmp/$1.out" 2>&1 &
	pid=$!
	for i in $(seq 600); do
		! grep -q '^user_exits [1-9]' "$KVM/$1/stat" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}

# the guest count.64's rounds so far, and what it found wrong
count() {
	dd if="$1/mem" bs=4 skip=$((0x8000 / 4)) count=2 2>/dev/null | od -A n -t u4 |
		{ read -r rounds bad; echo "$rounds $bad"; }
}

ctl() {
	echo "$2" >"$KVM/$1/ctl"
}

# put_back ORDER...: into a new VM, file by file
put_back() {
	mkdir "$KVM/copy" || return 1
	for f; do
		cat "$snap/$f" >"$KVM/copy/$f" || return 1
	done
}

files() {
	ls "$snap" | grep -v -e '^cpu0$' -e '^run$' -e '^ctl$'
}

# each way: SAVE of $KVM/orig to $snap and RESTORE to $KVM/copy
save_cp() {
	cp -r "$KVM/orig" $snap
}
save_gnu_cp() {
	/gnu/cp -r --sparse=always "$KVM/orig" $snap
}
save_tar() {
	mkdir $snap && tar -C "$KVM/orig" -c . | tar -C $snap -x
}
save_gnu_tar() {
	/gnu/tar -C "$KVM/orig" -S -c -f /tmp/snap.tar . && mkdir $snap &&
		/gnu/tar -C $snap -x -f /tmp/snap.tar
}
save_rsync() {
	/gnu/rsync -a --sparse "$KVM/orig/" $snap/
}
# busybox's cp does not replace a symbolic link without -f
restore_cp() {
	cp -rf $snap "$KVM/copy"
}
restore_cp_into() {
	mkdir "$KVM/copy" && cp -rf $snap/. "$KVM/copy/"
}
restore_gnu_cp() {
	/gnu/cp -r $snap "$KVM/copy"
}
restore_gnu_cp_into() {
	mkdir "$KVM/copy" && /gnu/cp -r $snap/. "$KVM/copy/"
}
restore_tar() {
	mkdir "$KVM/copy" && /gnu/tar -C "$KVM/copy" --overwrite -x -f /tmp/snap.tar
}
restore_tar_new() {
	mkdir /tmp/in && mv $snap /tmp/in/copy && /gnu/tar -C /tmp/in -S -c copy |
		/gnu/tar -C "$KVM" --overwrite -x
	r=$?
	mv /tmp/in/copy $snap && rmdir /tmp/in
	return $r
}
restore_rsync() {
	mkdir "$KVM/copy" && /gnu/rsync -r --inplace $snap/ "$KVM/copy/"
}
restore_sorted() {
	put_back $(files)
}
restore_reversed() {
	put_back $(files | sort -r)
}
restore_events_last() {
	put_back $(files | grep -v events) events
}
restore_mem_last() {
	put_back events regs irq cpuid msrs fpregs debug memmap mem
}

# counts_on: the copy, by a guestrun that takes it over
counts_on() {
	a=$(count "$KVM/copy")
	"$G/guestrun" -d "$KVM" -n copy -a "$G/count.64" >/tmp/copy.out 2>&1 &
	copy=$!
	for i in $(seq 50); do
		b=$(count "$KVM/copy")
		[ "${b% *}" = "${a% *}" ] || break
		sleep 0.1
	done
	ctl copy kill
	wait $copy
	status=$?
	echo "from $a to $b, status $status"
	[ $status = 3 ] && [ "${a% *}" -gt 0 ] && [ "${b% *}" -gt "${a% *}" ] &&
		[ "${b#* }" = 0 ] && ! grep -q 'not ok' /tmp/copy.out
}

try() {
	rm -rf $snap /tmp/snap.tar
	ctl orig resume
	sleep 0.2
	ctl orig pause
	before=$(count "$KVM/orig")
	ok "saved by $1" save_$1
	ok "restored by $2" restore_$2
	is "the count is what it was" "$before" "$(count "$KVM/copy")"
	# the rest of its state too; pages that were never touched may differ in blocks
	for f in regs events fpregs cpuid irq debug memmap; do
		cmp -s "$KVM/orig/$f" "$KVM/copy/$f" || echo "# $f differs"
	done >/tmp/differ
	is "and all state" "" "$(cat /tmp/differ)"
	ok "the copy counts on" counts_on
	[ ! -e "$KVM/copy" ] || rmdir "$KVM/copy"
}

test_ways() {
	ok "a guest counts" start orig count.64
	try cp cp
	try cp cp_into
	try cp sorted
	try cp reversed
	try cp events_last
	try cp mem_last
	try tar cp_into
	if [ -x /gnu/cp ]; then
		try gnu_cp gnu_cp
		try gnu_cp gnu_cp_into
		try gnu_tar tar
		try gnu_tar tar_new
	else
		skip "GNU cp and tar" "not carried into this host"
	fi
	if [ -x /gnu/rsync ]; then
		try rsync rsync
	else
		skip "rsync" "not carried into this host"
	fi
	ctl orig resume
	a=$(count "$KVM/orig")
	sleep 1
	ok "the original counts on too" [ "$(count "$KVM/orig")" != "$a" ]

	# back over the one that it was taken from, which has gone on
	ctl orig pause
	ok "over the original" sh -c "cp -rf $snap/. '$KVM/orig/'"
	is "it has gone back" "$before" "$(count "$KVM/orig")"
	ctl orig resume
	sleep 1
	ok "and goes on from there" kill -0 $pid
	is "with nothing wrong" 0 "$(count "$KVM/orig" | sed 's/.* //')"
	kill $pid
	wait $pid 2>/dev/null
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -e "$KVM/orig" ] || sleep 0.2
	done
}

# a guest with tests is moved several times; what it says in all is its TAP
test_moves() {
	rm -f /tmp/moves.*
	start orig "$1" $2
	name=orig moves=0
	while kill -0 $pid 2>/dev/null && [ $moves -lt 6 ]; do
		[ $moves = 0 ] || sleep "0.$moves"
		ctl $name pause 2>/dev/null || break
		[ -e "$KVM/$name/regs" ] || break
		rm -rf $snap
		next=move$moves
		cp -r "$KVM/$name" $snap && cp -rf $snap "$KVM/$next" || {
			ctl $name kill
			break
		}
		ctl $name kill
		wait $pid
		last=$?
		[ $last = 3 ] || { rmdir "$KVM/$next"; break; }
		cat /tmp/$name.out >>/tmp/moves.out
		"$G/guestrun" -d "$KVM" -m "${2:-16}" -n $next -a "$G/$1" >/tmp/$next.out 2>&1 &
		pid=$!
		name=$next moves=$((moves + 1))
	done
	[ ! -e "$KVM/$name/ctl" ] || ctl $name resume 2>/dev/null
	wait $pid
	status=$?
	cat /tmp/$name.out >>/tmp/moves.out
	passed=$(grep -c '^ok ' /tmp/moves.out)
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' /tmp/moves.out)
	is "$1, moved to another VM on its way: its status" 0 $status
	is "$1, all its tests" "${plan:-a plan}" "$passed"
	echo "# moved $moves times"
	[ "$plan" = "$passed" ] || sed 's/^/# /' /tmp/moves.out | tail -n 20
	for d in "$KVM"/*; do rmdir "$d" 2>/dev/null; done
}

load
test_ways
for guest in tables.64 tables.32 big.64 fpu.64; do
	test_moves $guest $([ $guest != big.64 ] || echo 64)
done
ok "the module leaves" unload
tap_end
