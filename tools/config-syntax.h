/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include "bonsai.h"

/* The language of xl.cfg files: assignments of strings, numbers and lists. */

struct place {
	const char *file;
	unsigned int line;
};

enum value_kind { VALUE_STRING, VALUE_NUMBER, VALUE_LIST };

struct value {
	enum value_kind kind;
	const char *text;	/* of a string, escapes undone; of a number, as written */
	size_t count;		/* of a list: its items */
	char **items;		/* strings and numbers as text */
};

typedef int syntax_set(void *arg, struct ctl *ctl, const struct place *at, const char *key, const struct value *v);

/**
 * syntax_parse - call @set for each assignment, with the line where its key stands
 *
 * Return: 0; -EINVAL with file, line and what is wrong; else what @set gave.
 */
int syntax_parse(struct ctl *ctl, const char *file, const char *text, syntax_set *set, void *arg);

#endif
