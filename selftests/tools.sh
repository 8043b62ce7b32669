#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tool mbx against the module: every verb, every exit status that can be had
# with the module loaded, pipes, JSON.

KSFT_SKIP=4
box=tools-test-$$
tmp=${TMPDIR:-/tmp}/$box
nr=0 failed=0

skip_all() {
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

command -v mbx >/dev/null || skip_all "mbx is not installed"
[ -c /dev/mailbox ] || skip_all "no /dev/mailbox: is ipc_mailbox loaded?"

# shellcheck disable=SC2317 # called by a trap
cleanup() {
	mbx rm --force "$box" "$box-2" 2>/dev/null
	rm -rf "$tmp"
}
mkdir "$tmp" || exit 1
trap cleanup EXIT
echo "TAP version 13"

result() {
	nr=$((nr + 1))
	case $2 in
	ok) echo "ok $nr $1" ;;
	*)
		echo "not ok $nr $1"
		printf '%s\n' "$2" | sed 's/^/# /'
		failed=1
		;;
	esac
}

skip() {
	nr=$((nr + 1))
	echo "ok $nr $1 # SKIP $2"
}

# expect NAME STATUS OUTPUT COMMAND...: both outputs together, "*" is any
expect() {
	name=$1 status=$2 output=$3
	shift 3
	is=$("$@" 2>&1 <"${input:-/dev/null}")
	got=$?
	# shellcheck disable=SC2254 # a pattern is meant
	case $got:$is in
	$status:$output) result "$name" ok ;;
	*) result "$name" "status $got, not $status; said: $is" ;;
	esac
}

# until COMMAND...: true within some seconds
until_true() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return
		usleep 10000 2>/dev/null || sleep 0.01
	done
}

# shellcheck disable=SC2317 # called through others
blocked() {
	mbx tasks "$1" --raw --noheadings -o op,name | grep -q "^$2 ${3:-$box}\$"
}

# Someone waits: no guess about when.
await_blocked() {
	until_true blocked "$@"
}

# finished NAME STATUS OUTPUT PID FILE: a command in the background has ended so
finished() {
	wait "$4" 2>/dev/null
	got=$?
	is=$(cat "$5")
	# shellcheck disable=SC2254 # a pattern is meant
	case $got:$is in
	$2:$3) result "$1" ok ;;
	*) result "$1" "status $got, not $2; said: $is" ;;
	esac
}

