// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the user writes: numbers, durations, names.
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* Digits only: strtoull() would take blanks, signs and "-1". */
static bool all_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

bool to_number(const char *text, int base, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !errno && !*end;
}

uint64_t parse_number(const char *what, const char *text, uint64_t min,
		      uint64_t max)
{
	uint64_t value;

	if (!to_number(text, 10, &value) || value < min || value > max)
		usage("%s: '%s' is not a number from %llu to %llu", what, text,
		      (unsigned long long)min, (unsigned long long)max);
	return value;
}

/* clang-format off */
static const struct unit {
	const char *name;
	double ns;
} units[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	{ "min", 60e9 }, { "h", 3600e9 },
};
/* clang-format on */

static double unit_ns(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, name))
			return units[i].ns;
	return 0;
}

int64_t parse_duration(const char *what, const char *text)
{
	size_t len = strspn(text, "0123456789.");
	double value, scale;
	char *end;

	if (!strcmp(text, "inf"))
		return FOREVER;
	value = strtod(text, &end);
	scale = unit_ns(text + len);
	/* "0" needs no unit; for the rest guessing would be wrong by 1000. */
	if (all_digits(text) && value == 0)
		scale = 1;
	if (!len || !isdigit((unsigned char)*text) || end != text + len ||
	    !scale || value * scale >= 9e18)
		usage("%s: '%s' is not a duration such as 250us, 10ms, 2s, inf",
		      what, text);
	return value * scale;
}

uint32_t parse_capacity(const char *text)
{
	if (!strcmp(text, "unbounded"))
		return MBX_UNBOUNDED;
	if (!all_digits(text))
		usage("--capacity: '%s' is not a number of messages or 'unbounded'",
		      text);
	return parse_number("--capacity", text, 0, MBX_UNBOUNDED - 1);
}

static const char *const policies[] = {
	[MBX_POLICY_FIFO] = "fifo", [MBX_POLICY_RR] = "rr",
	[MBX_POLICY_LIFO] = "lifo", [MBX_POLICY_EXCLUSIVE] = "exclusive",
	[MBX_POLICY_PAIR] = "pair",
};

bool find_policy(const char *text, uint32_t *policy)
{
	for (*policy = 0; *policy < ARRAY_SIZE(policies); ++*policy)
		if (!strcmp(text, policies[*policy]))
			return true;
	return false;
}

uint32_t parse_policy(const char *text)
{
	uint32_t policy;

	if (find_policy(text, &policy))
		return policy;
	usage("--policy: '%s' is none of fifo, rr, lifo, exclusive, pair",
	      text);
}

/* Of a module newer than this program there may be more. */
const char *policy_name(uint32_t policy)
{
	return policy < ARRAY_SIZE(policies) ? policies[policy] : "other";
}

static const char *const fulls[] = {
	[MBX_FULL_WAIT] = "wait",
	[MBX_FULL_DROP_OLDEST] = "drop-oldest",
	[MBX_FULL_DROP_NEWEST] = "drop-newest",
	[MBX_FULL_DEFER] = "defer",
};

bool find_full(const char *text, uint32_t *full)
{
	for (*full = 0; *full < ARRAY_SIZE(fulls); ++*full)
		if (!strcmp(text, fulls[*full]))
			return true;
	return false;
}

uint32_t parse_full(const char *text)
{
	uint32_t full;

	if (find_full(text, &full))
		return full;
	usage("--full: '%s' is none of wait, drop-oldest, drop-newest, defer",
	      text);
}

const char *full_name(uint32_t full)
{
	return full < ARRAY_SIZE(fulls) ? fulls[full] : "other";
}

const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[0] = "open",
		[MBX_STATE_FROZEN] = "frozen",
		[MBX_STATE_SEALED] = "sealed",
		[MBX_STATE_FROZEN | MBX_STATE_SEALED] = "frozen,sealed",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "other";
}

