#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tutorial.sh MOUNT: Documentation/tutorial.rst as it is typed, one session.
. "$(dirname "$0")/common.sh"
. "$here/typed.sh"

doc=$here/../../Documentation/tutorial.rst
[ -e "$doc" ] || doc=$here/../tutorial.rst
mkdir "$tmp/want" "$tmp/got" "$tmp/errors"
blocks "$doc" "$tmp/want"
n=$(ls "$tmp/want" | grep -c '^[0-9]*$')
ok "the tutorial has sessions" [ "$n" -ge 20 ]
is "it begins with the mount" "# mount -t kvmfs kvmfs /sys/fs/kvmfs
# cd /sys/fs/kvmfs" "$(cat "$tmp/want/1")"
rmdir "$vm"
ls "$mount" >"$tmp/before"

# why a block cannot be typed here, or nothing
why_not() {
	case $1 in
	"") ;;
	kernel) ! on_fuse || echo "a FUSE mount has no such thing" ;;
	root)
		if on_fuse; then
			echo "a FUSE mount is that of one user"
		elif [ "$(id -u)" != 0 ] || ! grep -q '^nobody:' /etc/passwd; then
			echo "needs root, and a user nobody"
		fi
		;;
	gnu) tar --version 2>/dev/null | grep -q GNU || echo "these are not the GNU tools" ;;
	breakpoints) [ -z "$qemu" ] || echo "QEMU's VMRUN arms no debug registers" ;;
	*) echo "unknown class $1" ;;
	esac
}

mkdir "$vm"
qemu=$(on_qemu_svm && echo yes)
rmdir "$vm"

# all in one shell, which the sessions leave in the directory that they change to
all() {
	cd "$mount" || return
	umask 022
	HOME=$tmp
	i=1
	while [ $((i += 1)) -le "$n" ]; do
		class=$(cat "$tmp/want/$i.class" 2>/dev/null)
		why_not "$class" >"$tmp/want/$i.skip"
		[ ! -s "$tmp/want/$i.skip" ] || continue
		typed "$tmp/want/$i" "$tmp/got/$i" "$tmp/errors/$i"
	done
}
trap 'rmdir "$vm" "$mount/demo" "$mount/clone" 2>/dev/null; rm -rf "$tmp"' EXIT
# who waits for something that does not come is sent away
(all) &
typist=$!
(sleep 120; kill $typist) >/dev/null 2>&1 &
wait $typist
kill $! 2>/dev/null

# same N: what was printed is what the document has
same() {
	diff "$tmp/want/$1" "$tmp/got/$1" && return
	cat "$tmp/errors/$1"
	return 1
}

i=1
while [ $((i += 1)) -le "$n" ]; do
	name="$i: $(cat "$tmp/want/$i.title")"
	if [ -s "$tmp/want/$i.skip" ]; then
		skip "$name" "$(cat "$tmp/want/$i.skip")"
	else
		ok "$name" same "$i"
	fi
done
is "every class is known" "" "$(grep -h unknown "$tmp"/want/*.skip)"
ls "$mount" >"$tmp/after"
ok "it leaves nothing" diff "$tmp/before" "$tmp/after"
tap_end
