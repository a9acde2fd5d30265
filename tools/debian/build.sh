#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh DIR: the Debian packages, in DIR. They are built from a copy of the sources
# below it, which has this directory as debian/.
set -eu

dir=$1
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^VERSION.*:= *//p' Makefile)
tree=$dir/kvmfs-$version
rm -rf "$dir"
mkdir -p "$tree"
cp -r Makefile Kbuild COPYING README.md fs arch syscalls libkvmfs tools Documentation "$tree"
mv "$tree/tools/debian" "$tree/debian"
rm "$tree/debian/build.sh"
cd "$tree"
# What our own make was told is not for theirs
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD PREFIX VERSION DESTDIR
DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -us -uc >"$dir/log" 2>&1 || {
	tail -n 30 "$dir/log" >&2
	echo "tools/debian/build.sh: dpkg-buildpackage failed, see $dir/log" >&2
	exit 1
}
rm -rf "$tree"
ls "$dir"/*.deb
