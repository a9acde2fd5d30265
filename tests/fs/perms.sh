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

for f in mem memmap regs fpregs msrs cpuid irq debug; do
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
ok "chown of regs" chown nobody "$vm/regs"
ok "nobody writes regs" nobody "echo rax 1 >'$vm/regs'"
ok "chmod of the directory" chmod 700 "$vm"
ok "closes it" refused nobody "cat '$vm/stat'"
ok "nobody makes no VM here" refused nobody "mkdir '$mount/theirs'"
ok "nobody removes none" refused nobody "rmdir '$vm'"
tap_end
