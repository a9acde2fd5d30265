# SPDX-License-Identifier: GPL-2.0-only
#
# completion.bash PREFIX: ask the completion of the kvmfs that is installed there
PATH=$1/bin:$PATH
source "$1/share/bash-completion/completions/kvmfs" || exit
status=0

# offers WANT WORD...: for these words, the last of which is the one to complete
offers() {
	local want=$1
	shift
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_kvmfs 2>/dev/null
	[[ " ${COMPREPLY[*]} " != *" $want "* ]] || return 0
	echo "kvmfs ${*:2}<TAB> offers ${COMPREPLY[*]:-nothing}, without $want"
	status=1
}

tmp=$(mktemp -d)
cd "$tmp" || exit
: >kernel

# Each option of each command
for command in $(kvmfs --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
	offers "$command" kvmfs "${command%?}"
	for option in $(kvmfs "$command" --help | grep -oE -e '^ {2,6}-.*' |
			grep -oE -e '^ *(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -e '--.*'); do
		offers "$option" kvmfs "$command" "${option%?}"
	done
done
offers --help kvmfs --h
offers run kvmfs ''
offers kernel kvmfs run ker
offers kernel kvmfs run -k ''
offers kernel kvmfs run --initrd k
offers kernel kvmfs run --cpuid ke
COMP_WORDS=(kvmfs run --mem '') COMP_CWORD=3
_kvmfs
[[ ${#COMPREPLY[*]} = 0 ]] || { echo "--mem offers ${COMPREPLY[*]}"; status=1; }
rm -r "$tmp"
exit $status