# A reader of JSON, for its syntax alone.
json() {
	awk '
		{ text = text $0 "\n" }
		function blank() { while (substr(text, at, 1) ~ /[ \n\t]/ && at <= length(text)) at++ }
		function bad() { exit_status = 1; at = length(text) + 1 }
		function take(c) { blank(); if (substr(text, at, 1) != c) return 0; at++; return 1 }
		function string() {
			if (!take("\"")) { bad(); return }
			while (at <= length(text) && substr(text, at, 1) != "\"")
				at += substr(text, at, 1) == "\\" ? 2 : 1
			if (!take("\"")) bad()
		}
		function list(end, keyed) {
			at++
			if (take(end)) return
			do {
				if (keyed) { blank(); string(); if (!take(":")) bad() }
				value()
			} while (take(","))
			if (!take(end)) bad()
		}
		function value(  rest) {
			blank()
			rest = substr(text, at, 40)
			if (rest ~ /^\{/) list("}", 1)
			else if (rest ~ /^\[/) list("]", 0)
			else if (rest ~ /^"/) string()
			else if (match(rest, /^(null|true|false|-?[0-9]+)/)) at += RLENGTH
			else bad()
		}
		END {
			at = 1
			value()
			blank()
			exit exit_status || at != length(text) + 1
		}' "$1"
}

# valid NAME COMMAND...
valid() {
	name=$1
	shift
	"$@" >"$tmp/json" 2>"$tmp/err"
	if json "$tmp/json" && [ ! -s "$tmp/err" ]; then
		result "$name" ok
	else
		result "$name" "$(cat "$tmp/err" "$tmp/json")"
	fi
}

# ---- a mailbox's life
expect "doctor" 0 "*ready" mbx doctor
expect "create" 0 "[1-9]*" mbx create "$box"
expect "create again" 1 "mbx: create: $box: a mailbox of this name exists*" mbx create "$box"
expect "create --exist-ok" 0 "[1-9]*" mbx create "$box" --exist-ok
expect "ls" 0 "*$box*system*" mbx ls
expect "stat of defaults" 0 "system 10 0600 0" mbx stat "$box" --raw --noheadings -o kind,capacity,mode,depth
id=$(mbx stat "$box" --raw --noheadings -o id)
expect "send" 0 "" mbx send "$box" -m hello
expect "send by id" 0 "" mbx send "@$id" -m world
expect "stat counts" 0 "2 10 2 0" mbx stat "$box" --raw --noheadings -o depth,bytes,sent,received
expect "peek" 0 hello mbx peek "$box"
expect "peek again" 0 hello mbx peek "$box"
expect "recv" 0 hello mbx recv "$box"
expect "recv --format" 0 "world 5 2 $id" mbx recv "$box" --format '%m %l %s %i'
expect "recv of nothing" 4 "mbx: recv: $box: the mailbox is empty*" mbx recv "$box" --nonblock
expect "recv in no time" 124 "mbx: recv: $box: the deadline has passed*" mbx recv "$box" --timeout 1ms
expect "peek of nothing" 4 "mbx: peek: *" mbx peek "$box" --nonblock
expect "wait --empty" 0 "" mbx wait "$box" --empty
expect "wait --writable" 0 "" mbx wait "$box" --writable
expect "wait --readable in no time" 124 "mbx: wait: *" mbx wait "$box" --readable --timeout 1ms
expect "wrong use" 2 "mbx: send: --sync waits*" mbx send "$box" --sync --nonblock
expect "no such mailbox" 3 "mbx: recv: no-such-box: no such mailbox*" mbx recv no-such-box
expect "rm" 0 "" mbx rm "$box"
expect "rm again" 3 "mbx: rm: $box: no such mailbox*" mbx rm "$box"
expect "rm --force" 0 "" mbx rm --force "$box"

# ---- by pid
mbx recv @self >"$tmp/out" &
pid=$!
expect "send by pid" 0 "" mbx send "@pid:$pid" -m direct
wait "$pid"
expect "what was sent by pid" 0 direct cat "$tmp/out"
expect "send to no process" 3 "mbx: send: @pid:$pid: no such process*" mbx send "@pid:$pid" -m x
expect "recv of another's" 6 "mbx: recv: @pid:$$: *" mbx recv "@pid:$$"
expect "stat before there is one" 3 "mbx: stat: @pid:$$: no such mailbox*" mbx stat "@pid:$$"
expect "send to the shell" 0 "" mbx send "@pid:$$" -m later
expect "stat by pid" 0 "direct 64 1 $$ -" mbx stat "@pid:$$" --raw --noheadings -o kind,capacity,depth,owner,name
expect "recv after exec" 0 own sh -c 'mbx send "@pid:$$" -m own && exec mbx recv @self'
expect "rm by pid" 0 "" mbx rm "@pid:$$"
expect "rm by pid again" 3 "mbx: rm: @pid:$$: no such mailbox*" mbx rm "@pid:$$"

# symmetric naming: each names the other, and who is not named waits
mkfifo "$tmp/to"
# shellcheck disable=SC2016 # the inner shell expands
sh -c 'read -r to <"$1" && exec mbx send "@pid:$to" -m named' sh "$tmp/to" &
from=$!
mbx recv @self --pid "$from" --format '%m from %p\n' >"$tmp/out" &
to=$!
expect "send by a process that is not named" 0 "" mbx send "@pid:$to" -m other
echo "$to" >"$tmp/to"
wait "$from" "$to"
expect "what was sent by the one that is" 0 "named from $from" cat "$tmp/out"

# asymmetric naming: the sender names the receiver, which is told the sender
mbx recv @self --format '%p\n' >"$tmp/out" &
to=$!
# shellcheck disable=SC2016 # the inner shell expands
sh -c 'exec mbx send "@pid:$1" -m x' sh "$to" &
from=$!
wait "$from" "$to"
expect "who sent it" 0 "$from" cat "$tmp/out"

# ---- ownership passes
for how in '' -s; do
	sleep 1000 &
	heir=$!
	# shellcheck disable=SC2016 # the inner shell expands
	expect "transfer $how by the owner" 0 "" mbx create "$box" --owned -- \
		sh -c 'exec mbx transfer $1 "$MBX_NAME" "$2"' sh "$how" "$heir"
	expect "owner after transfer $how" 0 "$heir" mbx stat "$box" --raw --noheadings -o owner
	expect "transfer $how by another" 6 "mbx: transfer: $box: only the process*" mbx transfer "$box" $$
	kill "$heir"
	wait "$heir"
	expect "end of the owner after transfer $how" 3 "mbx: stat: $box: no such*" mbx stat "$box"
done

# ---- bytes and lines
mbx create "$box" -c unbounded >/dev/null
head -c 100000 /dev/urandom >"$tmp/in"
mbx send "$box" -f "$tmp/in"
mbx recv "$box" --raw >"$tmp/out"
expect "any bytes" 0 "" cmp "$tmp/in" "$tmp/out"
printf 'one\n\nthree' >"$tmp/in"
input=$tmp/in
expect "send --lines" 0 "" mbx send "$box" --lines
input=
expect "recv -n" 0 "one

three" mbx recv "$box" -n 3
mbx send "$box" </dev/null
expect "an empty message" 0 "[]" mbx recv "$box" --format '[%m]'
seq 1000 | mbx send "$box" --lines
mbx recv "$box" --count 1000 >"$tmp/out"
seq 1000 >"$tmp/in"
expect "a thousand lines, in order" 0 "" cmp "$tmp/in" "$tmp/out"
mkfifo "$tmp/fifo"
mbx send "$box" --lines <"$tmp/fifo" &
pid=$!
exec 3>"$tmp/fifo"
printf 'one\ntw' >&3
expect "a line does not wait for the next" 0 one mbx recv "$box" --timeout 20s
printf 'o\n' >&3
exec 3>&-
wait $pid
expect "a line in two parts" 0 two mbx recv "$box" --nonblock
seq 3 | mbx send "$box" --lines
# shellcheck disable=SC2016 # expanded by that shell
expect "recv --exec" 0 "<1><2><3>" mbx recv "$box" -n 3 --exec 'printf "<%s>" "$(cat)"'
mbx send "$box" -m x
expect "recv --exec that fails" 1 "mbx: recv: message *: the command exited with status 3" \
	mbx recv "$box" --exec 'exit 3'

# ---- leases, dead letters, duplicates
mbx create "$box-2" --dedup 10 >/dev/null
mbx send "$box-2" -m a --id 1
expect "send --id, again" 0 "message with id 1: sent before" mbx send "$box-2" -m a --id 1 -v
expect "sent once" 0 "1 1" mbx stat "$box-2" --raw --noheadings -o sent,duplicates
mbx rm "$box-2"
expect "send --id that nobody remembers" 1 "mbx: send: $box: *" mbx send "$box" -m a --id 1
mbx create "$box-2" >/dev/null
mbx rm "$box"
mbx create "$box" --dead-letter "$box-2" --deliveries 2 >/dev/null
mbx send "$box" -m job
expect "recv --lease" 1 "mbx: recv: message 1: the command exited with status 3" \
	mbx recv "$box" --lease 1min --exec 'exit 3'
# shellcheck disable=SC2016 # expanded by that shell
mbx recv "$box" --lease 1min --exec 'kill -9 $PPID' 2>/dev/null
expect "a receiver that dies" 0 "job" mbx recv "$box-2" --nonblock
expect "counts" 0 "0 1 1 $(mbx stat "$box-2" --raw --noheadings -o id)" \
	mbx stat "$box" --raw --noheadings -o leased,returned,dead_letters,dead_letter
mbx send "$box" -m fine
expect "recv --lease that succeeds" 0 "fine 1" mbx recv "$box" --lease 1min --format '%m %d'
expect "and is done with" 4 "mbx: recv: *" mbx recv "$box" --nonblock
mbx rm "$box-2"

expect "recv --follow --nonblock" 4 "mbx: recv: *" mbx recv "$box" --follow --nonblock

# ---- which message
mbx rm "$box"
mbx create "$box" -c unbounded >/dev/null
expect "peek --all of nothing" 0 "" mbx peek "$box" --all
mbx send "$box" --type 3 -m letter
mbx send "$box" --type 2 -m bill
mbx send "$box" --type 3 --priority 9 -m telegram
expect "peek --all in the order of sending" 0 "1 letter 3 0
2 bill 2 0
3 telegram 3 9" mbx peek "$box" --all --format '%s %m %y %P\n'
expect "peek --all --type" 0 "letter
telegram" mbx peek "$box" --all --type 3
expect "the highest priority first" 0 telegram mbx peek "$box"
expect "recv --seq" 0 bill mbx recv "$box" --seq 2
expect "recv --type of none" 4 "mbx: recv: $box: the mailbox is empty or frozen, or has no message like*" \
	mbx recv "$box" --type 2 --nonblock
expect "recv --type-not of none" 4 "mbx: recv: *" mbx recv "$box" --type-not 3 --nonblock
expect "recv --min-priority" 0 telegram mbx recv "$box" --min-priority 9
expect "recv --badge of none" 4 "mbx: recv: *" mbx recv "$box" --badge 1 --nonblock
expect "recv --badge 0" 0 letter mbx recv "$box" --badge 0
for type in 7 5 6 8; do
	mbx send "$box" --type $type -m x
done
expect "recv --type-upto" 0 567 mbx recv "$box" -n 3 --type-upto 7 --format %y
mbx send "$box" -m mine &
pid=$!
wait $pid
expect "recv --pid" 0 mine mbx recv "$box" --pid $pid
mbx recv "$box" --type 2 >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid receive
mbx send "$box" --type 1 --priority 31 -m other
mbx send "$box" --type 2 -m awaited
finished "what is waited for passes what is not" 0 awaited $pid "$tmp/out"
valid "recv --json of a type" mbx recv "$box" --json
expect "type and priority" 0 '*"type":"1","priority":31,*"data":"other"*' cat "$tmp/json"
expect "wrong use of conditions" 2 "mbx: peek: more than one of --type*" mbx peek "$box" --type 1 --type-not 2
mbx recv "$box" >/dev/null

# ---- several mailboxes
mbx create "$box-2" -c unbounded >/dev/null
seq 6 | mbx send "$box" --lines
mbx send "$box-2" -m a
mbx send "$box-2" -m b
expect "each in its turn" 0 "1 a 2 b 3 4 " mbx recv "$box" "$box-2" -n 6 --format '%m '
expect "which one it was" 0 "$box 5" mbx recv "$box-2" "$box" --format '%n %m'
expect "the rest of both" 4 "6
mbx: recv: the mailbox is empty*" mbx recv "$box" "$box-2" --follow --nonblock
expect "of both in no time" 124 "mbx: recv: the deadline has passed*" mbx recv "$box" "$box-2" --timeout 1ms
expect "one that is not there" 3 "mbx: recv: no-such-box: no such mailbox*" mbx recv "$box" no-such-box
mbx recv "$box" "$box-2" --follow >"$tmp/out" 2>&1 &
pid=$!
until_true grep -qs tfd: -r "/proc/$pid/fdinfo"
mbx send "$box-2" -m before
until_true grep -q before "$tmp/out"
mbx rm "$box-2"
until_true grep -q deleted "$tmp/out"
mbx send "$box" -m after
until_true grep -q after "$tmp/out"
mbx admin "$box" seal
finished "until both are gone" 5 "before
mbx: recv: $box-2: the mailbox was deleted*
after
mbx: recv: $box: the mailbox is sealed*" $pid "$tmp/out"
mbx rm "$box"
mbx create "$box" -c unbounded >/dev/null
mbx create "$box-2" -c 0 >/dev/null
mbx recv "$box" "$box-2" --count 1000 >"$tmp/out" 2>&1 &
pid=$!
seq 500 | mbx send "$box-2" --lines &
seq 501 1000 | mbx send "$box" --lines
finished "a rendezvous, too" 0 "*" $pid "$tmp/out"
sort -n "$tmp/out" >"$tmp/in"
seq 1000 >"$tmp/first"
expect "all of both" 0 "" cmp "$tmp/in" "$tmp/first"
mbx recv "$box" "$box-2" >"$tmp/out" 2>&1 &
pid=$!
until_true grep -qs tfd: -r "/proc/$pid/fdinfo"
kill -9 $pid
finished "one that is killed" 137 "" $pid "$tmp/out"
mbx send "$box" -m kept
expect "takes nothing" 0 kept mbx recv "$box" --nonblock
mbx rm "$box-2"

# ---- calls
mbx create "$box-2" -c 5 >/dev/null
expect "call that nobody takes" 124 "mbx: call: $box-2: the deadline has passed, and no reply was there*; nobody had taken the call, nor will" \
	mbx call "$box-2" hello --timeout 1ms
expect "is taken back" 4 "mbx: recv: *" mbx recv "$box-2" --nonblock
mbx call "$box-2" hello >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid call "$box-2"
expect "call that recv takes" 0 hello mbx recv "$box-2"
finished "is not answered" 5 "mbx: call: $box-2: who received the call has exited*; it was process [1-9]*" $pid "$tmp/out"
mbx call "$box-2" hello >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid call "$box-2"
mbx admin "$box-2" purge >/dev/null
finished "call that is purged" 1 "mbx: call: $box-2: the message was purged*; nobody had taken*" $pid "$tmp/out"
mbx serve "$box-2" --exec 'rev' --count 4 >"$tmp/out" 2>&1 &
pid=$!
expect "call" 0 olleh mbx call "$box-2" hello
expect "call --file" 0 dlrow sh -c "printf world | mbx call $box-2 --file - --raw"
expect "call --answer that nobody asks" 0 cba mbx call "$box-2" abc --answer 'exit 1'
valid "call --json" mbx call "$box-2" x --json
finished "serve --count" 0 "" $pid "$tmp/out"
expect "who replied" 0 "*\"pid\":$pid,*\"data\":\"x*" cat "$tmp/json"
# shellcheck disable=SC2016 # expanded by that shell
mbx serve "$box-2" --jobs 2 --verbose --exec 'read -r what
	case $what in
	fail) echo partly; exit 3 ;;
	die) kill -9 $$ ;;
	long) head -c 3000000 /dev/zero ;;
	wait) touch '"$tmp"'/waits; sleep 1000 & echo $! >'"$tmp"'/sleeper; wait ;;
	env) echo "$MBX_PID $MBX_REPLY_MAX $MBX_LENGTH" ;;
	none) ;;
	esac' >"$tmp/served" 2>&1 &
