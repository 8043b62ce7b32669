// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the argument lies, and what a command writes there. */
#include "commands.h"

TEST_F(command, argument_nowhere)
{
	const __u64 where[] = { 0, 8, ~0ULL, 1ULL << 63, 0xffff800000000000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(where); i++)
		EXPECT_ERRNO(EFAULT, run(self, variant->cmd,
					 (void *)(uintptr_t)where[i]));
	EXPECT_ERRNO(EFAULT,
		     run(self, variant->cmd, self->pages + 2 * self->page));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(command, argument_straddles_unmapped)
{
	size_t inside;

	for (inside = 1; inside < variant->size; inside++) {
		unsigned char *end = self->pages + 2 * self->page;
		unsigned char arg[512];

		fill(self, variant->cmd, arg);
		memcpy(end - inside, arg, inside);
		EXPECT_ERRNO(EFAULT, run(self, variant->cmd, end - inside));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(command, argument_unaligned)
{
	unsigned int shift;

	for (shift = 1; shift < 8; shift++) {
		prepare(self, variant->cmd);
		fill(self, variant->cmd, self->pages + shift);
		EXPECT_EQ(0, run(self, variant->cmd, self->pages + shift));
	}
}

/* What cannot be reported must not happen. */
TEST_F(command, argument_read_only)
{
	fill(self, variant->cmd, self->pages);
	ASSERT_EQ(0, mprotect(self->pages, self->page, PROT_READ));
	if (variant->outputs == variant->size) {
		prepare(self, variant->cmd);
		EXPECT_EQ(0, run(self, variant->cmd, self->pages));
	} else {
		EXPECT_ERRNO(EFAULT, run(self, variant->cmd, self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

static bool is_output(const FIXTURE_VARIANT(command) * variant, size_t at)
{
	if (variant->cmd == MBX_IOC_RECEIVE &&
	    at >= offsetof(struct mbx_receive, out_len) &&
	    at < offsetof(struct mbx_receive, deadline))
		return true;
	return at >= variant->outputs;
}

/* Runs the command with its outputs and what lies behind set to @poison. */
static int run_poisoned(FIXTURE_DATA(command) * self,
			const FIXTURE_VARIANT(command) * variant,
			unsigned char poison, unsigned char input[512],
			unsigned char output[512])
{
	size_t at;

	memset(input, poison, 512);
	fill(self, variant->cmd, input);
	for (at = 0; at < variant->size; at++)
		if (is_output(variant, at))
			input[at] = poison;
	memcpy(output, input, 512);
	prepare(self, variant->cmd);
	return run(self, variant->cmd, output);
}

TEST_F(command, writes_nothing_but_outputs)
{
	unsigned char input[512], output[512];
	size_t at;

	ASSERT_EQ(0, run_poisoned(self, variant, 0x5a, input, output));
	for (at = 0; at < sizeof(input); at++) {
		if (at < variant->size && is_output(variant, at))
			continue;
		EXPECT_EQ(input[at], output[at])
		TH_LOG("byte %zu", at);
	}
}

/*
 * Two runs with different poison: a byte that shows the poison both times was
 * not written, whatever the command reports.
 */
TEST_F(command, writes_every_output)
{
	unsigned char input[512], one[512], two[512];
	size_t at;

	ASSERT_EQ(0, run_poisoned(self, variant, 0x5a, input, one));
	ASSERT_EQ(0, run_poisoned(self, variant, 0xc3, input, two));
	for (at = 0; at < variant->size; at++) {
		if (!is_output(variant, at))
			continue;
		EXPECT_FALSE(one[at] == 0x5a && two[at] == 0xc3)
		TH_LOG("byte %zu", at);
	}
}

TEST_HARNESS_MAIN
