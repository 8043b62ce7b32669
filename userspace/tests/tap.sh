# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TAP for the tests in shell: . tests/tap.sh; test "name" command...; finish

tap_nr=0

# The command's output is shown if it fails.
check() {
	tap_name=$1
	shift
	tap_nr=$((tap_nr + 1))
	if tap_out=$("$@" 2>&1); then
		echo "ok $tap_nr - $tap_name"
	else
		echo "not ok $tap_nr - $tap_name"
		printf '%s\n' "$tap_out" | sed 's/^/# /'
	fi
}

skip() {
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_nr"
}

# Two texts, as files: no output is agreement.
same() {
	diff "$1" "$2"
}