server=$!
expect "an empty reply" 0 "" mbx call "$box-2" none --raw
expect "what the command knows" 0 "[1-9]* $(mbx stat "$box-2" --raw --noheadings -o msg_max) 3" mbx call "$box-2" env
expect "a command that fails" 5 "mbx: call: $box-2: who received the call*; it was process $server" mbx call "$box-2" fail
until_true grep -q "status 3: no reply" "$tmp/served"
expect "a command that is killed" 5 "*; it was process $server" mbx call "$box-2" die
expect "a reply that is too long" 5 "*; it was process $server" mbx call "$box-2" long
expect "a message that is no call" 0 "" mbx send "$box-2" -m none
until_true grep -q "no call" "$tmp/served"
# Both places are taken, by callers who give up and who do not.
expect "a deadline in the middle" 124 "*had taken the call, and may have carried it out" mbx call "$box-2" wait --timeout 2s
sleeper=$(cat "$tmp/sleeper")
until_true grep -q "the caller has given up" "$tmp/served"
expect "ends the command" 1 "*" kill -0 "$sleeper"
rm "$tmp/waits"
mbx call "$box-2" wait >"$tmp/out" 2>&1 &
pid=$!
until_true test -e "$tmp/waits"
expect "another is served meanwhile" 0 "" mbx call "$box-2" none
kill -9 $pid
finished "a caller that is killed" 137 "" $pid "$tmp/out"
until_true sh -c "[ \$(grep -c 'has given up' $tmp/served) = 2 ]"
rm "$tmp/waits"
mbx call "$box-2" wait >"$tmp/out" 2>&1 &
pid=$!
until_true test -e "$tmp/waits"
kill -9 $server
finished "a server that is killed" 5 "mbx: call: $box-2: who received the call has exited*; it was process $server" $pid "$tmp/out"
wait $server 2>/dev/null
expect "what serve says" 0 "*: the caller has given up
*: the caller has given up
*: the command exited with status 3: no reply
*: the command was killed by signal 9: no reply
*: the reply is longer than the caller takes: no reply
*: no call
*: replied, 0 bytes
*: replied, 0 bytes
*: replied, [1-9]* bytes" sh -c "sed 's/message [0-9]*/message/' $tmp/served | sort"
mbx serve "$box-2" --finish --exec "touch $tmp/begun; cat $tmp/fifo" >"$tmp/served" 2>&1 &
server=$!
mbx call "$box-2" x >"$tmp/out" 2>&1 &
pid=$!
until_true test -e "$tmp/begun"
mbx call "$box-2" y >"$tmp/err" 2>&1 &
other=$!
await_blocked $other call "$box-2"
kill -TERM $server
echo ended >"$tmp/fifo"
finished "serve ends when its command has ended" 0 "" $server "$tmp/served"
finished "and has replied" 0 ended $pid "$tmp/out"
mbx rm "$box-2"
finished "who was not served" 5 "mbx: call: $box-2: the mailbox was deleted*; nobody had taken*" $other "$tmp/err"
mbx serve "$box-2" --create --exec 'sleep 1000' >"$tmp/served" 2>&1 &
server=$!
until_true mbx stat "$box-2"
mbx call "$box-2" x >"$tmp/out" 2>&1 &
pid=$!
# shellcheck disable=SC2317 # called through others
taken() {
	[ "$(mbx stat "$box-2" --raw --noheadings -o received)" = 1 ]
}
until_true taken
kill -TERM $server
until_true sh -c "grep -q '^SigPnd.*00000000' /proc/$server/status"
mbx rm "$box-2"
finished "deleted while a command runs" 5 "mbx: call: $box-2: the mailbox was deleted*may have carried it out" $pid "$tmp/out"
kill -TERM $server
finished "serve that is told twice" 0 "mbx: serve: message 1: interrupted by a signal: no reply" $server "$tmp/served"
mbx serve "$box-2" --create --exec cat >"$tmp/served" 2>&1 &
server=$!
until_true mbx stat "$box-2"
expect "a mailbox that serve creates" 0 "owned $server" mbx stat "$box-2" --raw --noheadings -o kind,owner
mbx rm "$box-2"
finished "serve until it is deleted" 5 "mbx: serve: $box-2: the mailbox was deleted*" $server "$tmp/served"
mbx create "$box-2" >/dev/null
expect "serve --create of what exists" 1 "mbx: serve: $box-2: a mailbox of this name exists*" mbx serve "$box-2" --create --exec cat
mbx serve "$box-2" --jobs 4 --exec 'rev' >"$tmp/served" 2>&1 &
server=$!
for i in 1 2 3 4 5 6 7 8; do
	(for n in 1 2 3; do mbx call "$box-2" "a$i$n"; done >"$tmp/got$i") &
	callers="${callers-} $!"
