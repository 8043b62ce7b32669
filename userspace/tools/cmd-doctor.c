// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx doctor: is all there that mailboxes need?
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

enum { OPT_DOCTOR_JSON = 256 };

/* clang-format off */
const struct opt doctor_opts[] = {
	{ "json", OPT_DOCTOR_JSON, NULL, "JSON" },
	{ 0 }
};
/* clang-format on */

#define PARAMETERS "/sys/module/ipc_mailbox/parameters"

/* What was found out goes to both forms of output. */
struct report {
	json_t *root;
	json_t *checks;
	bool json;
	int status;
};

/* One finding; @advice is NULL when nothing is to be done. */
static void finding(struct report *r, const char *what, int status,
		    const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static void finding(struct report *r, const char *what, int status,
		    const char *advice, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (status && !r->status)
		r->status = status;
	json_array_append_new(r->checks, json_pack("{ss sb ss ss*}", "check",
						   what, "ok", !status, "text",
						   text, "advice", advice));
	if (r->json)
		return;
	printf("%-11s %s%s\n", what, status ? "NO: " : "", text);
	if (advice)
		printf("%-11s %s\n", "", advice);
}

/* The first line of a file, or NULL. */
static const char *first_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return NULL;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static void check_module(struct report *r)
{
	char buf[64];
	const char *version;

	if (access("/sys/module/ipc_mailbox", F_OK)) {
		finding(r, "module", EXIT_ABSENT,
			"run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root",
			"ipc_mailbox is not loaded");
		return;
	}
	version =
		first_line("/sys/module/ipc_mailbox/version", buf, sizeof(buf));
	finding(r, "module", EXIT_OK, NULL, "ipc_mailbox %s is loaded",
		version ?: "(no version)");
}

static void check_device(struct report *r)
{
	int fd = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	int err = errno;

	if (fd >= 0) {
		close(fd);
		finding(r, "device", EXIT_OK, NULL,
			MBX_DEVICE " can be opened");
	} else if (err == EACCES || err == EPERM) {
		finding(r, "device", EXIT_RIGHTS,
			"ask the administrator for read and write permission on it",
			MBX_DEVICE " may not be opened by uid %u", geteuid());
	} else if (err == ENOENT || err == ENODEV || err == ENXIO) {
		finding(r, "device", EXIT_ABSENT,
			"load the module; if it is, see that udev or devtmpfs makes the node",
			MBX_DEVICE ": %s", strerror(err));
	} else {
		finding(r, "device", EXIT_FAIL, NULL, MBX_DEVICE ": %s",
			strerror(err));
	}
}

static void check_abi(struct report *r)
{
	struct mbx_version v = { 0 };
	int err = mbx_version(&v, sizeof(v));
	char text[256];

	/* Said already. */
	if (err == -ENODEV || err == -EACCES)
		return;
	if (err)
		finding(r, "abi", exit_status(err), NULL, "%s",
			mbx_strerror(MBX_CMD_VERSION, err, text, sizeof(text)));
	else
		finding(r, "abi", v.out_abi == MBX_ABI ? EXIT_OK : EXIT_FAIL,
			v.out_abi == MBX_ABI ?
				NULL :
				"use module and library of one release",
			"module %u.%u.%u speaks ABI %u, libmbx %s speaks %u",
			v.out_release >> 16, v.out_release >> 8 & 255,
			v.out_release & 255, v.out_abi, mbx_library_version(),
			MBX_ABI);
}

static void check_proc(struct report *r)
{
	static const char *const names[] = {
		"ipc_tasks",
		"ipc_threads",
		"ipc_mailboxes",
	};
	struct mbx_table *t;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		err = mbx_table_open(&t, names[i]);
		if (err == -ENODEV && r->status)
			continue;
		if (!err)
			mbx_table_close(t);
		finding(r, "proc", exit_status(err),
			err == -EPROTO ?
				"use module and library of one release" :
				NULL,
			"/proc/%s %s", names[i],
			err ? strerror(-err) : "can be read");
	}
}

