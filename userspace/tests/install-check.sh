#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/install-check.sh BUILD
#
# What is installed is all that a program needs, in C and C++, shared and static.

build=$1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tap.sh
. tests/tap.sh
dest=$tmp/dest
unset MAKEFLAGS MFLAGS

make_quietly() {
	make -s O="$build" DESTDIR="$dest" PREFIX=/opt/mbx LIBDIR=/opt/mbx/lib64 "$1"
}

files() {
	(cd "$dest" && find . ! -type d | sort) | diff tests/golden/installed -
}

compile() {
	compiler=$1
	shift
	$compiler -Wall -Wextra -Werror "$@" -I"$dest/opt/mbx/include" \
		-L"$dest/opt/mbx/lib64" -o "$tmp/hello"
}

linked() {
	LD_LIBRARY_PATH=$dest/opt/mbx/lib64 ldd "$tmp/hello" | grep "libmbx.so.1 => $dest"
}

# Without the module: one line, status 1.
runs() {
	LD_LIBRARY_PATH=$dest/opt/mbx/lib64 "$tmp/hello" >"$tmp/out" 2>&1
	[ $? -eq 1 ] || [ -c /dev/mailbox ] || return
	cat "$tmp/out"
	grep -q -e '^hello: ' -e '^hello, world$' "$tmp/out"
}

flags() {
	flags=$(PKG_CONFIG_PATH=$dest/opt/mbx/lib64/pkgconfig pkg-config --cflags --libs libmbx)
	echo "$flags"
	[ "${flags% }" = "-I/opt/mbx/include -L/opt/mbx/lib64 -lmbx" ]
}

tool() {
	LD_LIBRARY_PATH=$dest/opt/mbx/lib64 "$dest/opt/mbx/bin/mbx" --version &&
		! readelf -d "$dest/opt/mbx/bin/mbx" | grep -i -e rpath -e runpath
}

empty() {
	! find "$dest" ! -type d | grep .
}

check "make install" make_quietly install
check "what is installed" files
check "in C" compile cc examples/hello.c -lmbx
check "with the shared library" linked
check "it runs" runs
check "in C, strictly" compile "cc -std=c99 -pedantic -D_GNU_SOURCE" examples/hello.c -lmbx
if command -v c++ >/dev/null; then
	check "in C++" compile "c++ -std=c++11 -pedantic -x c++" examples/hello.c -lmbx
else
	skip "in C++" "no C++ compiler here"
fi
check "statically" compile "cc -static" examples/hello.c -lmbx
if command -v pkg-config >/dev/null; then
	check "pkg-config" flags
else
	skip "pkg-config" "no pkg-config here"
fi
check "the tool runs" tool
check "make uninstall" make_quietly uninstall
check "nothing is left" empty
finish
