# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of a manual page.  In C they become one program, each inside the
# one before, whose variables it may use; in shell each a file, TO and a number.
/^# / { on = $0 == "# EXAMPLES" }
!on { next }
/^```/ {
	inside = !inside
	if (inside && C)
		printf "{ /* %d */\n", ++nr
	else if (inside)
		file = sprintf("%s-%d.sh", TO, ++nr)
	next
}
inside {
	gsub(/\\\\/, "\\")
	if (C)
		print
	else
		print >file
}
END {
	while (C && nr--)
		print "}"
}
