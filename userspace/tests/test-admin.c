// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx admin.
 */
#include <errno.h>

#include "tool.h"

/* clang-format off */
#define OPEN	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_MANAGE }
#define ACTION(word, code) \
	{ .name = word, .args = { "admin", "b", word }, .out = "", \
	  .steps = { OPEN, { STEP_CONTROL, .op = MBX_CONTROL_##code } } }

static const struct run runs[] = {
	ACTION("freeze", FREEZE),
	ACTION("thaw", THAW),
	ACTION("seal", SEAL),
	ACTION("drain", DRAIN),
	{ .name = "purge", .args = { "admin", "b", "purge" }, .out = "12\n",
	  .steps = { OPEN, { STEP_CONTROL, .op = MBX_CONTROL_PURGE,
			     .depth = 12 } } },
	{ .name = "purge to a full standard output", .kind = OUT_FULL,
	  .args = { "admin", "b", "purge" }, .status = 1,
	  .steps = { OPEN, { STEP_CONTROL, .op = MBX_CONTROL_PURGE } },
	  .err = "admin: standard output: No space left on device" },
	{ .name = "by id", .args = { "admin", "@7", "seal" }, .out = "",
	  .steps = { { STEP_OPEN, .id = 7, .flags = MBX_OPEN_MANAGE },
		     { STEP_CONTROL, .op = MBX_CONTROL_SEAL } } },
	{ .name = "drain for so long",
	  .args = { "admin", "b", "drain", "--timeout", "10ms" },
	  .steps = { OPEN, { STEP_CONTROL, -ETIMEDOUT,
			     .op = MBX_CONTROL_DRAIN, .depth = 3,
			     .deadline = SOME_DEADLINE } },
	  .out = "", .status = 124,
	  .err = "admin: b: the deadline has passed, and messages are left in the sealed mailbox: receive or purge them, or allow more time" },
	{ .name = "deleted meanwhile", .args = { "admin", "b", "drain" },
	  .steps = { OPEN, { STEP_CONTROL, -EIDRM, .op = MBX_CONTROL_DRAIN } },
	  .out = "", .status = 5,
	  .err = "admin: b: the mailbox was deleted: create it again" },
	{ .name = "of somebody else", .args = { "admin", "b", "seal" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b",
		       .flags = MBX_OPEN_MANAGE } },
	  .out = "", .status = 6,
	  .err = "admin: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },
	{ .name = "what is not there", .args = { "admin", "b", "seal" },
	  .steps = { { STEP_OPEN, -ENOENT, .name = "b",
		       .flags = MBX_OPEN_MANAGE } },
	  .out = "", .status = 3,
	  .err = "admin: b: no such mailbox in this network namespace: see 'mbx ls'" },
	{ .name = "sealed to a sender", .args = { "send", "b", "-m", "x" },
	  .steps = { { STEP_OPEN, .name = "b", .flags = MBX_OPEN_SEND },
		     { STEP_STAT }, { STEP_SEND, -ESHUTDOWN, .data = "x" } },
	  .out = "", .status = 5,
	  .err = "send: b: the mailbox is sealed: it takes no more messages: create another" },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("admin", runs);
}
