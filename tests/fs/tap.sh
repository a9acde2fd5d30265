# SPDX-License-Identifier: GPL-2.0-only
#
# tap.sh: the Test Anything Protocol for POSIX sh.

tests=0
failures=0
ok_out=$(mktemp)

# ok NAME COMMAND...: a test that passes if the command succeeds
ok() {
	ok_name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$ok_out" 2>&1; then
		echo "ok $tests - $ok_name"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $ok_name"
		echo "# failed: $*"
		sed 's/^/# /' "$ok_out" | head -n 20
	fi
}

# is NAME WANT GOT
is() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $1"
		printf 'wanted: %s\ngot: %s\n' "$2" "$3" | sed 's/^/# /'
	fi
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

tap_end() {
	rm -f "$ok_out"
	echo "1..$tests"
	exit $((failures > 0))
}

bail() {
	echo "Bail out! $*"
	exit 99
}
