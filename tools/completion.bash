# SPDX-License-Identifier: GPL-2.0-only
# bash completion for kvmfs(1). Commands and options are those that --help tells of, so
# that it knows whatever the installed kvmfs does.

# _kvmfs_options HELP: a line for each option: its name and what value it takes, as FILE
_kvmfs_options() {
	awk '/^ *-/ {
		n = 0
		for (i = 1; $i ~ /^-/; i++) {
			sub(/[,=[].*/, "", $i)
			names[n++] = $i
		}
		value = match($i, /^[A-Z]+/) ? substr($i, 1, RLENGTH) : "-"
		while (n)
			print names[--n], value
	}' <<<"$1"
}

_kvmfs_vms() {
	compgen -W "$(kvmfs list 2>/dev/null)" -- "$1"
	# a path to one, or a vCPU of one
	[[ $1 != */* ]] || compgen -d -- "$1"
}

# _kvmfs_registers VM: "rax 0x..." a line
_kvmfs_registers() {
	kvmfs regs "$1" 2>/dev/null | cut -d ' ' -f 1
}

_kvmfs() {
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} options words value
	local last=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="--help $(kvmfs --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	options=$(_kvmfs_options "$(kvmfs "$command" --help 2>/dev/null)")
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options//[A-Z]/}" -- "$cur" | grep -v '^-$')
		return
	fi
	value=$(awk -v name="$last" '$1 == name { print $2 }' <<<"$options")
	# what is no option's value
	if [[ -z $value || $value == - ]]; then
		value=VM
		[[ $command != run ]] || value=FILE
		[[ $command != regs || $COMP_CWORD == 2 ]] || value=NAME
	fi
	case $value in
	FILE | KERNEL | IMAGE | PATH | DIR | SOCKET | MOUNT)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	VM)
		mapfile -t COMPREPLY < <(_kvmfs_vms "$cur")
		;;
	NAME)
		[[ $command != regs ]] || mapfile -t COMPREPLY < <(compgen -W \
			"$(_kvmfs_registers "${COMP_WORDS[2]}")" -- "$cur")
		;;
	esac
}
complete -F _kvmfs kvmfs
