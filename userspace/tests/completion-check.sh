#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/completion-check.sh BUILD
#
# What the shell offers.  Mailboxes come from a pretended mbx, as there is no
# module here.

build=$1
# shellcheck source=tap.sh
. tests/tap.sh

# shellcheck disable=SC2317 # completed
mbx_of_mine() { :; }
mbx() {
	case "$*" in
	"ls --raw --noheadings -o name") printf '%s\n' jobs joy - other ;;
	*) "$build/mbx" "$@" ;;
	esac
}
# shellcheck source=../completion/mbx
. completion/mbx

# offers WORDS... : what is offered for the last one
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_mbx 2>/dev/null
	echo "${COMPREPLY[*]}"
}

expect() {
	local expected=$1 is
	shift
	is=$(offers "$@")
	echo "$is"
	[ "$is" = "$expected" ]
}

check "verbs" expect "rm recv" mbx r
check "actions" expect "freeze" mbx admin jobs f
check "verbs with mailboxes" expect "jobs joy" mbx dump jo
check "options of load" expect "--skip" mbx load jobs --s
check "options of the tool" expect "--help --version" mbx --
check "options of a verb" expect "--timestamp" mbx create b --ti
check "mailboxes" expect "jobs joy" mbx send jo
check "one's own mailbox" expect "@self" mbx recv @s
check "one's own to administer" expect "@self" mbx admin @s
check "columns" expect "senders sender_pids sent" mbx ls -o sen
check "the next column" expect "id,name" mbx ls -o id,na
check "capacities" expect "unbounded" mbx create b --capacity u
check "what to do if full" expect "drop-oldest drop-newest defer" mbx send b --full d
check "scenes" expect "hello" mbx demo he
check "mailboxes for dead letters" expect "jobs joy" mbx create b --dead-letter j
check "no mailbox for an id" expect "" mbx send b --id j
check "no mailbox for a depth" expect "" mbx wait --high j
check "no mailbox for a type" expect "" mbx recv --type j
check "priorities" expect "3 30 31" mbx send b --priority 3
check "processes" expect "$$" mbx recv b --pid $$
check "conditions" expect "--min-priority" mbx peek b --mi
check "mailboxes to call" expect "jobs joy" mbx call jo
check "commands that serve" expect "mbx_of_mine" mbx serve b --exec mbx_of_m
check "files to be sent along" expect "completion/mbx" mbx call b x --fd completion/m
check "files" expect "completion/mbx" mbx send b --file completion/m
finish
