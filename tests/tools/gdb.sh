# SPDX-License-Identifier: GPL-2.0-only
#
# gdb.sh: in the emulated host: Debian's gdb debugs what runs there: a guest of somebody
# else's (guestrun, which knows nothing of debuggers), of 64 and of 32 bits, and
# Debian's kernel under `kvmfs run --gdb'.
# packages: gdb
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/gdb/guest.sh
# prepare: gcc -O2 -static -o $OUT/symbols tests/tools/gdb/symbols.c
# needs: /usr/bin/gdb=bin/gdb tests/tools/gdb=gdb
# needs: $BUILD/guest/frames.64.elf=frames.64.elf $BUILD/guest/frames.32.elf=frames.32.elf
# needs: $(ls -d /usr/lib/python3*/encodings) $(ls /usr/lib/python3*/codecs.py /usr/lib/python3*/io.py)
# needs: $(ls /usr/lib/python3*/abc.py /usr/lib/python3*/site.py /usr/lib/python3*/os.py)
# needs: $(ls /usr/lib/python3*/stat.py /usr/lib/python3*/posixpath.py)
# needs: $(ls /usr/lib/python3*/genericpath.py /usr/lib/python3*/_collections_abc.py)
# needs: $(ls /usr/lib/python3*/_sitebuiltins.py)
# host: -timeout 280 -mem 2048 -append nokaslr
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# debug SCRIPT FILE [TARGET]: what gdb says after each line "@NAME" is in /tmp/said
debug() {
	timeout 300 gdb -nx -batch -ex 'set pagination off' -ex 'set width 0' \
		-ex "target remote ${3:-127.0.0.1:1234}" -x "/gdb/$1" "$2" \
		>/tmp/said 2>/tmp/gdb.err </dev/null
}

# said NAME: without the places in the source, which are of another machine
said() {
	sed -n "/^@$1\$/,/^@/p" /tmp/said | grep -v '^@' | sed 's/ at [^ ]*\.[cS]:[0-9]*$//'
}

# listening PORT: somebody does
listening() {
	for i in $(seq 600); do
		! netstat -ltn 2>/dev/null | grep -q ":$1 " || return 0
		sleep 0.1
	done
	return 1
}

# steady NAME: the guest goes on
steady() {
	before=$(sed -n 's/^user_exits //p' "$KVM/$1/stat")
	for i in $(seq 600); do
		[ "$(sed -n 's/^user_exits //p' "$KVM/$1/stat")" = "$before" ] || return 0
		sleep 0.1
	done
	return 1
}

# printed TEXT: the guest of `kvmfs run', or it has ended
printed() {
	while kill -0 $pid && ! grep -q "$1" /tmp/deb.out; do
		sleep 0.5
	done
	grep "$1" /tmp/deb.out
}

on_qemu() {
	grep -q '^vendor svm' "$KVM/$1/capabilities" &&
		grep -q QEMU /sys/class/dmi/id/sys_vendor 2>/dev/null
}

