// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx stat
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "listing.h"

/* clang-format off */
const struct opt stat_opts[] = {
	LISTING_OPTS,
	{ 0 }
};

const char stat_more[] =
"Without options one value per line. The handle that mbx itself opens is not\n"
"counted. Columns are those of /proc/ipc_mailboxes and the rights that you may\n"
"open it with, see mbx(1).\n";
/* clang-format on */

static void set_number(struct listing *l, struct row *r, const char *column,
		       uint64_t value)
{
	row_printf(l, r, column, "%" PRIu64, value);
}

static void set_pid(struct listing *l, struct row *r, const char *column,
		    int pid)
{
	if (pid)
		row_printf(l, r, column, "%d", pid);
}

static const char *kind_name(uint32_t flags)
{
	if (flags & MBX_STAT_DIRECT)
		return "direct";
	return flags & MBX_CREATE_OWNED ? "owned" : "system";
}

static void set_identity(struct listing *l, struct row *r,
			 const struct mbx_stat *st)
{
	if (st->out_name_len)
		row_printf(l, r, "name", "%.*s", MBX_NAME_MAX,
			   (const char *)st->out_name);
	set_number(l, r, "id", st->out_id);
	row_set(l, r, "kind", kind_name(st->out_flags));
	if (st->out_capacity == MBX_UNBOUNDED)
		row_set(l, r, "capacity", "unbounded");
	else
		set_number(l, r, "capacity", st->out_capacity);
	set_number(l, r, "msg_max", st->out_msg_max);
	row_printf(l, r, "mode", "%04o", st->out_mode);
	set_number(l, r, "uid", st->out_uid);
	set_number(l, r, "gid", st->out_gid);
	set_pid(l, r, "owner", st->out_owner_pid);
	set_pid(l, r, "creator", st->out_creator_pid);
	set_number(l, r, "created", st->out_created);
	row_set(l, r, "policy", policy_name(st->out_policy));
	row_set(l, r, "full", full_name(st->out_full));
	row_set(l, r, "state", state_name(st->out_state));
	set_pid(l, r, "successor", st->out_successor_pid);
}

static void set_counters(struct listing *l, struct row *r,
			 const struct mbx_stat *st)
{
	set_number(l, r, "depth", st->out_depth);
	set_number(l, r, "bytes", st->out_bytes);
	set_number(l, r, "handles", st->out_handles - 1);
	set_number(l, r, "senders", st->out_senders);
	set_number(l, r, "receivers", st->out_receivers);
	set_number(l, r, "sent", st->out_sent);
	set_number(l, r, "received", st->out_received);
	set_number(l, r, "bytes_sent", st->out_bytes_sent);
	set_number(l, r, "bytes_received", st->out_bytes_received);
	set_number(l, r, "high_water", st->out_high_water);
	set_number(l, r, "lost", st->out_lost);
	set_number(l, r, "callers", st->out_callers);
	set_number(l, r, "leased", st->out_leased);
	set_number(l, r, "returned", st->out_returned);
	set_number(l, r, "dead_letters", st->out_dead_letters);
	set_number(l, r, "duplicates", st->out_duplicates);
	set_number(l, r, "fds", st->out_fds);
	if (st->out_dead_letter)
		set_number(l, r, "dead_letter", st->out_dead_letter);
}

/* What only /proc knows, for those rows that it shows. */
static void set_rest(struct listing *l, struct row *r,
		     const struct listing *proc)
{
	static const char *const rest[] = {
		"sender_pids", "receiver_pids", "caller_pids",
		"server_pids", "creator_comm",
	};
	int id = listing_column(l, "id");
	const char *other;
	size_t i;
	int j;

	for (j = 0; j < proc->nr; j++) {
		other = proc->rows[j].values[id];
		if (!other || strcmp(other, r->values[id]))
			continue;
		for (i = 0; i < ARRAY_SIZE(rest); i++)
			row_set(l, r, rest[i],
				proc->rows[j]
					.values[listing_column(l, rest[i])]);
	}
}

/* There is no asking but by trying. */
static void set_rights(struct listing *l, struct row *r, const char *name)
{
	static const struct {
		unsigned int right;
		char letter;
	} rights[] = {
		{ MBX_OPEN_RECEIVE, 'r' },
		{ MBX_OPEN_SEND, 'w' },
		{ MBX_OPEN_MANAGE, 'm' },
	};
	char text[] = "---";
	struct mbx *m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		if (open_target(&m, name, rights[i].right))
			continue;
		text[i] = rights[i].letter;
		mbx_close(m);
	}
	row_set(l, r, "rights", text);
}

static int stat_one(struct listing *l, const char *name,
		    const struct listing *proc)
{
	struct mbx_stat st;
	struct row *r;
	struct mbx *m;
	int err = open_target(&m, name, 0);

	if (err)
		return fail(name, MBX_CMD_OPEN, err);
	err = mbx_stat(m, &st, sizeof(st));
	mbx_close(m);
	if (err)
		return fail(name, MBX_CMD_STAT, err);
	r = listing_row(l);
	set_identity(l, r, &st);
	set_counters(l, r, &st);
	set_rest(l, r, proc);
	set_rights(l, r, name);
	return EXIT_OK;
}

static int stat_all(struct listing *l, char **names, int nr)
{
	struct listing proc = { .columns = mailbox_columns };
	int status = EXIT_OK;
	int i, ret;

	/* Without it three values are missing; the rest is still worth it. */
	listing_read(&proc, "ipc_mailboxes");
	for (i = 0; i < nr; i++) {
		ret = stat_one(l, names[i], &proc);
		if (!status)
			status = ret;
	}
	listing_free(&proc);
	return status;
}

static void print_lines(const struct listing *l)
{
	const struct row *r;
	int i, j;

	for (i = 0; i < l->nr; i++) {
		r = &l->rows[i];
		if (i)
			putchar('\n');
		for (j = 0; l->columns[j].name; j++)
			printf("%-14s  %s\n", l->columns[j].name,
			       r->values[j] ?: "-");
	}
}

int cmd_stat(int argc, char **argv)
{
	struct listing l = {
		.key = "mailboxes",
		.columns = stat_columns,
	};
	bool table = false;
	int key, status, i;

	while ((key = opt_next(argc, argv)) != -1)
		table |= listing_option(&l, key);
	opt_positional(argc, 1, -1);
	for (i = optind; i < argc; i++)
		check_target(argv[i]);
	listing_check(&l);
	status = stat_all(&l, argv + optind, argc - optind);
	if (table)
		listing_print(&l);
	else
		print_lines(&l);
	listing_free(&l);
	return status;
}
