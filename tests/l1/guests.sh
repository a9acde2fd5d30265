#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guests.sh: run the guests of guests.list in the emulated host, each plainly
# and in the variations that its line names. /l1/env may set ONLY, to some guests,
# and VARY, to some variations.
. /kvmfs/lib.sh
[ ! -e /l1/env ] || . /l1/env

# run GUEST NAME OPTION...: its own TAP becomes comments and one test of ours
run() {
	guest=$1 what=$2
	shift 2
	tests=$((tests + 1))
	timeout 100 "$G/guestrun" -d "$KVM" "$@" "$G/$guest" >/tmp/tap 2>&1
	status=$?
	passed=$(grep -c '^ok ' /tmp/tap)
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' /tmp/tap)
	if [ $status = 0 ] && [ "$passed" = "${plan:-0}" ]; then	# no plan: no tests
		sed -n 's/^ok [0-9]* - \(.* # SKIP .*\)/# skipped: \1/p' /tmp/tap
		echo "ok $tests - $guest, $what ($passed tests)"
		return
	fi
	failures=$((failures + 1))
	sed 's/^/# /' /tmp/tap
	echo "not ok $tests - $guest, $what (status $status, $passed of ${plan:-?})"
	dmesg | tail -n 5 | sed 's/^/# /'
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
done </kvmfs/guests.list
ok "the module leaves" unload
tap_end
