#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# native.sh [-bochs] [-cpu MODEL] GUEST...: the guests (files) on a plain emulator, QEMU or
# Bochs, and not on kvmfs: whether a failure is ours. They have a character device there
# and nothing else of devices.h. Prints their TAP; the status is 1 if one failed.
set -u

bochs= cpu=
while :; do
	case ${1-} in
	-bochs) bochs=1; shift ;;
	-cpu) cpu=$2; shift 2 ;;
	-*) echo "native.sh: no option $1" >&2; exit 2 ;;
	*) break ;;
	esac
done
work=$(mktemp -d)
pid=
stop() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	pid=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

on_qemu() {
	timeout 300 qemu-system-x86_64 -accel tcg -cpu "${cpu:-max}" -m 64 -display none \
		-nodefaults -no-user-config -no-reboot -debugcon "file:$work/out" \
		-device isa-debug-exit,iobase=0xf4 -kernel "$1" >/dev/null 2>"$work/messages"
}

# a CD with the guest, which is a multiboot kernel
pack() {
	rm -rf "$work/cd" && mkdir "$work/cd"
	cp "$1" "$work/cd/guest"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 \
		/usr/lib/syslinux/modules/bios/libcom32.c32 \
		/usr/lib/syslinux/modules/bios/mboot.c32 "$work/cd"
	printf 'default l\nprompt 0\nlabel l\nkernel mboot.c32\nappend guest\n' \
		>"$work/cd/isolinux.cfg"
	xorriso -as mkisofs -quiet -o "$work/cd.iso" -b isolinux.bin -c boot.cat -no-emul-boot \
		-boot-load-size 4 -boot-info-table "$work/cd" >"$work/messages" 2>&1
}

# it does not end by itself: the plan is the guest's last line
on_bochs() {
	pack "$1" || return
	cat >"$work/bochsrc" <<-END
		display_library: term
		cpu: model=${cpu:-corei7_haswell_4770}, ips=50000000, reset_on_triple_fault=0
		memory: guest=64, host=64
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.stdvga.bin
		ata0-master: type=cdrom, path="$work/cd.iso", status=inserted
		boot: cdrom
		clock: sync=none
		port_e9_hack: enabled=1
		log: $work/messages
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
	echo c >"$work/commands"
	: >"$work/screen"
	TERM=xterm script -qfec "exec bochs -q -f $work/bochsrc -rc $work/commands" \
		/dev/null </dev/null >"$work/screen" 2>&1 &
	pid=$!
	for i in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		! grep -a -q '^1\.\.[0-9]' "$work/screen" || break
		sleep 1
	done
	stop
	tr -d '\r' <"$work/screen" | grep -a -E '^((not )?ok |#|1\.\.|Bail)' >"$work/out"
}

status=0
for guest; do
	echo "# native: $guest"
	: >"$work/out"
	if [ -n "$bochs" ]; then on_bochs "$guest"; else on_qemu "$guest"; fi
	cat "$work/out"
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$work/out")
	[ -n "$plan" ] && [ "$(grep -c '^ok ' "$work/out")" = "$plan" ] && continue
	echo "not ok - $guest"
	tail -n 5 "$work/messages"
	status=1
done
exit $status