static const struct limit {
	const char *name;
	const char *what;
} limits[] = {
	{ "max_mailboxes", "mailboxes in the system" },
	{ "max_user_mailboxes", "mailboxes of one user" },
	{ "max_msg_size", "bytes in a message" },
	{ "max_user_bytes", "bytes of one user's queued messages" },
	{ "max_bytes", "bytes of all queued messages" },
	{ "max_user_fds", "descriptors in one user's queued messages" },
};

static void show_limit(struct report *r, json_t *list, const struct limit *l)
{
	char path[128];
	uint64_t value;
	int err = mbx_limit(l->name, &value);

	snprintf(path, sizeof(path), PARAMETERS "/%s", l->name);
	if (err) {
		finding(r, "limit", exit_status(err), NULL, "%s: %s", path,
			strerror(-err));
		return;
	}
	json_array_append_new(list, json_pack("{ss sI ss ss}", "name", l->name,
					      "value", (json_int_t)value,
					      "what", l->what, "path", path));
	if (!r->json)
		printf("%-11s %s = %" PRIu64 " (%s), see %s\n", "limit",
		       l->name, value, l->what, path);
}

static void show_limits(struct report *r)
{
	json_t *list = json_array();
	size_t i;

	json_object_set_new(r->root, "limits", list);
	if (access("/sys/module/ipc_mailbox", F_OK))
		return;
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		show_limit(r, list, &limits[i]);
}

/* Does not stop anything that is loaded; explains why insmod is refused. */
static void note_lockdown(struct report *r)
{
	char buf[128];
	const char *s =
		first_line("/sys/kernel/security/lockdown", buf, sizeof(buf));

	if (s && !strstr(s, "[none]"))
		finding(r, "lockdown", EXIT_OK,
			"only modules signed with a key that the kernel trusts can be loaded",
			"%s", s);
	s = first_line("/sys/module/module/parameters/sig_enforce", buf,
		       sizeof(buf));
	if (s && *s == 'Y')
		finding(r, "signature", EXIT_OK,
			"sign ipc_mailbox.ko, see 'Secure Boot' in the README",
			"the kernel enforces module signatures");
}

static bool same_link(const char *a, const char *b)
{
	char x[64] = "", y[64] = "";
	bool known = readlink(a, x, sizeof(x) - 1) > 0 &&
		     readlink(b, y, sizeof(y) - 1) > 0;

	return !known || !strcmp(x, y);
}

static void note_namespaces(struct report *r)
{
	char buf[64];
	const char *s;

	if (!same_link("/proc/self/ns/net", "/proc/1/ns/net"))
		finding(r, "namespace", EXIT_OK, NULL,
			"a network namespace of its own: mailboxes of others are not seen here");
	s = first_line("/proc/self/uid_map", buf, sizeof(buf));
	/* The initial one maps every id. */
	if (s && !strstr(s, " 4294967295"))
		finding(r, "namespace", EXIT_OK, NULL,
			"a user namespace of its own: users without a mapping show as the overflow id");
}

static void conclude(struct report *r)
{
	json_object_set_new(r->root, "ready", json_boolean(!r->status));
	if (!r->json) {
		puts(r->status ? "not ready" : "ready");
		return;
	}
	json_dumpf(r->root, stdout, JSON_INDENT(1));
	putchar('\n');
}

int cmd_doctor(int argc, char **argv)
{
	struct report r = { .root = json_object(), .checks = json_array() };

	while (opt_next(argc, argv) != -1)
		r.json = true;
	opt_positional(argc, 0, 0);
	json_object_set_new(r.root, "schema", json_integer(1));
	json_object_set_new(r.root, "checks", r.checks);
	check_module(&r);
	check_device(&r);
	check_abi(&r);
	check_proc(&r);
	show_limits(&r);
	note_lockdown(&r);
	note_namespaces(&r);
	conclude(&r);
	json_decref(r.root);
	return r.status;
}
