/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that tell which call of which execution sent them. */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include <string.h>

#include "arena.h"
#include "rng.h"

/* The first byte names the call; all of them depend on the execution. */
static inline void message_fill(unsigned char *data, size_t len,
				unsigned int call)
{
	struct rng rng = { rng_mix(arena->nonce, call) };
	size_t done, part;
	uint64_t word;

	for (done = 0; done < len; done += part) {
		word = rng_next(&rng);
		part = len - done < sizeof(word) ? len - done : sizeof(word);
		memcpy(data + done, &word, part);
	}
	if (len)
		*data = call + 1;
}

/* What the messages say that a call has events told by. */
static inline uint64_t event_data(unsigned int call)
{
	return rng_mix(arena->nonce, MAX_CALLS + call);
}

/* The call that had them told, or -1. */
static inline int registration_by(const struct mbx_event *event)
{
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++)
		if (event->data == event_data(i))
			return i;
	return -1;
}

static inline bool message_is_event(const unsigned char *data, size_t len,
				    struct mbx_event *event)
{
	if (len != sizeof(*event))
		return false;
	memcpy(event, data, len);
	return event->size == len && registration_by(event) >= 0;
}

/* The call that sent it, or FROM_*. */
static inline int message_from(const unsigned char *data, size_t len)
{
	struct rng rng;
	size_t done, part;
	uint64_t word;

	if (!len)
		return FROM_NOBODY;
	if (*data < 1 || *data > arena->program.nr)
		return FROM_GARBAGE;
	rng.state = rng_mix(arena->nonce, *data - 1);
	for (done = 0; done < len; done += part) {
		word = rng_next(&rng);
		part = len - done < sizeof(word) ? len - done : sizeof(word);
		if (memcmp(data + done + !done, (char *)&word + !done,
			   part - !done))
			return FROM_GARBAGE;
	}
	return *data - 1;
}

#endif /* FUZZ_MESSAGE_H */
