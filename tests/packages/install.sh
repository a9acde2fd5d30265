# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh: here: what `make install` installs, whether it can be used from there, and
# whether `make uninstall` leaves anything.
. tests/fs/tap.sh

D=$BUILD/tests/packages/install
P=$D/opt/kvmfs
rm -rf "$D"
mkdir -p "$D/opt/kvmfs/bin"
echo mine >"$P/bin/other"

into() { make -s "$1" PREFIX=/opt/kvmfs DESTDIR="$D"; }

ok "make install-user" into install-user
for file in bin/kvmfs bin/kvmfs-exit bin/kvmfs-disasm \
	lib/libkvmfs.so lib/libkvmfs.so.1 lib/libkvmfs.a \
	lib/pkgconfig/libkvmfs.pc include/kvmfs.h include/linux/kvmfs.h \
	share/man/man1/kvmfs.1 share/man/man1/kvmfs-run.1 \
	share/man/man2/kvm_run.2 share/man/man3/kvmfs_open.3 \
	share/man/man5/kvmfs.5 share/bash-completion/completions/kvmfs \
	lib/udev/rules.d/70-kvmfs.rules lib/systemd/system/sys-fs-kvmfs.mount \
	lib/sysusers.d/kvmfs.conf; do
	ok "$file" [ -s "$P/$file" ]
done
is "no path of where it was staged is in a text" "" \
	"$(grep -rIl -e "$D" -e "$BUILD" "$D" | grep -v '\.a$')"
is "links lead to files there" "" "$(find "$D" -xtype l)"

# a program with the shared library, as pkg-config says
pkg() {
	PKG_CONFIG_PATH=$P/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$D pkg-config "$@" libkvmfs
}
is "pkg-config: the version is that of the Makefile" \
	"$(sed -n 's/^VERSION.*:= *//p' Makefile)" "$(pkg --modversion)"
# shellcheck disable=SC2046 # flags are words
ok "a program is compiled and linked" gcc -o "$D/library" tests/lib/library.c \
	$(pkg --cflags --libs)
LD_LIBRARY_PATH=$P/lib "$D/library" >"$D/tap" 2>&1
is "it runs with the shared library" 0 "$?"
rm -f "$D/library" "$D/tap"

if command -v systemd-analyze >/dev/null; then
	ok "systemd takes the unit" systemd-analyze verify --man=no \
		"$P/lib/systemd/system/sys-fs-kvmfs.mount"
else
	skip "systemd takes the unit" "there is no systemd-analyze"
fi
ok "bash completion" bash tests/packages/completion.bash "$P"

ok "make uninstall" into uninstall
is "leaves what is not ours, and nothing else" "$P/bin/other" "$(find "$D" ! -type d)"
rm -rf "$D"
tap_end
