# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh: as tests/l1/lib.sh, for scripts that run beside kvmfs-fuse. $STAGE holds
# the program, the guests and tests/fs, for a user who need not be able to read
# the tree; the mount is there as well. `load` mounts, `unload` looks at what the
# sanitizers have found.
KVM=$STAGE/mnt
G=$STAGE/guest
LIST=$STAGE/guests.list
RUN=-f		# a FUSE mount has no system calls
. "$STAGE/fs/tap.sh"

# load [OPTION...]: of kvmfs-fuse
load() {
	mkdir -p "$KVM"
	rm -f "$STAGE/status"
	("$STAGE/kvmfs-fuse" -f "$@" "$KVM" >"$STAGE/log" 2>&1; echo $? >"$STAGE/status") &
	for i in 1 2 3 4 5 6 7 8 9 10; do
		! grep -q " $KVM fuse.kvmfs " /proc/mounts || return 0
		[ ! -e "$STAGE/status" ] || break
		sleep 0.3
	done
	sed 's/^/# /' "$STAGE/log"
	bail "kvmfs-fuse does not mount"
}

unload() {
	fusermount3 -u "$KVM" || return 1
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -e "$STAGE/status" ] || break
		sleep 0.5
	done
	cat "$STAGE/log"
	[ "$(cat "$STAGE/status")" = 0 ]
}
