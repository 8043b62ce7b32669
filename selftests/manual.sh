#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples in manual pages, as they stand there, and other programs that use the
# library.  "make manual" in the user space's folder makes them.

KSFT_SKIP=4
pages=${MBX_MANUAL:-/mnt/manual}
tmp=$(mktemp -d) || exit 1
nr=0 failed=0

skip_all() {
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

command -v mbx >/dev/null || skip_all "mbx is not installed"
[ -c /dev/mailbox ] || skip_all "no /dev/mailbox: is ipc_mailbox loaded?"
[ -d "$pages" ] || skip_all "no examples in $pages"
trap 'mbx rm --force jobs counter desk 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
echo "TAP version 13"

# result NAME OUTPUT EXPECTED: the status of the command before must be 0
result() {
	status=$?
	nr=$((nr + 1))
	# shellcheck disable=SC2254 # a pattern is meant
	case $status:$2 in
	0:$3) echo "ok $nr $1" ;;
	*)
		echo "not ok $nr $1"
		echo "status $status, said: $2" | sed 's/^/# /'
		failed=1
		;;
	esac
}

for example in "$pages"/*.sh; do
	timeout 30 sh -e "$example" >out 2>err
	result "${example##*/}" "$(cat err)" "*"
done
is=$(mbx ls --raw --noheadings -o name)
result "they leave no mailbox" "$is" ""

# Those in C find two messages, and another mailbox with one.
mbx create jobs >/dev/null
mbx create desk >/dev/null
printf 'one\ntwo' | mbx send jobs --lines
mbx send desk -m x
is=$(timeout 30 "$pages/libmbx.3" 2>&1)
result "libmbx.3" "$is" "two
*desk"
mbx rm jobs desk
is=$(timeout 30 "$pages/mailbox.4" 2>&1)
result "mailbox.4" "$is" "hello, 5 bytes*"
mbx rm jobs
is=$(timeout 30 "$pages/mailbox.7" 2>&1)
result "mailbox.7" "$is" "a file, Linux
echo
a job
Ada, ping, gone
letter in box"
is=$(mbx ls --raw --noheadings -o id)
result "they leave no mailbox either" "$is" ""

is=$("$pages/examples/hello" 2>&1)
result "hello" "$is" "hello, world"
is=$("$pages/examples/server" 2>&1)
result "server" "$is" "1 squared is 1
2 squared is 4
*5 squared is 25"
for program in "$pages"/live-*; do
	is=$(timeout 120 "$program" 2>&1)
	result "${program##*/}" "$is" ""
done

echo "1..$nr"
exit $failed
