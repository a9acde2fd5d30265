#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kexec-files.sh KERNEL: what kexec.sh needs beside kvmfs, as the words FILE=PATH... for svm.sh
# and vmx.sh: the kernel KERNEL (6.12), kexec with its libraries, and the module
# without its debugging information, since the next kernels hash each byte.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
files=$BUILD/l1/kexec
PATH=$PATH:/usr/sbin:/sbin "$here/carry.sh" "$files" kexec
strip -g -o "$files/kvmfs.ko" "$BUILD/module-$1/kvmfs.ko"
echo "$files/bin=l1/kexec/bin" "$files/lib/x86_64-linux-gnu=lib/x86_64-linux-gnu" \
	"$files/lib64=lib64" "$BUILD/kernel/$1/vmlinuz=l1/vmlinuz" \
	"$files/kvmfs.ko=kvmfs/kvmfs.ko"
