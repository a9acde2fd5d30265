# SPDX-License-Identifier: GPL-2.0-only
#
# host.sh: what svm.sh and vmx.sh have in common; they source it. Names of theirs that it uses:
# build, kernel, script, work (a directory of this run), log (the kernel's), dirty.

# archive SCRIPT-NAME FILE=PATH...: on stdout the initramfs, with the files laid over it and
# the script as /l1/SCRIPT-NAME
archive() {
	mkdir -p "$work/add/l1"
	cp "$script" "$work/add/l1/$1"
	shift
	for pair; do
		mkdir -p "$(dirname "$work/add/${pair#*=}")"
		cp -RL "${pair%%=*}" "$work/add/${pair#*=}"
	done
	(cd "$work/add" && find . | cpio --quiet -o -H newc -R 0:0) |
		cat "$build/l1/base-$kernel.cpio" -
}

# finished: the script came to its end; its status is in $status
finished() {
	status=$(tr -d '\r' <"$work/out" | sed -n 's/^##l1 end \([0-9]*\)$/\1/p')
	[ -n "$status" ]
}

# complaints: the lines of the kernel log that no good run has, from where our part begins: each
# kernel's boot has one about Bochs's CPUID. Neither a crash that the script asks for is one, nor
# that a cgroup has used up its memory.
complaints() {
	init='/Run .*init as init process/'
	sed -e "/Linux version/,${init}s/.*//" \
		-e "/sysrq: Trigger a crash/,${init}s/.*//" \
		-e '/invoked oom-killer:/,/<\/TASK>/s/.*//' "$log" |
		grep -a -n -E -e 'WARNING:|BUG:|BUG at|Oops|general protection' \
		-e 'Kernel panic|soft lockup|hard LOCKUP|blocked for more than' \
		-e 'rcu.*(stall|detected)|scheduling while atomic|Call Trace' \
		-e 'KASAN|UBSAN|KMEMLEAK|INFO: task|possible (circular|recursive)' \
		-e 'inconsistent lock state|suspicious RCU|Bad page' \
		-e 'unchecked MSR|refcount_t:|leaked|unreferenced object|ODEBUG' |
		grep -v 'hw-vuln'	# what it says of its processor
}

output() {
	tr -d '\r' <"$work/out" | sed -e '/^##l1 begin$/d' -e '/^##l1 end [0-9]*$/d'
}

# verdict EMULATOR-LOG: ends the run with the script's status, or why that is not all
verdict() {
	if ! finished; then
		echo "Bail out! the emulated host did not reach the end of $script"
		tail -n 5 "$1" 2>/dev/null
		tail -n 25 "$log"
		exit 124
	fi
	if [ -z "$dirty" ] && complaints >"$work/complaints"; then
		echo "not ok - the kernel log of the host is clean"
		sed 's/^/# /' "$work/complaints" | head -n 40
		echo "# see $log"
		[ "$status" != 0 ] || status=1
	fi
	exit "$status"
}
