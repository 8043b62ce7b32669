# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the other scripts: where things are, how to complain.

set -euo pipefail
# what is built is run by other users in the virtual machine
umask 022

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
build=$(realpath -m "${MBX_BUILD:-$top/build}")
cache=$(realpath -m "${MBX_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ipc_mailbox}")
me=${0##*/}

say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Print the comment block that opens the calling script, from "Usage" on.
usage() { sed -n '/^# Usage/,${/^#/!q; s/^# \{0,1\}//p}' "$0"; }

# with_lock NAME COMMAND...: one at a time over all runs on this cache.  In a
# subshell: the lock goes with it, however it ends.
with_lock() (
	mkdir -p "$cache/lock"
	exec {fd}>"$cache/lock/$1"
	if ! flock -n "$fd"; then
		say "waiting for another run ($1)"
		flock "$fd"
	fi
	shift
	"$@"
)
