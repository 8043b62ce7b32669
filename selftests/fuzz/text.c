// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs as text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void call_init(struct call *call, unsigned int task, enum op op)
{
	unsigned int p;

	memset(call, 0, sizeof(*call));
	call->task = task;
	call->op = op;
	for (p = 0; p < PARAMS; p++)
		call->arg[p] = param_info[p].preset;
	if (op == OP_OPEN)
		call->arg[P_FLAGS] = 3;
	if (op == OP_POLL)
		call->arg[P_FLAGS] = WANT_IN;
	if (op == OP_DELETE)
		call->arg[P_BY] = BY_HANDLE;
	if (op == OP_RECEIVE)
		call->arg[P_CALL] = REPLY_NONE;
}

/* ------------------------------------------------------------------- print */

static int print_flags(const struct symbol *symbol, uint32_t value, char *text,
		       size_t size)
{
	const char *plus = "";
	int len = 0;

	for (; symbol->name; symbol++) {
		if (!(value & symbol->value))
			continue;
		len += snprintf(text + len, size - len, "%s%s", plus,
				symbol->name);
		plus = "+";
		value &= ~symbol->value;
	}
	if (value || !*plus)
		len += snprintf(text + len, size - len, "%s%#x", plus, value);
	return len;
}

/* Names for values, or for bits of them. */
static const struct symbol *symbols_of(const struct call *call, enum param p)
{
	return p == P_FLAGS ? op_info[call->op].flags : param_info[p].symbols;
}

static bool has_bits(enum param p)
{
	return p == P_FLAGS || p == P_RIGHTS || p == P_SELECT || p == P_EVENTS;
}

static int print_value(const struct call *call, enum param p, char *text,
		       size_t size)
{
	const struct symbol *symbol = symbols_of(call, p);
	const uint32_t value = call->arg[p];

	if (has_bits(p))
		return print_flags(symbol, value, text, size);
	for (; symbol && symbol->name; symbol++)
		if (symbol->value == value)
			return snprintf(text, size, "%s", symbol->name);
	return snprintf(text, size, p == P_MODE ? "%#o" : "%u", value);
}

int call_print(const struct call *call, char *text, size_t size)
{
	const struct op_info *info = &op_info[call->op];
	struct call preset;
	unsigned int p;
	int len = 0;

	call_init(&preset, call->task, call->op);
	if (call->task == SUPERVISOR)
		len = snprintf(text, size, "s %s", info->name);
	else
		len = snprintf(text, size, "%u %s%s", call->task,
			       call->forked ? "fork " : "", info->name);
	for (p = 0; p < PARAMS; p++) {
		if (!op_has(call->op, p) || call->arg[p] == preset.arg[p])
			continue;
		len += snprintf(text + len, size - len,
				" %s=", param_info[p].name);
		len += print_value(call, p, text + len, size - len);
	}
	if (call->async)
		len += snprintf(text + len, size - len, " &");
	return len;
}

void program_print(const struct program *program, const char *separator,
		   char *text, size_t size)
{
	unsigned int i;
	int len = 0;

	*text = '\0';
	for (i = 0; i < program->nr && size - len > CALL_TEXT_MAX; i++) {
		len += call_print(&program->call[i], text + len, size - len);
		len += snprintf(text + len, size - len, "%s", separator);
	}
}

/* ------------------------------------------------------------------- parse */

/* What is wrong with the text. */
static char complaint[160];

static const char *complain(const char *what, const char *word)
{
	snprintf(complaint, sizeof(complaint), "%s '%s'", what, word);
	return complaint;
}

static bool parse_one(const struct symbol *symbol, const char *word,
		      uint32_t *value)
{
	char *end;

	for (; symbol && symbol->name; symbol++)
		if (!strcmp(symbol->name, word)) {
			*value = symbol->value;
			return true;
		}
	*value = strtoul(word, &end, 0);
	return *word && !*end;
}

static bool parse_flags(const struct symbol *symbols, char *word,
			uint32_t *value)
{
	char *save, *flag;
	uint32_t one;

	*value = 0;
	for (flag = strtok_r(word, "+", &save); flag;
	     flag = strtok_r(NULL, "+", &save)) {
		if (!parse_one(symbols, flag, &one))
			return false;
		*value |= one;
	}
	return true;
}

