# SPDX-License-Identifier: GPL-2.0-only
#
# debug.sh: in the emulated host: kvmfs debug, on a machine of files.
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

load
mkdir "$KVM/one"
echo 'ram 0 64K' >"$KVM/one/memmap"
printf '\220\314\220\364' | dd of="$KVM/one/mem" bs=1 seek=4096 conv=notrunc 2>/dev/null
printf 'cs.base 0\ncs.selector 0\nrip 0x1000\n' >"$KVM/one/regs"
is "nothing is set" "step off last exit: none" "$($K debug one | xargs)"
ok "single step" $K debug one step on
ok "INT3" $K debug one int3 on
ok "a breakpoint" $K debug one break 0x1003
is "they are shown" "step on int3 on break 0x1003 last exit: none" \
	"$($K debug one | sed "s/0x0*1003/0x1003/" | xargs)"
echo 1 >"$KVM/one/run"
is "it stopped behind the first instruction" "last exit: debug" \
	"$($K debug one | grep -o '^last exit: debug')"
is "... there" 0x1001 "$($K regs one rip | sed 's/rip //')"
ok "no more steps" $K debug one step off
echo 1 >"$KVM/one/run"
is "at INT3, in front of it" "0x1001 vector 3" \
	"$($K regs one rip | sed 's/rip //') $($K debug one | grep -o 'vector 3')"
ok "clear" $K debug one clear
for wrong in "fly" "break" "break x" "step maybe" "watch 0x1000 3 w" "break 1 2"; do
	$K debug one $wrong 2>/tmp/err
	is "wrong: $wrong" "1 1" "$? $(grep -c '^kvmfs: one: Invalid argument: .' /tmp/err)"
done
is "... and nothing has changed" "step off int3 on" "$($K debug one | head -n 2 | xargs)"
$K debug nil 2>/dev/null
is "no such machine" 1 $?
rmdir "$KVM/one"
ok "the module leaves" unload
tap_end
