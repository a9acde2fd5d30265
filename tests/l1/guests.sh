#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guests.sh: run the guests of guests.list in the emulated host, each plainly
# and in the variations that its line names. /l1/env may set ONLY, to some guests,
# VARY, to some variations, and MMU. tests/check-fuse runs it with a LIB of its own,
# which names the LIST, and options for all guests in RUN.
. "${LIB:-/kvmfs/lib.sh}"

# run GUEST NAME OPTION...: its own TAP becomes comments and one test of ours
run() {
	guest=$1 what=$2
	shift 2
	tests=$((tests + 1))
	timeout 900 "$G/guestrun" $RUN -d "$KVM" $nested "$@" "$G/$guest" >"$out" 2>&1
	status=$?
	passed=$(grep -c '^ok ' "$out")
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$out")
	if [ $status = 0 ] && [ "$passed" = "${plan:-0}" ]; then	# no plan: no tests
		sed -n 's/^ok [0-9]* - \(.* # SKIP .*\)/# skipped: \1/p' "$out"
		echo "ok $tests - $guest, $what ($passed tests)"
		return
	fi
	failures=$((failures + 1))
	sed 's/^/# /' "$out"
	echo "not ok $tests - $guest, $what (status $status, $passed of ${plan:-?})"
	dmesg 2>/dev/null | tail -n 5 | sed 's/^/# /'
}

vary() {
	for v in $2; do
		case " ${VARY-$v} " in
		*" $v "*) ;;
		*) continue ;;
		esac
		case $v in
		state)	run "$1" "state written back at each exit" $3 -s ;;
		timer)	run "$1" "a signal each millisecond" $3 -t ;;
		files)	run "$1" "by mkdir and the file run" $3 -f ;;
		move)	[ "$(nproc)" = 1 ] ||
				run "$1" "moved at each exit" $3 -c ;;
		esac
	done
}

nested=
[ "${MMU-}" != nested ] || nested=-w
out=$(mktemp)
load
while read -r guest rest; do
	case $guest in
	'#'* | '') continue ;;
	esac
	case " ${ONLY:-$guest} " in
	*" $guest "*) ;;
	*) continue ;;
	esac
	options=${rest%%--*}
	run "$guest" plain $options
	vary "$guest" "${rest#*--}" "$options"
done <"${LIST:-/kvmfs/guests.list}"
ok "the module leaves" unload
tap_end
