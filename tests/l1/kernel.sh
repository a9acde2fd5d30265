#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh SERIES DIR: find Debian's newest SERIES (6.12, 6.1) cloud kernel and
# describe it in DIR:
#
#	release		its name, as uname -r prints it
#	headers		-> what to give to make -C for building modules
#	vmlinuz config	-> the image that the emulated host (and a guest) boots
#	modules		-> its /lib/modules directory, with modules.dep
#
# What is installed is used as it stands. The rest is downloaded and unpacked
# into DIR/root: installing a kernel package would change what this machine
# boots.
set -eu
PATH=$PATH:/usr/sbin:/sbin

series=$1 dir=$2 flavour=cloud-amd64
root=$dir/root
here=$(dirname "$0")

die() { echo "kernel.sh: $*" >&2; exit 1; }

installed() {
	for d in /usr/src/linux-headers-"$series"[.-]*-$flavour; do
		[ ! -e "$d/.config" ] || echo "${d#/usr/src/linux-headers-}"
	done | sort -V | tail -n 1
}

offered() {
	re="^linux-headers-$(echo "$series" | sed 's/\./\\./')[.-].*[0-9].*-$flavour\$"
	apt-cache search --names-only "$re" | cut -d ' ' -f 1 |
		sed 's/^linux-headers-//' | grep -v -e -rt- | sort -V | tail -n 1
}

# unpack PACKAGE...: into $root, from the archive
unpack() {
	mkdir -p "$root" "$dir/deb"
	for p; do
		echo "kernel.sh: fetching $p" >&2
		(cd "$dir/deb" && rm -f "${p}"_*.deb &&
			apt-get -q -o APT::Sandbox::User=root download "$p") \
			>"$dir/apt.log" 2>&1 || return 1
		dpkg-deb -x "$dir/deb/${p}"_*.deb "$root" || return 1
	done
}

# kbuild PACKAGE: the linux-kbuild package that these headers depend on
kbuild() {
	apt-cache depends "$1" | sed -n 's/.*Depends: \(linux-kbuild-.*\)/\1/p'
}

get_headers() {
	src=usr/src/linux-headers-$release
	common=linux-headers-${release%-$flavour}-common
	unpack "linux-headers-$release" "$common" \
		"$(kbuild "linux-headers-$release")" || return 1
	echo "include $root/usr/src/$common/Makefile" >"$root/$src/Makefile"
	headers=$root/$src
}

get_image() {
	boot=/boot mods=/lib/modules/$release
	if [ -r "$boot/vmlinuz-$release" ] && [ -e "$mods/modules.dep" ]; then
		return 0
	fi
	unpack "linux-image-$release" || return 1
	boot=$root/boot mods=$root/lib/modules/$release
	[ -d "$mods" ] || mods=$root/usr/lib/modules/$release
	mkdir -p "$root/lib/modules"
	depmod -b "${mods%/lib/modules/*}" "$release"
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd) root=$dir/root
release=$(installed)
headers=/usr/src/linux-headers-$release
if [ -z "$release" ] || ! get_image; then
	release=$(offered)
	[ -n "$release" ] || die "the archive offers no kernel $series"
	get_headers || die "cannot fetch the headers: $(cat "$dir/apt.log")"
	get_image || die "cannot fetch the image: $(cat "$dir/apt.log")"
fi
rm -rf "$dir/deb"

ln -sfn "$headers" "$dir/headers"
ln -sfn "$boot/vmlinuz-$release" "$dir/vmlinuz"
ln -sfn "$boot/config-$release" "$dir/config"
ln -sfn "$mods" "$dir/modules"
echo "$release" >"$dir/release"
