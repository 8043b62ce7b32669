// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wrong use: one line that says what is wrong, status 2, no call to the kernel.
 */
#include "tool.h"

/* clang-format off */
#define HINT(verb)	"; see 'mbx " verb " --help'"
#define WRONG(n, message, ...) \
	{ .name = n, .args = { __VA_ARGS__ }, .status = 2, .out = "", \
	  .err = message }

#define NAME_256 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define DURATION(text) \
	"recv: --timeout: '" text \
	"' is not a duration such as 250us, 10ms, 2s, inf" HINT("recv")
#define MODE(text) \
	"create: --mode: '" text \
	"' is not an octal mode of r and w bits such as 0660" HINT("create")
#define POLICY(text) \
	"create: --policy: '" text \
	"' is none of fifo, rr, lifo, exclusive, pair" HINT("create")
#define FULL(verb, text) \
	verb ": --full: '" text \
	"' is none of wait, drop-oldest, drop-newest, defer" HINT(verb)
#define SIZE(text) \
	"create: --max-msg: '" text \
	"' is not a size in bytes such as 4096, 64K, 1M" HINT("create")
#define COUNT(text) \
	"recv: --count: '" text \
	"' is not a number from 1 to 18446744073709551615" HINT("recv")
#define PRIORITY(verb, option, text) \
	verb ": " option ": '" text "' is not a number from 0 to 31" HINT(verb)
#define TYPES(verb) \
	verb ": more than one of --type, --type-not, --type-upto" HINT(verb)
#define NO_WAIT \
	"peek: --all does not wait: no --nonblock and no --timeout" HINT("peek")
#define EITHER(verb, a, b) \
	verb ": " a " and " b " exclude each other" HINT(verb)

