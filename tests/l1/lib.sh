# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh: for scripts that run in the emulated host (busybox sh): TAP, and
# kvmfs.ko loaded and mounted on $KVM.

KVM=${KVM:-/sys/fs/kvmfs}
G=/kvmfs/guest
tests=0
failures=0

# ok NAME COMMAND...: a test that passes if the command succeeds
ok() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >/tmp/ok.out 2>&1; then
		echo "ok $tests - $name"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $name"
		echo "# failed: $*"
		sed 's/^/# /' /tmp/ok.out | head -n 20
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
	echo "1..$tests"
	exit $((failures > 0))
}

bail() {
	echo "Bail out! $*"
	exit 99
}

load() {
	insmod /kvmfs/kvmfs.ko || bail "kvmfs.ko does not load"
	mount -t kvmfs "$@" kvmfs "$KVM" || bail "kvmfs does not mount"
}

unload() {
	umount "$KVM" && rmmod kvmfs
}
