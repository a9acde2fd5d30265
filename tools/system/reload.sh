#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# reload.sh DESTDIR: after files were installed or removed in DESTDIR, tell those of the
# running system who read them, where there are any.
[ -z "$1" ] || exit 0

[ "$(id -u)" = 0 ] || exit 0
ldconfig
[ ! -d /run/systemd/system ] || {
	systemd-sysusers kvmfs.conf 2>/dev/null
	systemctl daemon-reload
}
[ ! -S /run/udev/control ] || udevadm control --reload
exit 0
