/* SPDX-License-Identifier: GPL-2.0-only */
/* What coccinelle cannot see through; without it, it skips the function. */
#define scoped_guard(_name, ...) if (1)