done
# shellcheck disable=SC2086 # a list
wait $callers
expect "24 calls of 8 callers" 0 "24" sh -c "cat $tmp/got? | grep -c '[1-8]a'"
expect "each has its own reply" 0 "11a
21a
31a" cat "$tmp/got1"
kill -TERM $server
finished "serve that is ended" 0 "" $server "$tmp/served"
mbx rm "$box-2"

# ---- descriptors
mbx create "$box-2" -c 5 >/dev/null
echo first >"$tmp/in"
echo second >"$tmp/first"
expect "send --fd" 0 "" sh -c "mbx send $box-2 -m parcel --fd $tmp/in --fd 7 7<$tmp/first"
rm "$tmp/in"
# shellcheck disable=SC2016 # expanded by that shell
expect "recv --fds" 0 "2 parcel first second" mbx recv "$box-2" --timeout 20s --fds --exec \
	'echo $MBX_FDS $(cat) $(cat <&3) $(cat <&4)'
mkfifo "$tmp/pipe"
mbx send "$box-2" -m pipe --fd "$tmp/pipe" &
exec 9>"$tmp/pipe"
wait $!
mbx recv "$box-2" --timeout 20s --fds --exec 'exec cat <&3' 9>&- >"$tmp/out" &
pid=$!
echo flows >&9
exec 9>&-
finished "a pipe that is received" 0 flows $pid "$tmp/out"
expect "send --fd of what mbx opens itself" 1 "mbx: send: --fd: mbx was given no descriptor 3: *" \
	sh -c "exec 3>&- 4>&- 5>&-; mbx send $box-2 -m x --fd $tmp/first --fd 3"
