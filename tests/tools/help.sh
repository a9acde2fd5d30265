# SPDX-License-Identifier: GPL-2.0-only
#
# help.sh: in the emulated host: what the command says to those who do not know it yet,
# and to those who got it wrong.
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

# refuses STATUS TEXT COMMAND...: one line on stderr that has TEXT, nothing on stdout
refuses() {
	want=$1 text=$2
	shift 2
	"$@" >/tmp/out 2>/tmp/err </dev/null
	got=$?
	cat /tmp/err
	[ $got = "$want" ] || { echo "status $got"; return 1; }
	[ ! -s /tmp/out ] && [ "$(wc -l </tmp/err)" = 1 ] && grep -qF -e "$text" /tmp/err
}

# teaches COMMAND: usage on stdout, and nothing on stderr
teaches() {
	$K "$1" --help >/tmp/out 2>/tmp/err || return 1
	[ ! -s /tmp/err ] && head -n 1 /tmp/out | grep "^usage: kvmfs $1 " &&
		grep -q -e --help /tmp/out && tail -n 1 /tmp/out | grep -x "See also kvmfs-$1(1)." && [ -z "$(awk 'length > 80' /tmp/out)" ]
}

$K --help >/tmp/help 2>/tmp/err
is "kvmfs --help" "0 0" "$? $(wc -c </tmp/err)"
commands=$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' /tmp/help)
ok "it lists commands" [ "$(echo "$commands" | wc -w)" -ge 6 ]
for c in $commands; do
	ok "kvmfs $c --help" teaches "$c"
	ok "kvmfs $c with an option that does not exist" \
		refuses 2 --no-such-option: $K "$c" --no-such-option
done
ok "a command that does not exist" refuses 2 "brun: no such command" $K brun

load
ok "mounted, there is nothing to list" [ -z "$($K list)" ]
ok "a VM that does not exist is named" refuses 1 "$KVM/nil: there is no such" $K stat nil
ok "run: a kernel that does not exist is named" \
	refuses 1 "/nil: No such file" $K run -k /nil
ok "run: the option's value is named" refuses 2 "1Q: not a size" $K run -m 1Q -k /nil
ok "run: an option without its value" refuses 2 "-m wants a value" $K run -m
ok "run: a value that no one wants" refuses 2 "--verbose=2: no value" $K run --verbose=2
unload
tap_end
