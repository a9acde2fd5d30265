#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh PART: of check-fuse, as the user who mounts. STAGE: see lib.sh
. "$STAGE/lib.sh"

# what the emulator cannot do: these use instructions that it does not know
not_here='cpu\.64|fpu\.'
guests=$(sed -nE "/^($not_here)/d; s/^([a-z]+\.[0-9]+).*/\1/p" "$LIST")

case $1 in
files)
	load
	sh "$STAGE/fs/run" "$KVM"
	status=$?
	is "nothing is left" "" "$(ls "$KVM")"
	ok "the mount ends, and the sanitizers have nothing to say" unload
	[ $status = 0 ] || failures=$((failures + 1))
	tap_end
	;;
guests)
	ONLY=$(echo $guests) VARY= LIB=$STAGE/lib.sh sh "$STAGE/guests.sh"
	;;
state)
	ONLY="real.16 tables.64" VARY=state LIB=$STAGE/lib.sh sh "$STAGE/guests.sh"
	;;
programs)	# with libkvmfs, which finds no system calls; and a shell alone
	load
	timeout 60 "$STAGE/seed" "$KVM"
	is "the session that the idea began with" 0 $?
	ok "what libkvmfs's functions write, the files take" "$STAGE/library" "$KVM"
	ok "a guest made with mkdir, dd, echo and cat" sh "$STAGE/tiny.sh" "$KVM"
	ok "the mount ends, and the sanitizers have nothing to say" unload
	tap_end
	;;
users)	# of several users, which root alone may let in
	load -o allow_other
	sh "$STAGE/fs/run" "$KVM" perms copy
	status=$?
	ok "the mount ends, and the sanitizers have nothing to say" unload
	[ $status = 0 ] || failures=$((failures + 1))
	tap_end
	;;
esac