expect "send --fd of a descriptor that is closed" 1 "mbx: send: --fd: mbx was given no descriptor 77: *" \
	mbx send "$box-2" -m x --fd 77
expect "sends nothing then" 4 "mbx: recv: *" mbx recv "$box-2" --nonblock
mbx send "$box-2" -m thrown --fd "$tmp/first"
expect "recv without --fds" 0 "mbx: recv: message 3: its descriptors are closed: *
thrown" mbx recv "$box-2"
mbx send "$box-2" -m none
# shellcheck disable=SC2016 # expanded by that shell
expect "recv --fds of none" 0 0 mbx recv "$box-2" --timeout 20s --fds --exec 'echo $MBX_FDS'
mbx send "$box-2" -m kept --fd "$tmp/first" --fd "$tmp/first"
expect "recv --fds without a number left" 1 "mbx: recv: $box-2: this process has as many descriptors open as RLIMIT_NOFILE*" \
	sh -c "exec 3>&- 4>&- 5>&- 6>&-; ulimit -n 5; exec mbx recv $box-2 --fds --exec cat"
expect "recv --lease --fds that fails" 1 "keptsecond
mbx: recv: message 5: the command exited with status 3" mbx recv "$box-2" --timeout 20s --lease 1min --fds --exec 'cat; cat <&3; exit 3'
# shellcheck disable=SC2016 # expanded by that shell
expect "has them the next time, too" 0 "2
second" mbx recv "$box-2" --timeout 20s --fds --exec 'echo $MBX_FDS; cat <&4'
mbx serve "$box-2" --fds --count 2 --exec 'cat <&3 || echo none' >"$tmp/served" 2>&1 &
server=$!
echo served >"$tmp/first"
expect "call --fd" 0 served mbx call "$box-2" x --fd "$tmp/first"
# shellcheck disable=SC2016 # expanded by that shell
expect "call without --fd" 0 none mbx call "$box-2" x
finished "serve --fds" 0 "*Bad file descriptor*" $server "$tmp/served"
mbx rm "$box-2"

# ---- nothing is lost
seq 5 | mbx send "$box" --lines
mbx recv "$box" --follow 2>/dev/null | head -n 1 >"$tmp/out"
expect "a reader that has had enough" 0 1 cat "$tmp/out"
mbx recv "$box" --follow --nonblock >/dev/null 2>&1
mbx recv "$box" --follow >"$tmp/fifo" 2>"$tmp/err" &
pid=$!
exec 9<"$tmp/fifo"
await_blocked $pid receive
exec 9<&-
finished "a reader that goes away during the wait" 0 "" $pid "$tmp/err"
mbx send "$box" -m kept
expect "the next message is still there" 0 kept mbx recv "$box" --nonblock
mbx send "$box" -m kept
expect "recv to a closed descriptor" 1 "mbx: recv: standard output: *" sh -c "mbx recv $box >&-"
expect "takes nothing" 0 kept mbx recv "$box" --nonblock

# ---- waiting
mbx recv "$box" --follow >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid receive
expect "tasks --blocked" 0 "* mbx S receive $box*" mbx tasks --blocked --raw --noheadings -o tgid,comm,state,op,name
mbx rm "$box"
finished "recv --follow until it is deleted" 5 "mbx: recv: $box: the mailbox was deleted*" $pid "$tmp/out"

mbx create "$box" -c 1 >/dev/null
mbx send "$box" -m first
expect "full" 4 "mbx: send: $box: the mailbox is full*" mbx send "$box" -m x --nonblock
expect "full in no time" 124 "mbx: send: *" mbx send "$box" -m x --timeout 1ms
mbx send "$box" -m second >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid send
expect "room for the waiting sender" 0 first mbx recv "$box"
finished "it has sent" 0 "" $pid "$tmp/out"
expect "its message" 0 second mbx recv "$box"
expect "wait, whatever comes" 0 "" mbx send "$box" -m first --full wait --nonblock
expect "drop the newest" 7 "mbx: send: $box: the mailbox was full: messages dropped: 1" \
	mbx send "$box" -m lost --full drop-newest
expect "drop the oldest" 7 "message 5: 6 bytes, one dropped
mbx: send: $box: the mailbox was full: messages dropped: 1" \
	mbx send "$box" -m second -v --full drop-oldest
expect "defer in no time" 124 "mbx: send: $box: a message was deferred, and is withdrawn: the deadline has passed*" \
	mbx send "$box" -m kept --full defer --timeout 1ms
expect "defer at once" 4 "mbx: send: $box: a message was deferred, and is withdrawn: the mailbox is full*" \
	mbx send "$box" -m kept --full defer --nonblock
mbx send "$box" -m kept --full defer -v >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q eventfd-count -r "/proc/$pid/fdinfo"
expect "room for what is deferred" 0 second mbx recv "$box"
finished "it has gone in" 0 "4 bytes, deferred" $pid "$tmp/out"
expect "what was deferred" 0 kept mbx recv "$box"
mbx send "$box" -m second
expect "what was lost" 0 "wait 4" mbx stat "$box" --raw --noheadings -o full,lost
expect "what is left" 0 second mbx recv "$box"
mbx rm "$box"
mbx create "$box" -c 1 --full drop-oldest >/dev/null
expect "a mailbox that drops" 7 "mbx: send: $box: the mailbox was full: messages dropped: 999" \
	sh -c "seq 1000 | mbx send $box --lines"
