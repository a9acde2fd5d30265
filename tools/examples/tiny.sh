#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A virtual machine made, loaded and run with nothing but mkdir, dd, echo and
# cat. Its guest, 15 bytes of real-mode code and a text, says hello on the
# serial port and halts; this script is the serial port.
#
#   tiny.sh [MOUNT]
set -e
vm=${1:-/sys/fs/kvmfs}/tiny-$$

mkdir "$vm"
trap 'rmdir "$vm"' EXIT

# One mebibyte of memory from address 0 on
echo "ram 0 1M" >"$vm/memmap"

#  1000  be 0f 10   mov  $text, %si
#  1003  ba f8 03   mov  $0x3f8, %dx
#  1006  ac         next: lodsb
#  1007  84 c0      test %al, %al
#  1009  74 03      jz   end
#  100b  ee         out  %al, %dx
#  100c  eb f8      jmp  next
#  100e  f4         end: hlt
#  100f             text: .asciz "Hello, world\n"
printf '\276\017\020\272\370\003\254\204\300\164\003\356\353\370\364Hello, world\n\000' |
	dd of="$vm/mem" bs=1 seek=4096 conv=notrunc 2>/dev/null

# All other registers stay as a processor has them after reset
cat >"$vm/regs" <<END
cs.selector 0
cs.base 0
rip 0x1000
END

while :; do
	echo run >"$vm/run"
	read -r exit <"$vm/exit"
	case $exit in
	"io out port 0x3f8 "*)
		byte=${exit#* data }
		printf "\\$(printf %o "${byte%% *}")"
		;;
	hlt*)
		break
		;;
	*)
		echo "unexpected: $exit" >&2
		cat "$vm/status" >&2
		exit 1
		;;
	esac
done
