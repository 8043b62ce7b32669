// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mailboxes that recv and peek get messages from: one, or a port set.
 */
#include <stdlib.h>

#include "recv.h"

void sources_name(struct sources *s, int nr, char **names)
{
	int i;

	s->nr = nr;
	s->boxes = grow(NULL, nr * sizeof(*s->boxes));
	for (i = 0; i < nr; i++) {
		check_target(names[i]);
		s->boxes[i] = (struct box){ .name = names[i] };
	}
}

static int open_box(struct box *box)
{
	int err = open_target(&box->m, box->name, MBX_OPEN_RECEIVE);
	struct mbx_stat st;

	if (err)
		return fail(box->name, MBX_CMD_OPEN, err);
	err = mbx_stat(box->m, &st, sizeof(st));
	if (err)
		return fail(box->name, MBX_CMD_STAT, err);
	box->id = st.out_id;
	box->timestamp = st.out_flags & MBX_CREATE_TIMESTAMP;
	return EXIT_OK;
}

static int gather(struct sources *s)
{
	int err = mbx_portset_create(&s->set), i;

	if (err)
		return fail(NULL, MBX_CMD_RECEIVE, err);
	for (i = 0; i < s->nr; i++) {
		struct box *box = &s->boxes[i];

		err = mbx_portset_add(s->set, box->m, box);
		if (err)
			return fail(box->name, MBX_CMD_RECEIVE, err);
	}
	return EXIT_OK;
}

int sources_open(struct sources *s)
{
	int status = EXIT_OK, i;

	for (i = 0; i < s->nr && !status; i++)
		status = open_box(&s->boxes[i]);
	if (!status && s->nr > 1)
		status = gather(s);
	return status;
}

size_t sources_left(const struct sources *s)
{
	return s->set ? mbx_portset_count(s->set) : 1;
}

ssize_t sources_receive(struct sources *s, struct letter *l, struct mbx **m)
{
	struct mbx_source from = { .data = s->boxes };
	const struct box *box;
	ssize_t ret;

	ret = s->set ? mbx_portset_receive_ext(s->set, &from, &l->arg) :
		       mbx_receive_ext(s->boxes->m, &l->arg);
	box = from.data;
	*m = box ? box->m : NULL;
	l->name = box ? box->name : NULL;
	l->id = box ? box->id : 0;
	l->timestamp = box && box->timestamp;
	return ret;
}

void sources_close(struct sources *s)
{
	int i;

	mbx_portset_close(s->set);
	for (i = 0; i < s->nr; i++)
		mbx_close(s->boxes[i].m);
	free(s->boxes);
}