expect "never waits for room" 0 "" mbx wait "$box" --writable
expect "the last of a thousand" 0 1000 mbx recv "$box"
expect "ls of one that drops" 0 "$box drop-oldest 999" sh -c "mbx ls --raw --noheadings -o name,full,lost | grep $box"
mbx rm "$box"
mbx create "$box" -c 1 >/dev/null
mbx wait "$box" --readable >"$tmp/out" 2>&1 &
pid=$!
mbx send "$box" -m x
finished "wait --readable" 0 "" $pid "$tmp/out"
mbx wait "$box" --empty >"$tmp/out" 2>&1 &
pid=$!
mbx recv "$box" >/dev/null
finished "wait --empty" 0 "" $pid "$tmp/out"
expect "wait --low" 0 "" mbx wait "$box" --low 0
expect "wait --high in no time" 124 "mbx: wait: *" mbx wait "$box" --high 1 --timeout 1ms
expect "wait --no-senders" 0 "" mbx wait "$box" --no-senders
expect "wait --no-receivers" 0 "" mbx wait "$box" --no-receivers
mbx wait "$box" --high 1 >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q eventfd-count -r "/proc/$pid/fdinfo"
mbx send "$box" -m x
finished "wait --high" 0 "" $pid "$tmp/out"
mbx wait "$box" --low 0 >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q eventfd-count -r "/proc/$pid/fdinfo"
mbx recv "$box" >/dev/null
finished "wait --low for the last one" 0 "" $pid "$tmp/out"
mbx recv "$box" >/dev/null &
receiver=$!
await_blocked $receiver receive
mbx wait "$box" --no-receivers >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q eventfd-count -r "/proc/$pid/fdinfo"
kill -9 $receiver
finished "wait --no-receivers that a kill ends" 0 "" $pid "$tmp/out"
mbx wait "$box" --high 1 >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q eventfd-count -r "/proc/$pid/fdinfo"
mbx rm "$box"
finished "wait --high for what is deleted" 5 "mbx: wait: $box: the mailbox was deleted*" $pid "$tmp/out"
mbx create "$box" -c 1 >/dev/null
mbx wait "$box" --deleted >"$tmp/out" 2>&1 &
pid=$!
until_true grep -q mailbox-id -r "/proc/$pid/fdinfo"
mbx rm "$box"
finished "wait --deleted" 0 "" $pid "$tmp/out"

# ---- rendezvous
mbx create "$box" -c 0 --timestamp >/dev/null
expect "nobody there" 4 "mbx: send: *" mbx send "$box" -m x --nonblock
mbx recv "$box" --format '%m from %p' >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid receive
expect "who took it" 0 "message 1: 5 bytes, taken by pid $pid tid $pid" mbx send "$box" -m hello -v
finished "from whom" 0 "hello from [1-9]*" $pid "$tmp/out"
mbx send "$box" -m hello --sync >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid sync || await_blocked $pid send
valid "recv --json" mbx recv "$box" --json
finished "the sender was waiting" 0 "" $pid "$tmp/out"
expect "a time" 0 '*"time":[1-9]*"data":"hello"*' cat "$tmp/json"
mbx rm "$box"

# ---- administration
mbx create "$box" -c 2 >/dev/null
expect "admin freeze" 0 "" mbx admin "$box" freeze
mbx send "$box" -m kept
expect "frozen to a receiver" 4 "mbx: recv: $box: the mailbox is empty or frozen*" mbx recv "$box" --nonblock
expect "frozen to a viewer" 0 kept mbx peek "$box" --nonblock
expect "stat of a frozen one" 0 "frozen 1" mbx stat "$box" --raw --noheadings -o state,depth
expect "admin thaw" 0 "" mbx admin "$box" thaw
expect "thawed" 0 kept mbx recv "$box" --nonblock
mbx send "$box" -m lost
expect "admin purge" 0 1 mbx admin "$box" purge
mbx send "$box" -m last
expect "admin drain in no time" 124 "mbx: admin: $box: the deadline has passed, and messages are left*" mbx admin "$box" drain --timeout 1ms
expect "sealed to a sender" 5 "mbx: send: $box: the mailbox is sealed*" mbx send "$box" -m x
expect "dump of a sealed one" 0 '{*"messages":1,*"data":"last"}' mbx dump "$box"
expect "peek at all of a sealed one" 0 last mbx peek "$box" --all
mbx admin "$box" drain >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid drain
expect "recv --follow of a sealed one" 5 "last
mbx: recv: $box: the mailbox is sealed, and nothing is left*" mbx recv "$box" --follow
finished "admin drain" 0 "" $pid "$tmp/out"
expect "sealed to who waits" 5 "mbx: wait: $box: the mailbox is sealed*" mbx wait "$box" --readable
expect "ls of a sealed one" 0 "$box sealed 1" sh -c "mbx ls --raw --noheadings -o name,state,lost | grep $box"
mbx rm "$box"

# ---- dump and load
# What a load can bring back: not who sent it, nor when.
content() {
	sed 's/"mailbox":"[^"]*",//; s/^.*"badge":"[0-9]*",//' "$1"
}

# shellcheck disable=SC2317 # called through others
frozen() {
	[ "$(mbx stat "$box" --raw --noheadings -o state)" = frozen ]
}

# round_trip NAME: dump, load into a new one, dump again; both are left
round_trip() {
	mbx rm --force "$box-2"
	mbx dump "$box" >"$tmp/first" &&
		mbx load "$box-2" --create <"$tmp/first" &&
		mbx dump "$box-2" >"$tmp/second"
	expect "$1: status" 0 "" test $? = 0
	content "$tmp/first" >"$tmp/in"
	content "$tmp/second" >"$tmp/out"
	expect "$1: the same comes back" 0 "" cmp "$tmp/in" "$tmp/out"
}

