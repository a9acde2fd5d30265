# SPDX-License-Identifier: GPL-2.0-only
#
# typed.sh: sessions in documents, run as a reader types them. In a session, "# "
# begins a command and "> " goes on with it; all else is what it prints. A command
# that fails says so by its status, which no document shows; messages on standard
# error differ between shells and tools, and are left out there as here.

# typed SESSION GOT ERRORS: in the directory and the shell that it leaves behind
typed() {
	sed 's/^/ /' "$1" >"$tmp/typing"
	echo ' # :' >>"$tmp/typing"
	typed_errors=$3
	typed_command=
	: >"$2"
	: >"$3"
	while IFS= read -r typed_line <&3; do
		case $typed_line in
		" > "*)
			typed_command="$typed_command
${typed_line# > }"
			printf '%s\n' "${typed_line# }" >>"$2"
			continue
			;;
		" # "*) ;;
		*) continue ;;
		esac
		eval "$typed_command" >>"$2" 2>>"$3" 3<&- </dev/null || echo "(status $?)" >>"$2"
		typed_command=${typed_line# # }
		printf '%s\n' "${typed_line# }" >>"$2"
	done 3<"$tmp/typing"
	sed -i '$d' "$2"	# the last command is ours
}

# blocks DOCUMENT DIR: console blocks of a reST document as DIR/1, 2, ...; DIR/N.class
# has the block's :class:, DIR/N.title the heading that it stands under
blocks() {
	awk -v dir="$2" '
	function out(line) { print line >(dir "/" n) }
	/^(---|===|~~~)/ { title = last }
	{ last = $0 }
	/^\.\. code-block:: console$/ {
		n++; inside = 1; blank = 0; class = ""
		printf "" >(dir "/" n)
		print title >(dir "/" n ".title")
		next
	}
	!inside { next }
	/^[^ ]/ { inside = 0; next }
	/^ +:class: / { print $2 >(dir "/" n ".class"); next }
	/^$/ { blank++; next }
	{
		while (started[n] && blank-- > 0)
			out("")
		started[n] = 1; blank = 0
		sub(/^    /, "")
		out($0)
	}' "$1"
}
