# SPDX-License-Identifier: GPL-2.0-only
# guest.sh: what the guest of gdb.sh runs: one system call again and again.
echo the guest loops
while :; do
	uname >/dev/null
done