mbx create "$box" -c unbounded -m 0622 -p rr -t >/dev/null
round_trip "dump of an empty one"
expect "load --create of all that there is" 0 "unbounded 0622 rr 0" \
	mbx stat "$box-2" --raw --noheadings -o capacity,mode,policy,depth
valid "what is dumped of an empty one" mbx dump "$box"
head -c 100000 /dev/urandom | mbx send "$box" --type 18446744073709551615
mbx send "$box" --priority 3 -m later
mbx send "$box" --priority 31 -m 'first "of" all'
printf 'with\0zero' | mbx send "$box" --priority 3
mbx send "$box" </dev/null
round_trip "dump of any bytes, in order of priority"
expect "what it is" 0 "5 100028" mbx stat "$box-2" --raw --noheadings -o depth,bytes
expect "text is readable" 0 '*"priority":31,*"data":"first \\"of\\" all"}' sed -n 2p "$tmp/first"
while [ "$(mbx stat "$box" --raw --noheadings -o depth)" != 0 ]; do
	mbx recv "$box" --format '%y %P %l %x\n' >>"$tmp/a"
	mbx recv "$box-2" --format '%y %P %l %x\n' >>"$tmp/b"
done
expect "receivers get the same" 0 "" cmp "$tmp/a" "$tmp/b"
seq 10000 | mbx send "$box" --lines
round_trip "dump of 10000"
mbx dump "$box" --freeze >"$tmp/out" 2>&1 &
pid=$!
until_true frozen
kill -TERM $pid
finished "dump --freeze that is ended" 143 "mbx: dump: $box: interrupted by a signal*" $pid "$tmp/out"
expect "has thawed it" 0 open mbx stat "$box" --raw --noheadings -o state
expect "no more and no fewer" 0 "10001 $tmp/second" wc -l "$tmp/second"
sed '$d' "$tmp/first" >"$tmp/in"
expect "load of what was cut off" 1 "mbx: load: *: ends after 9999 of 10000 messages" mbx load "$box-2" --file "$tmp/in"
sed '5001s/"priority":0/"priority":99/' "$tmp/first" >"$tmp/in"
expect "load of what is wrong in the middle" 1 'mbx: load: *: line 5001: "priority" is not from 0 to 31' \
	mbx load "$box-2" --file "$tmp/in"
expect "sends nothing" 0 10000 mbx stat "$box-2" --raw --noheadings -o sent
mbx rm "$box" "$box-2"
mbx create "$box" -c 1 >/dev/null
head -c "$(mbx stat "$box" --raw --noheadings -o msg_max)" /dev/urandom | mbx send "$box"
round_trip "dump of the longest message"
mbx rm "$box-2"
mbx create "$box-2" --max-msg 100 >/dev/null
expect "load of too long a message" 1 "mbx: load: standard input: line 2: a message of *, but $box-2 takes 100 at most: nothing was sent" \
	sh -c "mbx dump $box | mbx load $box-2"
mbx rm "$box" "$box-2"
mbx create "$box" >/dev/null
mbx create "$box-2" -c 2 >/dev/null
printf 'one\ntwo\nthree\nfour' | mbx send "$box" --lines
mbx dump "$box" >"$tmp/first"
expect "load of more than there is room for" 4 "mbx: load: $box-2: message 3 of 4: *full*; those before it were sent, to go on use --skip 2" \
	mbx load "$box-2" --nonblock --file "$tmp/first"
expect "load in no time" 124 "mbx: load: $box-2: message 3 of 4: the deadline has passed*; nothing was sent" \
	mbx load "$box-2" --skip 2 --timeout 1ms --file "$tmp/first"
mbx load "$box-2" --skip 2 --file "$tmp/first" >"$tmp/out" 2>&1 &
pid=$!
expect "load goes on" 0 "one
two
three
four" mbx recv "$box-2" -n 4
finished "load that waited for room" 0 "" $pid "$tmp/out"
mbx load "$box-2" --file "$tmp/first" >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid send "$box-2"
kill -TERM $pid
finished "load that is ended" 143 "mbx: load: $box-2: message 3 of 4: interrupted*; those before it were sent, to go on use --skip 2*" \
	$pid "$tmp/out"
mbx recv "$box-2" -n 2 >"$tmp/out"
mbx load "$box-2" --file "$tmp/first" >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid send "$box-2"
mbx rm "$box-2"
finished "load into what is deleted" 5 "mbx: load: $box-2: message 3 of 4: the mailbox was deleted*; those before it were sent, to go on use --skip 2" \
	$pid "$tmp/out"
expect "dump takes nothing" 0 "4 0 open" mbx stat "$box" --raw --noheadings -o depth,received,state
expect "dump --freeze" 0 "*four*" mbx dump "$box" --freeze
expect "dump --freeze thaws" 0 "4 0 open" mbx stat "$box" --raw --noheadings -o depth,received,state
mbx admin "$box" freeze
expect "dump --freeze of a frozen one" 0 "*four*" mbx dump "$box" --freeze
expect "leaves it frozen" 0 frozen mbx stat "$box" --raw --noheadings -o state
mbx rm "$box"

# A picture of one moment has no gaps, whatever others do.
mbx create "$box" -c 50 >/dev/null
seq 4000 | mbx send "$box" --lines &
mbx recv "$box" -n 4000 >"$tmp/out" &
receiver=$!
pictures=0 bad=''
while kill -0 $receiver 2>/dev/null; do
	mbx dump "$box" --freeze >"$tmp/first" || bad="$bad status $?"
	sed '1d; s/.*"data":"//; s/".*//' "$tmp/first" |
		awk 'NR > 1 && $1 != last + 1 { exit 1 } { last = $1 }' || bad="$bad gap"
	pictures=$((pictures + 1))
done
wait $receiver
expect "dump --freeze while others work" 0 "yes" sh -c "[ -z '$bad' ] && [ $pictures -gt 0 ] && echo yes || echo '$bad'"
seq 4000 >"$tmp/in"
expect "who get all, in order" 0 "" cmp "$tmp/in" "$tmp/out"
mbx rm "$box"
mbx create "$box" -c 0 >/dev/null
mbx send "$box" -m x 2>/dev/null &
pid=$!
await_blocked $pid send
expect "dump at capacity 0: nothing is queued" 0 '*"messages":0,"capacity":0,*false}' mbx dump "$box"
mbx rm "$box"
wait $pid

