#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# several.sh: the scripts /l1/several/* one after the other, in one boot of the
# emulated host, where that is slow.
status=0
for script in /l1/several/*; do
	echo "# $script"
	sh "$script" || status=1
done
exit $status
