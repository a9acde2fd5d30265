#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# perms.sh MOUNT: permissions of single files. Needs root and a user nobody.
. "$(dirname "$0")/common.sh"

if [ "$(id -u)" != 0 ]; then
	skip "permissions" "not root"
	tap_end
fi
grep -q '^nobody:' /etc/passwd 2>/dev/null || {
	mkdir -p /etc
	echo 'root:x:0:0::/:/bin/sh' >>/etc/passwd
	echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
	echo 'nogroup:x:65534:' >>/etc/group
}

nobody() {
	su nobody -s /bin/sh -c "$1"
}

for f in mem memmap regs fpregs msrs cpuid events irq debug dirty; do
	is "$f is its owner's alone" 600 "$(stat -c %a "$vm/$f")"
done
is "run is written by its owner" 600 "$(stat -c %a "$vm/run" | sed s/200/600/)"
chmod 755 "$vm"
ok "nobody cannot read regs" refused nobody "cat '$vm/regs'"
ok "nobody cannot run it" refused nobody "echo run >'$vm/run'"
ok "chmod of stat" chmod 444 "$vm/stat"
is "is kept" 444 "$(stat -c %a "$vm/stat")"
ok "nobody reads stat" nobody "cat '$vm/stat'"
ok "and nothing else" refused nobody "cat '$vm/mem'"
ok "nobody changes no mode" refused nobody "chmod 666 '$vm/stat'"
ok "and no owner" refused nobody "chown nobody '$vm/stat'"
ok "and no time" refused nobody "touch -c -t 200001010000 '$vm/stat'"
is "nobody learns no size" 0 "$(nobody "stat -c %s '$vm/msrs'")"
ok "which is not 0" [ "$(stat -c %s "$vm/msrs")" -gt 0 ]
ok "chown of regs" chown nobody "$vm/regs"
ok "nobody writes regs" nobody "echo rax 1 >'$vm/regs'"
ok "chmod of the directory" chmod 700 "$vm"
ok "closes it" refused nobody "cat '$vm/stat'"
ok "nobody makes no VM here" refused nobody "mkdir '$mount/theirs'"
ok "nobody removes none" refused nobody "rmdir '$vm'"

# whoever owns a VM can copy it away and back
old=$(stat -c %a "$mount")
chmod 777 "$mount" "$tmp"
ok "who may write the root makes a VM" nobody "mkdir '$mount/theirs'"
ok "has it run" nobody "cd '$mount/theirs' && truncate -s 64K mem && echo rax 7 >regs"
ok "copies it away" nobody "cp -r '$mount/theirs' '$tmp/theirs'"
ok "removes it" nobody "rmdir '$mount/theirs'"
ok "and makes another one" nobody "mkdir '$mount/theirs'"
ok "of the copy" nobody "cp -rf '$tmp/theirs/.' '$mount/theirs/'"
is "as it was" 0x0000000000000007 "$(sed -n 's/^rax //p' "$mount/theirs/regs")"
nobody "rmdir '$mount/theirs'"
chmod "$old" "$mount"
tap_end
