#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# debug-kernel.sh DIR: build the kernel of the debug host, from Debian's
# linux-source-6.12 and debug-kernel.config, and describe it in DIR as kernel.sh
# does: release, headers, vmlinuz, config, modules.
#
# The build takes 16 minutes on two processors, so it is kept outside the source, in
# $XDG_CACHE_HOME/kvmfs or ~/.cache/kvmfs, under a name made of the source's version and
# the configuration: each is built once on a machine.
set -eu
PATH=$PATH:/usr/sbin:/sbin

dir=$1
here=$(cd "$(dirname "$0")" && pwd)
fragment=$here/debug-kernel.config
package=linux-source-6.12

die() { echo "debug-kernel.sh: $*" >&2; exit 1; }

# configure: in the source; what the fragment asks for and Kconfig does not grant is an error
configure() {
	KCONFIG_ALLCONFIG=$fragment make -s allnoconfig
	grep -E '^(CONFIG_|# CONFIG_.* is not set)' "$fragment" | while read -r line; do
		case $line in
		'#'*) ! grep -q "^${line#\# }" .config || echo "$line" ;;
		*) grep -qxF "$line" .config || echo "$line" ;;
		esac
	done | sed 's/ is not set$/=n/' >refused
	[ ! -s refused ] || die "Kconfig refuses $(tr '\n' ' ' <refused)"
}

# compile TREE: unpack there and build
compile() {
	rm -rf "$1"
	mkdir -p "$1"
	echo "debug-kernel.sh: building the debug kernel in $1, which takes a while" >&2
	tar -C "$1" --strip-components=1 --exclude='*/drivers/gpu/drm/*.[ch]' \
		-xf "/usr/src/$package.tar.xz"
	cd "$1"
	configure
	make -s -j"$(nproc)" bzImage modules
	make -s INSTALL_MOD_PATH=root modules_install
	find . -name '*.o' ! -path './scripts/*' ! -path './tools/*' -delete
	rm -f vmlinux .tmp_vmlinux*
	make -s kernelrelease >release
}

"$here/deps.sh"
version=$(dpkg-query -W -f '${Version}' $package)
cache=${XDG_CACHE_HOME:-${HOME:-$dir}/.cache}/kvmfs
tree=$cache/debug-$version-$(cksum <"$fragment" | cut -d ' ' -f 1)
mkdir -p "$cache" "$dir"
(
	# the lock goes with the subshell
	flock 9
	[ -s "$tree/release" ] || (unset MAKEFLAGS MFLAGS MAKELEVEL; compile "$tree") >&2
) 9>"$cache/debug.lock"

release=$(cat "$tree/release")
ln -sfn "$tree" "$dir/headers"
ln -sfn "$tree/arch/x86/boot/bzImage" "$dir/vmlinuz"
ln -sfn "$tree/.config" "$dir/config"
ln -sfn "$tree/root/lib/modules/$release" "$dir/modules"
echo "$release" >"$dir/release"
