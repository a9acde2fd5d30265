# SPDX-License-Identifier: GPL-2.0-only
#
# manual.sh: here: each command of `kvmfs --help' has a manual page, and the page all the options
# that `kvmfs COMMAND --help' tells of; what pages refer to exists; and groff has nothing to say.
. tests/fs/tap.sh

tests/l1/deps.sh man-db groff-base >&2
K=$BUILD/tools/kvmfs
M=Documentation/man

# text PAGE: plain, on one line
text() { MANWIDTH=200 man -l --nh --nj -E ascii -P cat "$1" 2>/dev/null | sed 's/.\x08//g' | tr '\n' ' '; }

# documented COMMAND
documented() {
	page=$M/kvmfs-$1.1
	[ -e "$page" ] || { echo "there is no $page"; return 1; }
	real=$(sed -n 's,^\.so man1/,,p' "$page")
	text "$M/${real:-kvmfs-$1.1}" >"$BUILD/tests/page"
	"$K" "$1" --help | grep -oE -e '(^| )--[a-z-]+' | sort -u | while read -r option; do
		grep -qe "$option\\>" "$BUILD/tests/page" || echo "$option"
	done >"$BUILD/tests/missing"
	cat "$BUILD/tests/missing"
	[ ! -s "$BUILD/tests/missing" ]
}

mkdir -p "$BUILD/tests"
commands=$("$K" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
text $M/kvmfs.1 >"$BUILD/tests/overview"
ok "there are commands" [ "$(echo "$commands" | wc -w)" -ge 16 ]
for c in $commands; do
	ok "kvmfs-$c(1) has the options of kvmfs $c --help" documented "$c"
	ok "kvmfs(1) names $c" grep -qw "$c" "$BUILD/tests/overview"
done

# referred: pages of commands and files that pages name, .BR NAME (N), and that are not there
referred() {
	sed -n 's/^\.[BI]R \(kvm[a-z_\\-]*\) (\([1258]\)).*/\1.\2/p' $M/*.[1-9] | sed 's/\\//g' |
		sort -u | while read -r page; do [ -e "$M/$page" ] || echo "$page"; done
}
is "what pages refer to exists" "" "$(referred)"
for page in $(grep -L '^\.so' $M/*.[1-9]); do
	is "groff on ${page##*/}" "" "$(man --warnings=w -E UTF-8 -l -Tutf8 "$page" 2>&1 >/dev/null)"
done
for page in $(grep -l '^\.so' $M/*.[1-9]); do
	ok "${page##*/} leads to another" [ -e "$M/$(sed -n 's,^\.so man[1-9]/,,p' "$page")" ]
done
tap_end
