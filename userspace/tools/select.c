// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which messages recv and peek are to get.
 */
#include <getopt.h>
#include <limits.h>

#include "recv.h"

#define TYPES (MBX_SELECT_TYPE | MBX_SELECT_TYPE_NOT | MBX_SELECT_TYPE_UPTO)

static void select_type(struct mbx_select *s, const char *what, __u32 flag)
{
	s->flags |= flag;
	s->type = parse_number(what, optarg, 0, UINT64_MAX);
}

void select_option(struct mbx_select *s, int key)
{
	switch (key) {
	case OPT_TYPE:
		select_type(s, "--type", MBX_SELECT_TYPE);
		break;
	case OPT_TYPE_NOT:
		select_type(s, "--type-not", MBX_SELECT_TYPE_NOT);
		break;
	case OPT_TYPE_UPTO:
		select_type(s, "--type-upto", MBX_SELECT_TYPE_UPTO);
		break;
	case OPT_PID:
		s->flags |= MBX_SELECT_PID;
		s->pid = parse_number("--pid", optarg, 0, INT_MAX);
		break;
	case OPT_BADGE:
		s->flags |= MBX_SELECT_BADGE;
		s->badge = parse_number("--badge", optarg, 0, UINT64_MAX);
		break;
	case OPT_MIN_PRIORITY:
		s->flags |= MBX_SELECT_PRIORITY;
		s->priority = parse_number("--min-priority", optarg, 0,
					   MBX_PRIORITIES - 1);
		break;
	case OPT_SEQ:
		s->flags |= MBX_SELECT_SEQ;
		s->seq = parse_number("--seq", optarg, 1, UINT64_MAX);
		break;
	case OPT_ALL:
		s->flags |= MBX_SELECT_AFTER;
		break;
	}
}

void select_check(const struct mbx_select *s)
{
	const __u32 types = s->flags & TYPES;

	if (types & (types - 1))
		usage("more than one of --type, --type-not, --type-upto");
	if (!(s->flags & MBX_SELECT_AFTER))
		return;
	if (s->flags & MBX_SELECT_SEQ)
		usage("--all and --seq exclude each other");
	if (s->flags & MBX_SELECT_TYPE_UPTO)
		usage("--all has its own order, so it excludes --type-upto");
}
