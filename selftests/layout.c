// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout.h checks sizes and offsets when it is compiled.  What it says is
 * walked here for holes, through which kernel memory could leak.
 */
#include "layout.h"
#include "kselftest_harness.h"

struct member {
	const char *type;
	const char *name;
	size_t offset;
	size_t end;
	size_t type_end;
};

#define NO_ROW(type, bytes)
#define ROW(type, member, offset, bytes) \
	{ #type, #member, offset, (offset) + (bytes), 0 },
#define LAST_ROW(type, member, offset, bytes) \
	{ #type, #member, offset, (offset) + (bytes), sizeof(struct type) },

static const struct member members[] = { LAYOUT(NO_ROW, ROW, LAST_ROW) };

TEST(members_leave_no_hole)
{
	size_t i, end = 0;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		EXPECT_EQ(end, members[i].offset)
		TH_LOG("before %s.%s", members[i].type, members[i].name);
		end = members[i].type_end ? 0 : members[i].end;
	}
}

TEST(structures_have_no_tail)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		if (!members[i].type_end)
			continue;
		EXPECT_EQ(members[i].type_end, members[i].end)
		TH_LOG("%s", members[i].type);
	}
}

TEST(structures_are_8_byte_aligned)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++)
		EXPECT_EQ(0, members[i].type_end % 8);
	EXPECT_EQ(8, _Alignof(struct mbx_version));
	EXPECT_EQ(8, _Alignof(struct mbx_create));
	EXPECT_EQ(8, _Alignof(struct mbx_open));
	EXPECT_EQ(8, _Alignof(struct mbx_delete));
	EXPECT_EQ(8, _Alignof(struct mbx_send));
	EXPECT_EQ(8, _Alignof(struct mbx_receive));
	EXPECT_EQ(8, _Alignof(struct mbx_stat));
	EXPECT_EQ(8, _Alignof(struct mbx_derive));
	EXPECT_EQ(8, _Alignof(struct mbx_revoke));
	EXPECT_EQ(8, _Alignof(struct mbx_control));
	EXPECT_EQ(8, _Alignof(struct mbx_batch));
	EXPECT_EQ(8, _Alignof(struct mbx_call));
	EXPECT_EQ(8, _Alignof(struct mbx_reply));
}

TEST_HARNESS_MAIN