bool find_mode(const char *text, uint32_t *mode)
{
	uint64_t value;

	if (!to_number(text, 8, &value) || value & ~0666ULL)
		return false;
	*mode = value;
	return true;
}

uint32_t parse_mode(const char *text)
{
	uint32_t mode;

	if (!find_mode(text, &mode))
		usage("--mode: '%s' is not an octal mode of r and w bits such as 0660",
		      text);
	return mode;
}

uint32_t parse_size(const char *what, const char *text)
{
	uint64_t value;
	char *end;
	int shift = 0;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end && !end[1])
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
	if (!isdigit((unsigned char)*text) || errno || (*end && !shift) ||
	    value << shift >> shift != value || !value ||
	    value << shift > UINT32_MAX)
		usage("%s: '%s' is not a size in bytes such as 4096, 64K, 1M",
		      what, text);
	return value << shift;
}

static uint32_t parse_user(const char *text)
{
	struct passwd *pw;

	if (all_digits(text))
		return parse_number("--owner", text, 0, UINT32_MAX - 1);
	pw = getpwnam(text);
	if (!pw)
		usage("--owner: no user '%s'", text);
	return pw->pw_uid;
}

static uint32_t parse_group(const char *text)
{
	struct group *gr;

	if (all_digits(text))
		return parse_number("--owner", text, 0, UINT32_MAX - 1);
	gr = getgrnam(text);
	if (!gr)
		usage("--owner: no group '%s'", text);
	return gr->gr_gid;
}

void parse_owner(const char *text, uint32_t *uid, uint32_t *gid)
{
	char *user = strdupa(text);
	char *group = strchr(user, ':');

	if (group)
		*group++ = '\0';
	if (!*user && !(group && *group))
		usage("--owner: '%s' is not USER, USER:GROUP or :GROUP", text);
	if (*user)
		*uid = parse_user(user);
	if (group && *group)
		*gid = parse_group(group);
}

static bool bad_character(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '/')
			return true;
	return false;
}

void check_name(const char *text)
{
	if (!*text)
		usage("a mailbox name cannot be empty");
	if (strlen(text) > MBX_NAME_MAX)
		usage("a mailbox name has at most %d bytes, this one %zu",
		      MBX_NAME_MAX, strlen(text));
	if (*text == '@')
		usage("'%s': a mailbox name cannot start with '@'", text);
	if (bad_character(text))
		usage("a mailbox name has no blank, control character or '/'");
}

/* The pid of "@pid:N", that of mbx for "@self", or 0. */
static pid_t target_pid(const char *text)
{
	static const char pid[] = "@pid:";
	uint64_t nr = 0;

	if (!strcmp(text, "@self"))
		return getpid();
	if (strncmp(text, pid, strlen(pid)) ||
	    !all_digits(text + strlen(pid)) ||
	    !to_number(text + strlen(pid), 10, &nr) || nr > INT32_MAX)
		return 0;
	return nr;
}

static uint64_t target_id(const char *text)
{
	uint64_t id = 0;

	if (*text == '@' && all_digits(text + 1) &&
	    to_number(text + 1, 10, &id))
		return id;
	return 0;
}

void check_target(const char *text)
{
	if (*text != '@')
		check_name(text);
	else if (!target_id(text) && !target_pid(text))
		usage("'%s' is no mailbox: '@' and an id, '@pid:' and a pid, or '@self' expected",
		      text);
}

int open_target(struct mbx **m, const char *text, unsigned int rights)
{
	uint64_t id = target_id(text);
	pid_t pid = target_pid(text);

	if (pid)
		return mbx_open_pid(m, pid, rights);
	return id ? mbx_open_id(m, id, rights) : mbx_open(m, text, rights);
}

int delete_target(const char *text)
{
	uint64_t id = target_id(text);
	pid_t pid = target_pid(text);

	if (pid)
		return mbx_delete_pid(pid);
	return id ? mbx_delete_id(id) : mbx_delete(text);
}
