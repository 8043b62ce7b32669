#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/run.sh BUILD TEST...
#
# Run the host tests in the folder userspace/ and sum up.  Each prints TAP.

build=$1
shift
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
MBX_TESTS=$PWD/tests
export MBX_TESTS
export ASAN_OPTIONS=exitcode=98 UBSAN_OPTIONS=print_stacktrace=1

passed=0 failed=0 skipped=0
for test in "$@" tests/*-check.sh; do
	echo "# $(basename "$test" .sh)"
	case $test in
	*.sh) "$test" "$build" ;;
	*) "$test" ;;
	esac >"$log" 2>&1
	status=$?
	sed -n '/^1\.\./d; /^# \(ok\|not ok\) - /d; p' "$log"
	plan=$(sed -n 's/^1\.\.//p' "$log")
	nr=$(grep -c '^\(not \)\{0,1\}ok ' "$log")
	failed=$((failed + $(grep -c '^not ok ' "$log")))
	skipped=$((skipped + $(grep -c '^ok .* # SKIP' "$log")))
	passed=$((passed + $(grep '^ok ' "$log" | grep -vc ' # SKIP')))
	# A program that dies, or forgets to say what it did, has failed.
	if [ "$nr" != "$plan" ] || { [ $status -ne 0 ] &&
		! grep -q '^not ok ' "$log"; }; then
		echo "not ok - $(basename "$test"): $nr of ${plan:-no} tests, status $status"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
