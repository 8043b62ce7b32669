// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options of a verb: one table gives the parser and the help.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define MAX_OPTS 24
#define KEY_HELP 1
#define HELP_COLUMN 24

static bool has_letter(const struct opt *o)
{
	return o->key < 256 && isgraph(o->key);
}

static void build(struct option *longs, char *shorts)
{
	const struct opt *o;
	char *s = shorts;
	int i = 0;

	/* A missing argument is to be told from an unknown option. */
	*s++ = ':';
	*s++ = 'h';
	longs[i++] = (struct option){ "help", no_argument, NULL, KEY_HELP };
	for (o = verb->opts; o->name; o++) {
		longs[i++] = (struct option){ o->name,
					      o->arg ? required_argument :
						       no_argument,
					      NULL, o->key };
		if (!has_letter(o))
			continue;
		*s++ = o->key;
		if (o->arg)
			*s++ = ':';
	}
	longs[i] = (struct option){ 0 };
	*s = '\0';
}

/* The option as the user wrote it. */
static const char *culprit(char **argv, char *buf)
{
	if (optopt > 0 && optopt < 256 && isgraph(optopt) &&
	    strncmp(argv[optind - 1], "--", 2)) {
		sprintf(buf, "-%c", optopt);
		return buf;
	}
	return argv[optind - 1];
}

static int letter_h(int key)
{
	return key == 'h' ? KEY_HELP : key;
}

/* Operands may stand between options; "--" ends those. */
int opt_next(int argc, char **argv)
{
	struct option longs[MAX_OPTS + 2];
	char shorts[2 * MAX_OPTS + 4], name[3];
	int key;

	build(longs, shorts);
	opterr = 0;
	key = letter_h(getopt_long(argc, argv, shorts, longs, NULL));
	if (key == KEY_HELP) {
		verb_help(verb);
		exit(out_close(EXIT_OK));
	}
	if (key == ':')
		usage("%s needs an argument", culprit(argv, name));
	if (key == '?' && strncmp(argv[optind - 1], "--", 2) == 0 && optopt)
		usage("%s takes no argument", argv[optind - 1]);
	if (key == '?')
		usage("unknown option %s", culprit(argv, name));
	return key;
}

void opt_positional(int argc, int min, int max)
{
	int nr = argc - optind;

	if (nr < min)
		usage("too few arguments: %s expected", verb->args);
	if (max >= 0 && nr > max)
		usage("too many arguments: %s expected",
		      max ? verb->args : "none");
}

static void opt_help(const struct opt *o)
{
	char left[64];
	int n = 0;

	if (has_letter(o))
		n = sprintf(left, "  -%c, ", o->key);
	else
		n = sprintf(left, "      ");
	snprintf(left + n, sizeof(left) - n, "--%s%s%s", o->name,
		 o->arg ? " " : "", o->arg ? o->arg : "");
	printf("%-*s  %s\n", HELP_COLUMN, left, o->help);
}

void verb_help(const struct verb *v)
{
	static const struct opt help = { "help", 'h', NULL, "this text" };
	const struct opt *o;

	printf("Usage: mbx %s [OPTION]...%s%s\n%s.\n\nOptions:\n", v->name,
	       *v->args ? " " : "", v->args, v->help);
	for (o = v->opts; o->name; o++)
		opt_help(o);
	opt_help(&help);
	if (v->more)
		printf("\n%s", v->more);
}
