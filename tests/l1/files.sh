#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# files.sh: the suite of the file interface, in the emulated host.
. /kvmfs/lib.sh

load
sh /kvmfs/fs/run "$KVM"
status=$?
if [ -e /kvmfs/bin/library ]; then
	echo "# library"
	/kvmfs/bin/library "$KVM" || status=1
fi
echo "# mount"
sh /kvmfs/fs/mount.sh || status=1
unload || status=1
exit $status
