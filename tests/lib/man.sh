#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# man.sh DIR: the manual, and what other documents name. Every function of kvmfs.h has a page, with the prototype that
# the header has, and can be found by its name in DIR, where pages were installed.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../fs/tap.sh"
top=$here/../..
installed=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# a prototype a line, without any blank
sed -n 's/[ \t]//g; /^[a-z].*(.*);$/p' "$top/libkvmfs/kvmfs.h" | sort >"$tmp/header"
for page in "$top"/Documentation/man/*.3; do
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/s/^\.BI //p' "$page" | tr -d ' "\t' >"$tmp/protos"
	sed -n '/^\.SH NAME/{n;s/ \\-.*//;s/, /\n/g;p;}' "$page" | grep -v libkvmfs >"$tmp/names"
	sed 's/(.*//' "$tmp/protos" | grep -o 'kvm[a-z_]*$' | sort >"$tmp/functions"
	sort "$tmp/names" >"$tmp/sorted"
	ok "$(basename "$page"): NAME and SYNOPSIS have the same functions" \
		diff "$tmp/sorted" "$tmp/functions"
	cat "$tmp/protos" >>"$tmp/all"
	while read -r name; do
		grep -q -s "^\\.TH" "$installed/$name.3" || echo "$name" >>"$tmp/lost"
	done <"$tmp/names"
done
sort "$tmp/all" >"$tmp/pages"
ok "the header has functions" [ "$(wc -l <"$tmp/header")" -ge 40 ]
ok "the pages have all of them once, and no others" diff "$tmp/header" "$tmp/pages"
is "each is found by its name" "" "$(cat "$tmp/lost" 2>/dev/null)"
sed -n 's/(.*//; s/.*\(kvm[a-z_]*\)$/\1/p' "$tmp/header" | sort >"$tmp/functions"
sed -n 's/^\t\(kvm[a-z_]*\);$/\1/p' "$top/libkvmfs/libkvmfs.map" | sort >"$tmp/map"
ok "the library exports all of them, and no others" diff "$tmp/functions" "$tmp/map"

for page in "$top"/Documentation/man/*.[0-9]; do
	other=$(sed -n 's/^\.so man[0-9]\///p' "$page")
	if [ -n "$other" ]; then
		ok "$(basename "$page"): is $other" [ -f "$top/Documentation/man/$other" ]
		continue
	fi
	name="$(basename "$page"): groff has nothing to say"
	if command -v groff >/dev/null; then
		is "$name" "" "$(groff -man -Tutf8 -ww -z "$page" 2>&1)"
	else
		skip "$name" "there is no groff"
	fi
done

# what README points to
for name in $(grep -o '[a-z]*\.rst' "$top/README.md" | sort -u); do
	ok "README: $name" [ -e "$top/Documentation/$name" ]
done
for name in $(grep -o '[a-z_]*([1-8])' "$top/README.md" | tr '()' '. ' | sort -u); do
	ok "README: $name" [ -e "$top/Documentation/man/$name" ]
done
for name in $(grep -o 'make [a-z-]*\|check-[a-z-]*' "$top/README.md" | sed 's/make //' | sort -u); do
	ok "README: make $name" grep -q -e "^#: $name " -e "^$name:" "$top/Makefile"
done

# what documents name is in the sources
cd "$top" || exit
stale=
for name in $(grep -oh '``[a-z_>-]*()``' Documentation/*.rst | tr -d '`()' | sort -u); do
	grep -rqw -e "${name##*>}" arch fs syscalls tools libkvmfs tests || stale="$stale $name()"
done
is "functions that documents name" "" "$stale"
stale=
for name in $(grep -oh '[a-z0-9]*/[a-z0-9_/-]*\.[chS]\b' Documentation/*.rst README.md | sort -u); do
	[ -e "$name" ] || [ -n "$(find . -path ./build -prune -o -path "*/$name" -print)" ] ||
		stale="$stale $name"
done
is "sources that documents name" "" "$stale"
tap_end
