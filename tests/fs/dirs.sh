#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dirs.sh MOUNT: directories and names.
. "$(dirname "$0")/common.sh"

files="capabilities cpuid ctl debug dirty events exit fpregs irq mem memmap msrs regs run
	stat status"

for f in $files; do
	ok "$f is a file" [ -f "$vm/$f" ]
done
is "cpu0 is a link to ." . "$(readlink "$vm/cpu0")"
ok "and leads to regs" [ -f "$vm/cpu0/regs" ]
for f in $files; do
	ok "ls shows $f" sh -c "ls '$vm' | grep -q '^$f\$'"
done
is "every name is listed once" "" "$(ls "$vm" | sort | uniq -d)"

ok "no file can be made" refused touch "$vm/new"
ok "no file can be removed" refused rm -f "$vm/regs"
ok "no file can be renamed" refused mv "$vm/regs" "$vm/registers"
ok "no link can be made" refused ln "$vm/regs" "$vm/link"
ok "nor a symbolic one" refused ln -s regs "$vm/link"
ok "no file in the root" refused touch "$mount/file"
ok "no link in the root" refused ln -s suite "$mount/link"
ok "a VM cannot be renamed" refused mv "$vm" "$mount/other"
ok "all files are still there" [ -f "$vm/regs" ]

ok "a name that is taken" refused mkdir "$vm"
ok "a second VM" mkdir "$mount/second"
ok "is listed" sh -c "ls '$mount' | grep -q '^second\$'"
ok "and has its own state" [ -f "$mount/second/mem" ]
ok "rmdir takes it with its files" rmdir "$mount/second"
ok "it is gone" [ ! -e "$mount/second" ]
ok "rmdir of what is not there" refused rmdir "$mount/second"
ok "a name can be used again" mkdir "$mount/second"
rmdir "$mount/second"
long=$(printf '%0255d' 7)
ok "a name of 255 bytes" mkdir "$mount/$long"
ok "is removed" rmdir "$mount/$long"
ok "a name of 256 bytes is refused" refused mkdir "$mount/x$long"

# an open file keeps the object, not the name
mkdir "$mount/second"
exec 7<"$mount/second/regs"
ok "rmdir of a VM with an open file" rmdir "$mount/second"
ok "its name is gone" [ ! -e "$mount/second" ]
exec 7<&-

is "links of the root" "$(($(ls "$mount" | wc -l) + 2))" "$(stat -c %h "$mount")"
tap_end