# frames BITS: a guest of guestrun's
test_frames() {
	"$G/guestrun" -d "$KVM" -n frames "$G/frames.$1" >/tmp/frames.out 2>&1 &
	guest=$!
	ok "frames.$1 runs" ran frames
	$K gdb frames tcp:127.0.0.1:1234 >/tmp/stub.out 2>&1 &
	stub=$!
	ok "kvmfs gdb listens" listening 1234
	debug frames.gdb "/frames.$1.elf"
	is "$1: a breakpoint, and bt" "#0  inner (x=X)|#1  Y in middle (x=X)|#2  Y in outer (x=X)|#3  Y in main ()" \
		"$(said bt | sed -n '/^#[0-3]/p' | sed 's/x=[0-9]*/x=X/g; s/0x[0-9a-f]* in /Y in /' | head -n 4 | tr '\n' '|' | sed 's/|$//')"
	is "$1: arguments agree with each other" 0 "$(said sum)"
	is "$1: finish and its value" 0 "$(said value)"
	is "$1: steps" 3 "$(said step | grep -c '^=> ')"
	is "$1: a step is one instruction" 1 "$(said onestep)"
	is "$1: memory is written" 4711 "$(said write)"
	is "$1: a register is written and read back" "0x1234" "$(said register)"
	is "$1: SSE registers too" "0x1122334455667788" "$(said sse)"
	is "$1: and the control registers" 1 "$(said cr0)"
	is "$1: physical memory is the same byte" "$(said linear)" "$(said physical)"
	ok "$1: what is not mapped" grep "Cannot access memory at address 0x7fff0000" /tmp/gdb.err
	if on_qemu frames; then
		skip "$1: a hardware breakpoint" "QEMU's VMRUN arms no debug registers"
		skip "$1: a watchpoint" "QEMU's VMRUN arms no debug registers"
	else
		ok "$1: another session" debug hardware.gdb "/frames.$1.elf"
		ok "$1: a hardware breakpoint" sh -c "grep -q ^middle /tmp/said"
		ok "$1: a watchpoint" sh -c "grep -q ^inner /tmp/said"
	fi
	ok "$1: the guest goes on after gdb has left" steady frames
	is "$1: nothing is left in debug" "step off" "$(cat "$KVM/frames/debug")"
	ok "$1: a second session, which is interrupted" debug interrupt.gdb "/frames.$1.elf"
	ok "$1: by SIGINT" grep "received signal SIGINT, Interrupt." /tmp/said
	kill -9 $stub
	wait $stub 2>/dev/null
	ok "$1: through a pipe" debug pipe.gdb "/frames.$1.elf" "| $K gdb frames"
	is "$1: ... its rounds" some "$(said pipe | sed 's/^[1-9][0-9]*$/some/')"
	ok "$1: it goes on" steady frames
	is "$1: it has never failed" "" "$(grep 'not ok' /tmp/frames.out)"
	[ $failures = 0 ] || sed 's/^/# /' /tmp/said /tmp/gdb.err /tmp/stub.out | tail -n 60
	kill $guest
	wait $guest 2>/dev/null
	rmdir "$KVM/frames" 2>/dev/null
}

load
test_frames 64
test_frames 32

# Debian's kernel, stopped before its first instruction. This host runs the same one, at
# the same addresses.
ok "symbols of the kernel" sh -c '/test/symbols </proc/kallsyms >/tmp/vmlinux.sym'
timeout 150 $K run --name deb -m 128 -k /kvmfs/vmlinuz -i /test/guest.cpio --gdb tcp::1235 -S \
	-p 'quiet nokaslr' >/tmp/deb.out 2>&1 </dev/null &
pid=$!
ok "kvmfs run --gdb listens" listening 1235
is "-S: it waits" "state paused" "$(head -n 1 "$KVM/deb/status")"
ok "gdb at its first instruction" debug start.gdb /frames.32.elf 127.0.0.1:1235
is "... of a 32-bit machine" "i386 0" "$(said start | sed 's/.*"\(i386[^"]*\)").*/\1/' | xargs)"
ok "then it boots" printed "the guest loops"
ok "gdb and Debian's kernel" debug linux.gdb /tmp/vmlinux.sym 127.0.0.1:1235
is "a breakpoint in it, by its name" "__x64_sys_newuname" \
	"$(said where | sed -n 's/^#0 .* in \([a-z0-9_]*\).*/\1/p')"
is "bt: who has called it" "do_syscall_64" \
	"$(said where | sed -n 's/^#1 .* in \([a-z0-9_]*\).*/\1/p')"
is "memory behind its page tables" "Linux version 6.12" \
	"$(said banner | grep -o 'Linux version 6\.12' | head -n 1)"
$K monitor deb quit 42
wait $pid
is "the guest ends as ever" 42 $?
[ $failures = 0 ] || sed 's/^/# /' /tmp/said /tmp/gdb.err /tmp/deb.out | tail -n 60
unload
is "the module goes" 0 $?
tap_end