static const struct run runs[] = {
	/* The tool itself. */
	WRONG("no verb", "a verb is missing; see 'mbx --help'", NULL),
	WRONG("unknown verb", "no verb 'frob'; see 'mbx --help'", "frob"),
	WRONG("empty verb", "no verb ''; see 'mbx --help'", ""),
	WRONG("option for the tool", "unknown option --frob; see 'mbx --help'",
	      "--frob"),
	WRONG("verb after an option", "unknown option -x; see 'mbx --help'",
	      "-x", "ls"),

	/* Options as such. */
	WRONG("unknown long option", "ls: unknown option --frob" HINT("ls"),
	      "ls", "--frob"),
	WRONG("unknown letter", "ls: unknown option -q" HINT("ls"),
	      "ls", "-q"),
	WRONG("argument missing", "send: -m needs an argument" HINT("send"),
	      "send", "b", "-m"),
	WRONG("long argument missing",
	      "send: --timeout needs an argument" HINT("send"),
	      "send", "b", "--timeout"),
	WRONG("argument too much",
	      "send: --sync=3 takes no argument" HINT("send"),
	      "send", "b", "--sync=3"),
	WRONG("ambiguous option", "recv: unknown option --n" HINT("recv"),
	      "recv", "b", "--n"),

	/* Operands. */
	WRONG("create without a name",
	      "create: too few arguments: NAME [-- COMMAND...] expected"
	      HINT("create"), "create"),
	WRONG("create with two names",
	      "create: too many arguments: NAME [-- COMMAND...] expected"
	      HINT("create"), "create", "a", "b"),
	WRONG("rm without a name",
	      "rm: too few arguments: NAME... expected" HINT("rm"), "rm"),
	WRONG("ls with an operand",
	      "ls: too many arguments: none expected" HINT("ls"), "ls", "b"),
	WRONG("stat without a name",
	      "stat: too few arguments: NAME... expected" HINT("stat"),
	      "stat"),
	WRONG("send without a name",
	      "send: too few arguments: NAME expected" HINT("send"), "send"),
	WRONG("send with the text as an operand",
	      "send: too many arguments: NAME expected" HINT("send"),
	      "send", "b", "hello"),
	WRONG("recv without a name",
	      "recv: too few arguments: NAME... expected" HINT("recv"), "recv"),
	WRONG("peek without a name",
	      "peek: too few arguments: NAME expected" HINT("peek"), "peek"),
	WRONG("call without a name",
	      "call: too few arguments: NAME [MESSAGE] expected" HINT("call"),
	      "call"),
	WRONG("call with two messages",
	      "call: too many arguments: NAME [MESSAGE] expected" HINT("call"),
	      "call", "b", "x", "y"),
	WRONG("call with a message and a file",
	      EITHER("call", "MESSAGE", "--file"),
	      "call", "b", "x", "--file", "f"),
	WRONG("call with two styles",
	      "call: more than one of --raw, --null, --json" HINT("call"),
	      "call", "b", "x", "--raw", "--json"),
	WRONG("call with a bad priority", PRIORITY("call", "--priority", "32"),
	      "call", "b", "x", "--priority", "32"),
	WRONG("call with no descriptor",
	      "call: --fd: '' is neither a descriptor nor a path" HINT("call"),
	      "call", "b", "x", "--fd", ""),
	WRONG("serve without a name",
	      "serve: too few arguments: NAME expected" HINT("serve"), "serve"),
	WRONG("serve without a command",
	      "serve: --exec COMMAND is missing" HINT("serve"), "serve", "b"),
	WRONG("serve with no jobs",
	      "serve: --jobs: '0' is not a number from 1 to 1000" HINT("serve"),
	      "serve", "b", "--jobs", "0"),
	WRONG("serve and create an id",
	      "serve: '@7': a mailbox name cannot start with '@'" HINT("serve"),
	      "serve", "@7", "--create", "--exec", "cat"),
	WRONG("wait without a name",
	      "wait: too few arguments: NAME expected" HINT("wait"),
	      "wait", "--empty"),
	WRONG("admin without an action",
	      "admin: too few arguments: NAME ACTION expected" HINT("admin"),
	      "admin", "b"),
	WRONG("admin with an action that does not exist",
	      "admin: 'melt' is none of freeze, thaw, seal, purge, drain"
	      HINT("admin"), "admin", "b", "melt"),
	WRONG("admin with a time for what does not wait",
	      "admin: --timeout is for drain only" HINT("admin"),
	      "admin", "b", "seal", "--timeout", "1s"),
	WRONG("dump without a name",
	      "dump: too few arguments: NAME expected" HINT("dump"), "dump"),
	WRONG("load without a name",
	      "load: too few arguments: NAME expected" HINT("load"), "load"),
	WRONG("load to create an id",
	      "load: '@7': a mailbox name cannot start with '@'" HINT("load"),
	      "load", "@7", "--create"),
	WRONG("load, and two ways to wait",
	      EITHER("load", "--nonblock", "--timeout"), "load", "b",
	      "--nonblock", "--timeout", "1s"),
	WRONG("doctor with an operand",
	      "doctor: too many arguments: none expected" HINT("doctor"),
	      "doctor", "b"),

	/* Names. */
	WRONG("empty name", "create: a mailbox name cannot be empty"
	      HINT("create"), "create", ""),
	WRONG("name with a slash",
	      "create: a mailbox name has no blank, control character or '/'"
	      HINT("create"), "create", "a/b"),
	WRONG("name with a blank",
	      "create: a mailbox name has no blank, control character or '/'"
	      HINT("create"), "create", "a b"),
	WRONG("name with a newline",
	      "create: a mailbox name has no blank, control character or '/'"
	      HINT("create"), "create", "a\nb"),
	WRONG("name with DEL",
	      "create: a mailbox name has no blank, control character or '/'"
	      HINT("create"), "create", "a\177"),
	WRONG("name too long",
	      "create: a mailbox name has at most 255 bytes, this one 256"
	      HINT("create"), "create", NAME_256),
	WRONG("create by id",
	      "create: '@5': a mailbox name cannot start with '@'"
	      HINT("create"), "create", "@5"),
	WRONG("id that is none",
	      "send: '@x' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("send"), "send", "@x"),
	WRONG("id 0",
	      "rm: '@0' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected" HINT("rm"),
	      "rm", "@0"),
	WRONG("id with a sign",
	      "rm: '@-1' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected" HINT("rm"),
	      "rm", "@-1"),
	WRONG("id beyond 64 bits",
	      "rm: '@18446744073709551616' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("rm"), "rm", "@18446744073709551616"),
	WRONG("pid 0",
	      "send: '@pid:0' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("send"), "send", "@pid:0"),
	WRONG("pid with a sign",
	      "send: '@pid:-1' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("send"), "send", "@pid:-1"),
	WRONG("pid beyond 31 bits",
	      "stat: '@pid:2147483648' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("stat"), "stat", "@pid:2147483648"),
	WRONG("no pid",
	      "rm: '@pid:' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected"
	      HINT("rm"), "rm", "@pid:"),
	WRONG("create by pid",
	      "create: '@self': a mailbox name cannot start with '@'"
	      HINT("create"), "create", "@self"),
	WRONG("transfer to nobody",
	      "transfer: PID: '0' is not a number from 1 to 2147483647"
	      HINT("transfer"), "transfer", "b", "0"),
	WRONG("transfer to what is no pid",
	      "transfer: PID: 'x' is not a number from 0 to 2147483647"
	      HINT("transfer"), "transfer", "-s", "b", "x"),
	WRONG("rm looks at all names first",
	      "rm: a mailbox name has no blank, control character or '/'"
	      HINT("rm"), "rm", "good", "b/d"),

	/* create. */
	WRONG("capacity that is none",
	      "create: --capacity: 'many' is not a number of messages or 'unbounded'"
	      HINT("create"), "create", "b", "--capacity", "many"),
	WRONG("negative capacity",
	      "create: --capacity: '-1' is not a number of messages or 'unbounded'"
	      HINT("create"), "create", "b", "--capacity", "-1"),
	WRONG("capacity that is the bound of none",
	      "create: --capacity: '4294967295' is not a number from 0 to 4294967294"
	      HINT("create"), "create", "b", "--capacity", "4294967295"),
	WRONG("mode with x", MODE("0755"), "create", "b", "--mode", "0755"),
	WRONG("mode in letters", MODE("rw"), "create", "b", "-m", "rw"),
	WRONG("mode with 8", MODE("0680"), "create", "b", "-m", "0680"),
	WRONG("empty mode", MODE(""), "create", "b", "-m", ""),
	WRONG("size 0", SIZE("0"), "create", "b", "--max-msg", "0"),
	WRONG("size with a wrong unit", SIZE("4G"), "create", "b", "-s", "4G"),
	WRONG("size too large", SIZE("4096M"), "create", "b", "-s", "4096M"),
	WRONG("negative size", SIZE("-1"), "create", "b", "-s", "-1"),
	WRONG("size with a word", SIZE("1Kx"), "create", "b", "-s", "1Kx"),
	WRONG("unknown user",
	      "create: --owner: no user 'no-such-user'" HINT("create"),
	      "create", "b", "--owner", "no-such-user"),
	WRONG("unknown group",
	      "create: --owner: no group 'no-such-group'" HINT("create"),
	      "create", "b", "--owner", "0:no-such-group"),
	WRONG("no owner at all",
	      "create: --owner: ':' is not USER, USER:GROUP or :GROUP"
	      HINT("create"), "create", "b", "--owner", ":"),
	WRONG("owner that means nobody",
	      "create: --owner: '4294967295' is not a number from 0 to 4294967294"
	      HINT("create"), "create", "b", "--owner", "4294967295"),
	WRONG("owned by no command",
	      "create: --owned needs the COMMAND that is to own the mailbox"
	      HINT("create"), "create", "b", "--owned"),
	WRONG("owned but perhaps there already",
	      EITHER("create", "--owned", "--exist-ok"),
	      "create", "b", "--owned", "--exist-ok", "--", "true"),
	WRONG("a command without --owned",
	      "create: too many arguments: NAME [-- COMMAND...] expected"
	      HINT("create"), "create", "b", "--", "true"),

	/* send. */
	WRONG("descriptors with lines",
	      "send: --fd is for one message: no --lines and no --null"
	      HINT("send"), "send", "b", "--lines", "--fd", "0"),
	WRONG("too many descriptors",
	      "send: --fd: a message has no more than 16 descriptors"
	      HINT("send"), "send", "b", "--fd=0", "--fd=0", "--fd=0",
	      "--fd=0", "--fd=0", "--fd=0", "--fd=0", "--fd=0", "--fd=0",
	      "--fd=0", "--fd=0", "--fd=0", "--fd=0", "--fd=0", "--fd=0",
	      "--fd=0", "--fd=0"),
	WRONG("descriptors for nobody",
	      "recv: --fds is for a command: --exec is missing" HINT("recv"),
	      "recv", "b", "--fds"),
	WRONG("text and file", EITHER("send", "--message", "--file"),
	      "send", "b", "-m", "x", "-f", "y"),
	WRONG("text in lines",
	      "send: --message is one message: no --lines and no --null"
	      HINT("send"), "send", "b", "-m", "x", "--lines"),
	WRONG("lines that end in two ways",
	      EITHER("send", "--lines", "--null"),
	      "send", "b", "--lines", "-0"),
	WRONG("not to wait so long", EITHER("send", "--nonblock", "--timeout"),
	      "send", "b", "--nonblock", "--timeout", "1s"),
	WRONG("to wait and not to wait",
	      "send: --sync waits, so it excludes --nonblock" HINT("send"),
	      "send", "b", "--sync", "--nonblock"),
	WRONG("to wait and to drop",
	      "send: --sync waits, so --full can only be wait" HINT("send"),
	      "send", "b", "--sync", "--full", "drop-oldest"),
	WRONG("to drop what", FULL("send", "drop"),
	      "send", "b", "--full", "drop"),
	WRONG("to do nothing if full", FULL("create", ""),
	      "create", "b", "--full", ""),

	WRONG("priority too high", PRIORITY("send", "--priority", "32"),
	      "send", "b", "--priority", "32"),
	WRONG("negative priority", PRIORITY("send", "--priority", "-1"),
	      "send", "b", "--priority", "-1"),
	WRONG("type beyond 64 bits",
	      "send: --type: '18446744073709551616' is not a number from 0 to 18446744073709551615"
	      HINT("send"), "send", "b", "--type", "18446744073709551616"),

	/* recv and peek. */
	WRONG("a type and other types", TYPES("recv"),
	      "recv", "b", "--type", "1", "--type-not", "2"),
	WRONG("a type and low types", TYPES("peek"),
	      "peek", "b", "--type-upto", "1", "--type", "2"),
	WRONG("lowest priority too high",
	      PRIORITY("recv", "--min-priority", "32"),
	      "recv", "b", "--min-priority", "32"),
	WRONG("negative pid",
	      "recv: --pid: '-1' is not a number from 0 to 2147483647"
	      HINT("recv"), "recv", "b", "--pid", "-1"),
	WRONG("a number that no message has",
	      "recv: --seq: '0' is not a number from 1 to 18446744073709551615"
	      HINT("recv"), "recv", "b", "--seq", "0"),
	WRONG("a badge in letters",
	      "peek: --badge: 'me' is not a number from 0 to 18446744073709551615"
	      HINT("peek"), "peek", "b", "--badge", "me"),
	WRONG("receive all", "recv: unknown option --all" HINT("recv"),
	      "recv", "b", "--all"),
	WRONG("all and one", EITHER("peek", "--all", "--seq"),
	      "peek", "b", "--seq", "1", "--all"),
	WRONG("all in another order",
	      "peek: --all has its own order, so it excludes --type-upto"
	      HINT("peek"), "peek", "b", "--all", "--type-upto", "3"),
	WRONG("all, with a deadline", NO_WAIT,
	      "peek", "b", "--all", "--timeout", "1s"),
	WRONG("all, and fail if there are none", NO_WAIT,
	      "peek", "b", "--all", "--nonblock"),
	WRONG("count 0", COUNT("0"), "recv", "b", "-n", "0"),
	WRONG("negative count", COUNT("-1"), "recv", "b", "-n", "-1"),
	WRONG("count with a fraction", COUNT("1.5"), "recv", "b", "-n", "1.5"),
	WRONG("conditions for two",
	      "recv: which messages is to be said for one NAME, not for several"
	      HINT("recv"), "recv", "b", "c", "--type", "1"),
	WRONG("peek at two", "peek: too many arguments: NAME expected"
	      HINT("peek"), "peek", "b", "c"),
	WRONG("count and for ever", EITHER("recv", "--count", "--follow"),
	      "recv", "b", "-n", "1", "--follow"),
	WRONG("not to wait so long for one",
	      EITHER("recv", "--nonblock", "--timeout"),
	      "recv", "b", "--nonblock", "--timeout", "1s"),
	WRONG("two styles",
	      "recv: more than one of --raw, --null, --format, --json, --exec"
	      HINT("recv"), "recv", "b", "--raw", "--json"),
	WRONG("two styles of peek",
	      "peek: more than one of --raw, --null, --format, --json"
	      HINT("peek"), "peek", "b", "--raw", "-0"),
	WRONG("peek more than one", "peek: unknown option -n" HINT("peek"),
	      "peek", "b", "-n", "2"),
	WRONG("unknown directive",
	      "recv: --format: no directive '%z' in '%m%z'" HINT("recv"),
	      "recv", "b", "--format", "%m%z"),
	WRONG("directive cut off",
	      "recv: --format: no directive '%' in '5%'" HINT("recv"),
	      "recv", "b", "--format", "5%"),
	WRONG("unknown escape",
	      "recv: --format: no escape '\\q' in '\\q'" HINT("recv"),
	      "recv", "b", "--format", "\\q"),
	WRONG("escape cut off",
	      "recv: --format: no escape '\\' in 'x\\'" HINT("recv"),
	      "recv", "b", "--format", "x\\"),
	WRONG("duration without a unit", DURATION("5"),
	      "recv", "b", "--timeout", "5"),
	WRONG("duration without a number", DURATION("ms"),
	      "recv", "b", "--timeout", "ms"),
	WRONG("duration with two points", DURATION("1.2.3s"),
	      "recv", "b", "--timeout", "1.2.3s"),
	WRONG("negative duration", DURATION("-1s"),
	      "recv", "b", "--timeout", "-1s"),
	WRONG("duration with a wrong unit", DURATION("1d"),
	      "recv", "b", "--timeout", "1d"),
	WRONG("empty duration", DURATION(""),
	      "recv", "b", "--timeout", ""),
	WRONG("duration of centuries", DURATION("9000000000s"),
	      "recv", "b", "--timeout", "9000000000s"),
	WRONG("duration with an exponent", DURATION("1e3s"),
	      "recv", "b", "--timeout", "1e3s"),

	/* wait. */
	WRONG("wait for nothing",
	      "wait: a state is missing, such as --readable or --empty"
	      HINT("wait"), "wait", "b"),
	WRONG("wait for two things",
	      "wait: exactly one state is to be given" HINT("wait"),
	      "wait", "b", "--empty", "--deleted"),
	WRONG("wait for a depth that always is",
	      "wait: --high: '0' is not a number from 1 to 4294967295"
	      HINT("wait"), "wait", "b", "--high", "0"),

	/* Lists. */
	WRONG("unknown column",
	      "ls: --output: no column 'foo' among all,name,id,kind,capacity,depth,bytes,msg_max,mode,uid,gid,owner,handles,senders,receivers,sender_pids,receiver_pids,sent,received,bytes_sent,bytes_received,high_water,creator,creator_comm,created,policy,state,lost,successor,full,callers,leased,returned,dead_letters,duplicates,dead_letter,caller_pids,server_pids,fds"
	      HINT("ls"), "ls", "-o", "id,foo"),
	WRONG("empty column",
	      "stat: --output: no column '' among all,name,id,kind,capacity,depth,bytes,msg_max,mode,uid,gid,owner,handles,senders,receivers,sender_pids,receiver_pids,sent,received,bytes_sent,bytes_received,high_water,creator,creator_comm,created,policy,state,lost,successor,full,callers,leased,returned,dead_letters,duplicates,dead_letter,caller_pids,server_pids,fds,rights"
	      HINT("stat"), "stat", "b", "-o", "id,"),
	WRONG("JSON without headings",
	      "ls: --json excludes --noheadings and --raw" HINT("ls"),
	      "ls", "--json", "--noheadings"),
	WRONG("no PID",
	      "tasks: PID: 'init' is not a number from 1 to 2147483647"
	      HINT("tasks"), "tasks", "init"),
	WRONG("a tree of the blocked", EITHER("tasks", "--tree", "--blocked"),
	      "tasks", "--tree", "--blocked"),
	WRONG("check and list",
	      "tasks: --check goes with --threads only" HINT("tasks"),
	      "tasks", "--check", "--json"),
	WRONG("waits and threads",
	      "tasks: --waits excludes PIDs and --tree, --threads, --blocked, --check"
	      HINT("tasks"), "tasks", "--waits", "--threads"),
	WRONG("a graph of tasks", "tasks: --dot goes with --waits only"
	      HINT("tasks"), "tasks", "--dot"),
	WRONG("a graph in JSON", "tasks: --dot goes with --waits only"
	      HINT("tasks"), "tasks", "--waits", "--dot", "--json"),
	WRONG("check one",
	      "tasks: --check goes with --threads only" HINT("tasks"),
	      "tasks", "--check", "1"),
	WRONG("column of the other list",
	      "tasks: --output: no column 'ppid' among all,tid,tgid,state,policy,prio,nice,cpu,utime,stime,vruntime,runtime,nvcsw,nivcsw,minflt,majflt,start,comm,sent,received,bytes_sent,bytes_received,op,mailbox,name,since,deadline,donor,waits_for"
	      HINT("tasks"), "tasks", "--threads", "-o", "ppid"),
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("usage", runs);
}