# ---- owned
# It waits for someone to open the other end.
mbx create "$box" --owned -- cat "$tmp/fifo" >"$tmp/out" 2>&1 &
owner=$!
until_true mbx stat "$box"
expect "owner" 0 "owned $owner" mbx stat "$box" --raw --noheadings -o kind,owner
expect "only the owner receives" 6 "mbx: recv: $box: *" mbx recv "$box"
expect "only the owner dumps" 6 "mbx: dump: $box: *" mbx dump "$box"
until
	mbx send "$box" -m x --nonblock 2>/dev/null
	[ $? -eq 4 ]
do :; done
mbx send "$box" -m x >"$tmp/out" 2>&1 &
pid=$!
await_blocked $pid send
kill -9 $owner
finished "owner killed" 5 "mbx: send: $box: the process that owned the mailbox has exited*" $pid "$tmp/out"
expect "gone with its owner" 3 "mbx: stat: *" mbx stat "$box"

# ---- lists
valid "ls --json of none" mbx ls --json
mbx create "$box" >/dev/null
mbx create "$box-2" -c unbounded >/dev/null
valid "ls --json" mbx ls --json
valid "ls --json -o" mbx ls --json -o name,capacity
valid "stat --json" mbx stat "$box" "$box-2" --json
valid "tasks --json" mbx tasks --json
valid "tasks --threads --json" mbx tasks --threads --json
valid "tasks --tree --json" mbx tasks --tree --json
valid "doctor --json" mbx doctor --json
expect "tasks PID" 0 "$$" mbx tasks $$ --raw --noheadings -o tgid
expect "tasks --tree PID" 0 "*sh*$$*mbx*$$*" mbx tasks --tree $$ -o comm,tgid,ppid
expect "tasks of nobody" 1 "mbx: tasks: 2147483647: no process*" mbx tasks 2147483647 --raw --noheadings
expect "tasks --check" 0 "*processes compared*0 differences" mbx tasks --check
expect "tasks --check --threads" 0 "*threads compared*0 differences" mbx tasks --check --threads
expect "demo --list" 0 "*hello*" mbx demo --list
for scene in $(mbx demo --list | sed 's/ .*//'); do
	# This one needs a text, see scripts/demo-guest.
	[ "$scene" = prodcons ] || expect "demo $scene" 0 "*ok*" mbx demo "$scene"
done

# ---- who waits for whom
mbx rm --force "$box-2" 2>/dev/null
mbx serve "$box-2" --create --exec 'exec sleep 1000' >/dev/null 2>&1 &
waits_server=$!
until_true mbx stat "$box-2"
mbx call "$box-2" x >/dev/null 2>&1 &
waits_caller=$!
# shellcheck disable=SC2317 # called through until_true
waits() {
	mbx tasks --waits --raw --noheadings -o tgid,op,name,waits_for,taken,cycle | grep -qx "$1"
}
until_true waits "$waits_caller call $box-2 $waits_server yes -"
expect "who waits for whom" 0 "" waits "$waits_caller call $box-2 $waits_server yes -"
expect "who waits for whom, in /proc" 0 "$waits_server" \
	mbx tasks "$waits_caller" --raw --noheadings -o waits_for
expect "who could receive" 0 "$waits_caller $waits_server" \
	mbx stat "$box-2" --raw --noheadings -o caller_pids,server_pids
expect "who waits for whom, drawn" 0 "digraph waits {*p$waits_caller -> m*style=solid*}" mbx tasks --waits --dot
valid "who waits for whom, in JSON" mbx tasks --waits --json
kill "$waits_caller" "$waits_server"
wait "$waits_caller" "$waits_server" 2>/dev/null
mbx rm --force "$box-2"

# ---- rights and limits
expect "too long for the mailbox" 1 "mbx: create: $box-3: --max-msg 4293918720 is above max_msg_size (*" \
	mbx create "$box-3" --max-msg 4095M
limit=/sys/module/ipc_mailbox/parameters/max_user_bytes
as_user() {
	su nobody -s /bin/sh -c "PATH=$PATH; $1"
}
if [ "$(id -u)" != 0 ] || [ "$(as_user 'echo yes' 2>/dev/null)" != yes ]; then
	skip "another user" "needs root and su"
	skip "one's limit" "needs root and su"
	skip "one's limit on descriptors" "needs root and su"
	skip "one within it" "needs root and su"
else
	expect "another user" 6 "mbx: recv: $box: the mailbox's mode or owner does not let you*" as_user "mbx recv $box"
	expect "another user deletes" 6 "mbx: rm: $box: only the mailbox's user*" as_user "mbx rm $box"
	mbx rm "$box"
	mbx create "$box" --mode 0666 >/dev/null
	expect "another user, who may receive, dumps" 6 "mbx: dump: $box: the mailbox's mode or owner does not let you*" \
		as_user "mbx dump $box"
	expect "a mode for all" 0 "" as_user "mbx send $box -m x"
	expect "whose message" 0 "$(id -u nobody)" mbx recv "$box" --format %u
	old=$(cat $limit)
	echo 65536 >$limit
	expect "one's limit" 1 "mbx: send: $box: your queued messages would exceed max_user_bytes (65536)*raise $limit" \
		as_user "head -c 100000 /dev/zero | mbx send $box"
	echo "$old" >$limit
	limit=/sys/module/ipc_mailbox/parameters/max_user_fds
	old=$(cat $limit)
	echo 1 >$limit
	expect "one's limit on descriptors" 1 "mbx: send: $box: your queued messages would have more descriptors than max_user_fds (1)*raise $limit" \
		as_user "mbx send $box -m x --fd 0 --fd 0"
	expect "one within it" 0 "" as_user "mbx send $box -m x --fd 0"
	echo "$old" >$limit
fi

echo "1..$nr"
exit $failed
