# SPDX-License-Identifier: GPL-2.0-or-later
# Takes out the paragraphs that scdoc begins where there is nothing in them.
/^\.P$/ { paragraph = 1; next }
/^\.RE$/ { print; next }
/^\.(TH|SH|SS)/ { print; paragraph = 0; fresh = 1; next }
{
	if (paragraph && !fresh)
		print ".P"
	paragraph = fresh = 0
	print
}
