#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deps.sh [PACKAGE...]: install the Debian packages that building and testing
# need, and those given.
# Says nothing and does nothing where they are all there. Never installs a
# kernel: kernel.sh unpacks those below build/.
set -eu

packages="make gcc gcc-12 g++ libc6-dev binutils bc flex bison libelf-dev kmod
	xz-utils cpio patch sparse clang qemu-system-x86 busybox-static
	libslirp-dev libzydis-dev libunicorn-dev libclang-rt-dev pkg-config
	linux-source-6.12"

missing=
for p in $packages "$@"; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	"install ok installed") ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps.sh: not root and no sudo; please install:$missing" >&2
		exit 1
	}
	root=sudo
fi
apt() { $root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }

echo "deps.sh: installing$missing" >&2
for try in 1 2 3; do
	if apt update && apt install -y --no-install-recommends $missing; then
		exit 0
	fi
	sleep $((try * 5))
done >&2
echo "deps.sh: could not install:$missing" >&2
exit 1
