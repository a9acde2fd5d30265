#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# carry.sh DIR PROGRAM...: put programs of this machine and the libraries that they
# need into DIR/bin, DIR/lib and DIR/lib64, to be laid over the emulated host's file
# system.
set -eu

dir=$1
shift
rm -rf "$dir"
mkdir -p "$dir/bin" "$dir/lib" "$dir/lib64"
for name; do
	path=$(command -v "$name")
	cp -L "$path" "$dir/bin/$name"
	# "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)", and the loader alone
	ldd "$path" | sed -n -e 's/.*=> \(\/[^ ]*\) .*/\1/p' -e 's/^[ \t]*\(\/[^ ]*\) (.*/\1/p'
done | sort -u | while read -r lib; do
	case $lib in
	*/ld-linux*) cp -L "$lib" "$dir/lib64/" ;;
	*) mkdir -p "$dir/lib/x86_64-linux-gnu" && cp -L "$lib" "$dir/lib/x86_64-linux-gnu/" ;;
	esac
done
