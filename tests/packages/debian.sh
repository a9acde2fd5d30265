# SPDX-License-Identifier: GPL-2.0-only
#
# debian.sh: here: `make deb`, what is in the packages, what dpkg says when they come and
# go in an empty tree, and whether the sources that they install become a module.
# tests/check-deb does it all in an emulated Debian.
. tests/fs/tap.sh

D=$BUILD/deb
R=$BUILD/tests/packages/debian
rm -rf "$R"
mkdir -p "$R"

has() {	# PACKAGE PATH
	dpkg-deb -c "$D/$1"_*.deb | awk '{ print $6 }' | grep -qx "\\.$2"
}

ok "make deb" make -s deb
for file in kvmfs-tools:/usr/bin/kvmfs kvmfs-tools:/usr/bin/kvmfs-exit \
	kvmfs-tools:/usr/bin/kvmfs-disasm kvmfs-tools:/usr/share/man/man1/kvmfs.1.gz \
	kvmfs-tools:/usr/share/man/man1/kvmfs-run.1.gz \
	kvmfs-tools:/usr/share/man/man5/kvmfs.5.gz \
	kvmfs-tools:/usr/share/bash-completion/completions/kvmfs \
	kvmfs-tools:/usr/lib/systemd/system/sys-fs-kvmfs.mount \
	kvmfs-tools:/usr/lib/udev/rules.d/70-kvmfs.rules \
	kvmfs-dkms:/usr/lib/modules-load.d/kvmfs.conf \
	libkvmfs1:/usr/lib/x86_64-linux-gnu/libkvmfs.so.1 \
	libkvmfs-dev:/usr/lib/x86_64-linux-gnu/libkvmfs.so \
	libkvmfs-dev:/usr/lib/x86_64-linux-gnu/pkgconfig/libkvmfs.pc \
	libkvmfs-dev:/usr/include/linux/kvmfs.h \
	libkvmfs-dev:/usr/share/man/man3/kvmfs_open.3.gz; do
	ok "${file%%:*}: ${file#*:}" has "${file%%:*}" "${file#*:}"
done
depends() { dpkg-deb -f "$D/$1"_*.deb Depends; }
ok "kvmfs-tools depends on libc6" sh -c "echo '$(depends kvmfs-tools)' | grep -w libc6"
ok "kvmfs-tools depends on libkvmfs1" sh -c "echo '$(depends kvmfs-tools)' | grep -w libkvmfs1"
ok "kvmfs-dkms depends on dkms" sh -c "echo '$(depends kvmfs-dkms)' | grep -w dkms"

# no upload, so neither a bug that it closes nor an address
if command -v lintian >/dev/null; then
	is "lintian has nothing to say" "" "$(lintian --allow-root --fail-on none \
		--suppress-tags initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog \
		"$D"/*.changes 2>/dev/null | grep '^[EW]:')"
else
	skip "lintian has nothing to say" "there is no lintian"
fi

# Without their dependencies and scripts, which a chroot would be needed for
there="dpkg --root=$R --force-depends --force-not-root --force-script-chrootless
	--force-unsafe-io --log=/dev/null"
mkdir -p "$R/var/lib/dpkg/info" "$R/var/lib/dpkg/updates"
: >"$R/var/lib/dpkg/status"
for d in libkvmfs1 libkvmfs-dev kvmfs-tools kvmfs-dkms; do
	ok "dpkg unpacks $d" $there --unpack "$D/$d"_*.deb
done
src=$(echo "$R"/usr/src/kvmfs-*)
is "its kvmfs runs" "usage: kvmfs COMMAND" "$(LD_LIBRARY_PATH=$R/usr/lib/x86_64-linux-gnu \
	"$R/usr/bin/kvmfs" --help | head -n 1 | cut -c -20)"

# As dkms does it: from its configuration, in a copy of the sources
dkms_tree=$R/dkms kernel_source_dir=$BUILD/kernel/6.12/headers parallel_jobs=$(nproc)
ok "the headers of a kernel" make -s "$BUILD/kernel/6.12/release"
PACKAGE_NAME=kvmfs PACKAGE_VERSION=${src##*-}
mkdir -p "$dkms_tree/kvmfs/$PACKAGE_VERSION"
cp -r "$src" "$dkms_tree/kvmfs/$PACKAGE_VERSION/build"
make0=$(sed -n 's/^MAKE\[0\]="\(.*\)"/\1/p' "$src/dkms.conf")
ok "kvmfs.ko is made of what kvmfs-dkms installs" env -u MAKEFLAGS sh -c "$(eval "echo \"$make0\"")"
ok "it is there" [ -s "$dkms_tree/kvmfs/$PACKAGE_VERSION/build/kvmfs.ko" ]
release=$(cat "$BUILD/kernel/6.12/release")
is "for that kernel" "$release" "$(modinfo -F vermagic \
	"$dkms_tree/kvmfs/$PACKAGE_VERSION/build/kvmfs.ko" | cut -d ' ' -f 1)"

rm -rf "$R/dkms"
ok "dpkg purges them" $there --purge kvmfs-dkms kvmfs-tools libkvmfs-dev libkvmfs1
is "nothing of them is left" "" "$(find "$R" ! -type d ! -path '*/var/lib/dpkg/*')"
rm -rf "$R"
tap_end
