#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/symbols-check.sh BUILD
#
# Header, symbol map, shared and static library, and manual name the same
# functions.

build=$1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tap.sh
. tests/tap.sh

sed -n 's/^[a-z].*[ *]\(mbx_[a-z_]*\)(.*/\1/p' include/libmbx.h | sort >"$tmp/header"
sed -n 's/^\t\(mbx_[a-z_]*\);/\1/p' lib/libmbx.map | sort >"$tmp/map"
nm -D --defined-only "$build/libmbx.so.1" |
	sed -n 's/.* T \([a-z_]*\)@@MBX_1\.0$/\1/p' | sort >"$tmp/shared"
nm -g --defined-only "$build/libmbx.a" |
	sed -n 's/.* T //p' | sort >"$tmp/static"
sed -n 's/^[a-z].*[ *]\(mbx_[a-z_]*\)(.*/\1/p' man/libmbx.3.scd | sort -u >"$tmp/manual"
sed -n 's/^ \* \(mbx_[a-z_]*\)() - .*/\1/p' include/libmbx.h | sort >"$tmp/documented"
# Shared among the library's own files, and not of the API.
printf '%s\n' mbx_control mbx_ioctl mbx_open_file >"$tmp/internal"
sort "$tmp/header" "$tmp/internal" >"$tmp/header+internal"

# Without comments, on one line each.
prototypes() {
	cc -fpreprocessed -dD -E -P -x c - | tr -s '\t\n ' ' ' | tr ';' '\n' |
		sed -n 's/^[^#]* *\(\(int\|void\|ssize_t\|size_t\|uint64_t\|const char\) [*]*mbx_[a-z_]*(.*)\)$/\1/p'
}
prototypes <include/libmbx.h >"$tmp/p1"
sed -n '/^# SYNOPSIS/,/^# DESC/p' man/libmbx.3.scd | sed -n '/^\/\*/,/^```/p' |
	grep -v '^```' | prototypes >"$tmp/p2"

check "the header has functions" test -s "$tmp/header" -a -s "$tmp/p1"
check "header and map" same "$tmp/header" "$tmp/map"
check "header and shared library" same "$tmp/header" "$tmp/shared"
check "header and static library" same "$tmp/header+internal" "$tmp/static"
check "header and manual" same "$tmp/header" "$tmp/manual"
check "every function is documented" same "$tmp/header" "$tmp/documented"
check "prototypes in the manual" same "$tmp/p1" "$tmp/p2"
check "soname" sh -c "readelf -d '$build/libmbx.so.1' | grep -q 'soname: .libmbx.so.1]'"
check "no data is exported" sh -c "! nm -D --defined-only '$build/libmbx.so.1' | grep ' [BDRV] '"
# What the compiler itself adds aside.
check "no state" sh -c "! objdump -t '$build/libmbx.so.1' |
	grep -E ' O \.(data|bss)[[:space:]]' | grep -v -e completed -e __dso_handle -e __TMC_END__"
finish