static bool in_range(enum param p, uint32_t value)
{
	switch (p) {
	case P_BOX:
		return value < BOXES;
	case P_HANDLE:
		return value <= CONTROL;
	case P_TO:
		return value < HANDLES;
	case P_TARGET:
		return value < TASKS;
	case P_NR:
		return value <= BATCH_MAX;
	case P_LEN:
		return value <= 20000;
	case P_ROOM:
		return value <= REPLY_MAX;
	case P_BY:
	case P_NAME:
	case P_DATA:
	case P_ARG:
	case P_SIZE:
	case P_FIELD:
	case P_FILE:
	case P_CMD:
	case P_FD:
	case P_HOW:
	case P_WHO:
	case P_BACK:
	case P_FDS:
	case P_CALL:
		return value < 16;
	default:
		return true;
	}
}

static const char *parse_param(struct call *call, char *word)
{
	char *value = strchr(word, '=');
	unsigned int p;
	bool ok;

	if (!value)
		return complain("no value:", word);
	*value++ = '\0';
	for (p = 0; p < PARAMS; p++)
		if (op_has(call->op, p) && !strcmp(param_info[p].name, word))
			break;
	if (p == PARAMS)
		return complain("no such parameter here:", word);
	ok = has_bits(p) ?
		     parse_flags(symbols_of(call, p), value, &call->arg[p]) :
		     parse_one(symbols_of(call, p), value, &call->arg[p]);
	return ok && in_range(p, call->arg[p]) ? NULL :
						 complain("bad value", value);
}

static const char *parse_task(struct call *call, const char *word)
{
	if (!strcmp(word, "s"))
		call->task = SUPERVISOR;
	else if (*word >= '0' && *word < '0' + TASKS && !word[1])
		call->task = *word - '0';
	else
		return complain("no task", word);
	return NULL;
}

static bool is_supervisor(const struct call *call)
{
	return call->task == SUPERVISOR;
}

static const char *parse_op(struct call *call, const char *word, bool forked)
{
	unsigned int op;

	for (op = 0; op < OPS; op++)
		if (word && !strcmp(op_info[op].name, word))
			break;
	if (op == OPS)
		return complain("no operation", word ? word : "");
	if (op_info[op].by_supervisor != is_supervisor(call))
		return complain("not for this task:", word);
	if (forked && !op_info[op].forks)
		return complain("not for a child:", word);
	call_init(call, call->task, op);
	call->forked = forked;
	return NULL;
}

static const char *parse_call(struct call *call, char *line)
{
	const char *wrong;
	char *save, *word;
	bool forked;

	wrong = parse_task(call, strtok_r(line, " \t", &save));
	if (wrong)
		return wrong;
	word = strtok_r(NULL, " \t", &save);
	forked = word && !strcmp(word, "fork");
	if (forked)
		word = strtok_r(NULL, " \t", &save);
	wrong = parse_op(call, word, forked);
	while (!wrong && (word = strtok_r(NULL, " \t", &save))) {
		if (!strcmp(word, "&"))
			call->async = true;
		else
			wrong = parse_param(call, word);
	}
	return wrong;
}

static const char *parse_line(struct program *program, char *line)
{
	const char *wrong = NULL;
	char *save, *call;

	for (call = strtok_r(line, ";", &save); call && !wrong;
	     call = strtok_r(NULL, ";", &save)) {
		if (!call[strspn(call, " \t")])
			continue;
		if (program->nr == MAX_CALLS)
			return "too many calls";
		wrong = parse_call(&program->call[program->nr++], call);
	}
	return wrong;
}

/* Returns NULL, or what is wrong with the text. */
const char *program_parse(struct program *program, const char *text)
{
	const char *wrong = NULL;
	char *copy, *save, *line;

	copy = strdup(text);
	if (!copy)
		return "out of memory";
	memset(program, 0, sizeof(*program));
	for (line = strtok_r(copy, "\n", &save); line && !wrong;
	     line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, "#")] = '\0';
		wrong = parse_line(program, line);
	}
	free(copy);
	return wrong;
}

const char *program_load(struct program *program, const char *file)
{
	static char text[PROGRAM_TEXT_MAX];
	FILE *f = fopen(file, "re");
	size_t len;

	if (!f)
		return strerror(errno);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	return program_parse(program, text);
}
