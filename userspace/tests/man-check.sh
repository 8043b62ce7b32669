#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/man-check.sh BUILD
#
# Manual pages are well formed; mbx.1 and --help name the same verbs, arguments
# and options; columns and exit statuses in the manual are those of the code.

build=$1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tap.sh
. tests/tap.sh
mbx() { "$build/mbx" "$@"; }

lint() { ! mandoc -T lint -W warning "$1" | grep .; }

# The part of mbx.1 about a verb, from its heading to the next.
section() {
	awk -v verb="$1" '/^#/ { inside = $0 ~ "^## mbx " verb " " } inside' man/mbx.1.scd
}

options_in_man() {
	section "$1" | grep '^\*-' | grep -oE -- '\*--?[a-zA-Z0-9-]+\*' | tr -d '*'
}

options_in_help() {
	mbx "$1" --help | sed -n '/^Options:/,/^$/p' | grep -oE '^ +(-[a-zA-Z0-9], )?--[a-z-]+' |
		grep -oE -- '--?[a-zA-Z0-9-]+' | grep -vx -e -h -e --help
}

same_options() {
	diff <(options_in_help "$1" | sort) <(options_in_man "$1" | sort)
}

same_usage() {
	diff <(mbx "$1" --help | sed -n '1s/^Usage: //p') <(section "$1" | sed -n '1s/^## //p')
}

columns() {
	"$build/mbx" "$@" -o '' 2>&1 | sed 's/.* among all,\(.*\);.*/\1/' | tr ',' '\n'
}

columns_in_man() {
	awk -v title="$1" '/^#/ { inside = 0 } inside; $0 == "## " title { inside = 1 }' man/ipc_tasks.5.scd |
		grep '^\*[^(]*$' | grep -oE '\*[a-z_]+\*' | tr -d '*'
}

columns_named() {
	for c in $(columns "$@"); do
		sed -n '/^# COLUMNS/,/^# EXIT/p' man/mbx.1.scd | grep -q "_${c}_" || {
			echo "no column $c in mbx.1"
			return 1
		}
	done
}

statuses() {
	diff <(sed -n 's/^\tEXIT_[A-Z]* = \([0-9]*\),/\1/p' tools/tool.h) \
		<(sed -n '/^# EXIT STATUS/,/^# ENV/s/^\*\([0-9]*\)\*$/\1/p' man/mbx.1.scd)
}

uapi=../module/include/uapi/linux/ipc_mailbox.h

# missing FILE... : which of the words on standard input are not explained there
missing() {
	while read -r word; do
		grep -q "\*$word\*" "$@" || echo "no $word in $*"
	done
}

constants() {
	grep -oE '^(#define |	)MBX_[A-Z_]+' $uapi | grep -oE 'MBX_[A-Z_]+' | grep -vxE 'MBX_(IOC_MAGIC|EVENTS)'
}

errors() { grep -oE '\bE(2BIG|[A-Z]{3,})\b' $uapi | grep -v EPOLL | sort -u; }

# A function that is only in the synopsis is not explained.
functions() { grep -oE '\bmbx_[a-z_]+\(' include/libmbx.h | tr -d '(' | sort -u; }

constants_in_man() { ! constants | missing man/*.scd | grep .; }
errors_in_man() { ! errors | missing man/mailbox.4.scd | grep .; }
functions_in_man() { ! functions | missing man/libmbx.3.scd | grep .; }

if command -v mandoc >/dev/null; then
	for page in "$build"/man/*.[1-8]; do
		check "$(basename "$page") is well formed" lint "$page"
	done
else
	skip "manual pages are well formed" "no mandoc here"
fi

verbs=$(mbx --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check "verbs" diff <(printf '%s\n' "$verbs") <(sed -n 's/^## mbx \([a-z]*\) .*/\1/p' man/mbx.1.scd)
for verb in $verbs; do
	check "mbx $verb: usage" same_usage "$verb"
	check "mbx $verb: options" same_options "$verb"
done
check "columns of mailboxes" diff <(columns ls | sort) <(columns_in_man /proc/ipc_mailboxes | sort)
check "columns of tasks" diff <(columns tasks | sort) <(columns_in_man /proc/ipc_tasks | sort)
check "columns of mailboxes in mbx.1" columns_named ls
check "columns of tasks in mbx.1" columns_named tasks
check "exit statuses" statuses
check "constants of the ABI" constants_in_man
check "errors of the ABI" errors_in_man
check "functions of the library" functions_in_man
finish
