// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that the model checks.
 */
#include "model.h"

const char *model_check(void)
{
	const char *wrong = NULL;
	unsigned int i;

	view_make();
	for (i = 0; i < arena->program.nr && !wrong; i++)
		wrong = check_result(i);
	if (!wrong)
		wrong = check_deliveries();
	if (!wrong)
		wrong = check_order();
	for (i = 0; i < nr_boxes && !wrong; i++)
		wrong = check_exactly(&boxes[i]) ?: check_accounts(&boxes[i]);
	return wrong ?: check_polls();
}
