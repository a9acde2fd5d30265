# SPDX-License-Identifier: GPL-2.0-only
# pvh-guest.sh: what the guest in Debian's vmlinux runs.
echo "loader $(cat /proc/sys/kernel/bootloader_type)"
cat /proc/cmdline
dmesg | grep -E 'WARNING|BUG|Oops|Call Trace' | grep -v hw-vuln
exit 42
