#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# regions.sh: in the emulated host: memory that a process lends to its VM, while the
# kernel swaps it, merges it and takes it away.
. /kvmfs/lib.sh

swap_on >/dev/null
load
timeout 100 "$G/test-regions" "$KVM" >/tmp/c.tap 2>&1
status=$?
grep '^#' /tmp/c.tap
while read -r line; do
	case $line in
	'ok '*) ok "${line#*- }" true ;;
	'not ok '*) ok "${line#*- }" false ;;
	esac
done </tmp/c.tap
is "test-regions ends well" 0 "$status"
ok "the module leaves" unload
ok "the kernel has nothing to complain of" quiet
tap_end
