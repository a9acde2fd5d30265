# SPDX-License-Identifier: GPL-2.0-only
# boot-guest.sh: what the guest of boot.sh runs.
uname -a
grep 'model name' /proc/cpuinfo
head -n 1 /proc/meminfo
echo "PCIDs: $(grep -m 1 ^flags /proc/cpuinfo | tr ' ' '\n' | grep -x pcid)"
dmesg | grep -E 'WARNING|BUG|Oops|Call Trace' | grep -v hw-vuln
dd if=/dev/urandom of=/tmp/a bs=65536 count=64 2>/dev/null
cp /tmp/a /tmp/b && cmp /tmp/a /tmp/b || exit 1
for i in 1 2 3 4 5 6 7 8 9 10; do sh -c : || exit 2; done
echo the end
exit 42
