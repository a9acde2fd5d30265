#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vmx.sh [options] SCRIPT [FILE=PATH]...: as svm.sh, but inside an emulated Intel
# host: Bochs, which is slow and has no -kernel, so that it boots a CD of kernel
# and initramfs made here.
#
#	-kernel 6.12|6.1	the host's kernel (6.12)
#	-smp N			its processors (1)
#	-mem MB			its memory (1024)
#	-icount			nothing: instructions always are time here
#	-append WORDS		for its command line
#	-timeout SECONDS	of an attempt (600)
#	-log FILE		keeps the host's kernel log (build/l1/log/...)
#	-dirty			do not fail on complaints in the kernel log
#	-cpu MODEL		Bochs's, in place of corei7_haswell_4770
#	-debug FILE		commands for the emulator's debugger, in place of "c"
#
# BUILD names the build directory. The kernel log must hold no complaint.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/host.sh"
build=${BUILD:-$here/../../build}
kernel=6.12 smp=1 mem=1024 append= timeout=600 log= dirty= debug=
cpu=corei7_haswell_4770
# instructions a second of the emulated machine's time; what Bochs does of them
# in a second of ours does not matter
ips=50000000
while :; do
	case ${1-} in
	-kernel) kernel=$2; shift 2 ;;
	-smp) smp=$2; shift 2 ;;
	-mem) mem=$2; shift 2 ;;
	-icount) shift ;;
	-append) append=$2; shift 2 ;;
	-timeout) timeout=$2; shift 2 ;;
	-log) log=$2; shift 2 ;;
	-dirty) dirty=1; shift ;;
	-cpu) cpu=$2; shift 2 ;;
	-debug) debug=$2; shift 2 ;;
	-*) echo "vmx.sh: no option $1" >&2; exit 2 ;;
	*) break ;;
	esac
done
script=$1
shift

mkdir -p "$build/l1/log"
work=$(mktemp -d "$build/l1/run.XXXXXX")
pid= reader=
stop() {
	[ -z "$pid$reader" ] || kill -9 $pid $reader 2>/dev/null || :
	pid= reader=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
log=${log:-$build/l1/log/vmx-$(basename "$script" .sh)-$kernel-$smp.log}

# the CD: isolinux, the kernel, the initramfs with SCRIPT and FILEs laid over it
pack() {
	mkdir -p "$work/add/l1" "$work/cd"
	# the serial lines take their time here: set the speed, wait for the end
	cat >"$work/add/l1/script" <<-END
		stty -F /dev/ttyS1 115200
		sh /l1/script.sh
		status=\$?
		stty -F /dev/ttyS1 115200
		exit \$status
	END
	archive script.sh "$@" >"$work/cd/initrd"
	cp "$build/kernel/$kernel/vmlinuz" "$work/cd/vmlinuz"
	cp /usr/lib/ISOLINUX/isolinux.bin \
		/usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/cd/"
	cat >"$work/cd/isolinux.cfg" <<-END
		default l1
		prompt 0
		label l1
		kernel vmlinuz
		append initrd=initrd console=ttyS0,115200 panic=-1 loglevel=7 no_timer_check $append
	END
	xorriso -as mkisofs -quiet -o "$work/cd.iso" -b isolinux.bin -c boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$work/cd" \
		>"$work/xorriso" 2>&1 || { cat "$work/xorriso" >&2; exit 1; }
	rm -rf "$work/cd" "$work/add"
}

config() {
	cat <<-END
		display_library: term
		cpu: model=$cpu, count=$smp, ips=$ips, reset_on_triple_fault=0
		memory: guest=$mem, host=$mem
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.stdvga.bin
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=cdrom, path="$work/cd.iso", status=inserted
		boot: cdrom
		clock: sync=none
		com1: enabled=1, mode=file, dev="$log"
		com2: enabled=1, mode=file, dev="$work/out"
		log: $work/bochs
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

# read_screen: Bochs draws the emulated screen on a terminal of its own making, and
# stops for good when that is full, which is after some minutes of a blinking cursor
read_screen() {
	tty=$(tr -d '\r' <"$work/screen" | sed -n 's/^Bochs connected to screen "\(.*\)"$/\1/p')
	[ -c "$tty" ] || return 0
	cat "$tty" >/dev/null 2>&1 &
	reader=$!
}

# Bochs wants a terminal even where nobody looks. It ends itself when the host
# powers off or panics; whoever waits looks for the end line too.
boot() {
	: >"$work/out"
	: >"$log"
	: >"$work/screen"
	config >"$work/bochsrc"
	echo c >"$work/commands"
	cat ${debug:+"$debug"} "$work/commands" >"$work/debug"
	TERM=xterm script -qec "exec bochs -q -f $work/bochsrc -rc $work/debug" \
		/dev/null </dev/null >"$work/screen" 2>&1 &
	pid=$!
	end=$(($(date +%s) + timeout))
	while kill -0 "$pid" 2>/dev/null && [ "$(date +%s)" -lt "$end" ]; do
		! finished || break
		! grep -q -a 'end Kernel panic' "$log" || break
		[ -n "$reader" ] || read_screen
		sleep 1
	done
	stop
}

pack "$@"
boot
output
verdict "$work/bochs"
