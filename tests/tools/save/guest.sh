# SPDX-License-Identifier: GPL-2.0-only
# guest.sh: what the guest of save.sh runs.
n=0
while [ $n -lt 100000 ]; do
	n=$((n + 1))
	echo "count $n"
	sleep 0.1
done
exit 42
