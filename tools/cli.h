/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_H
#define CLI_H

#include "bonsai.h"

#include <jansson.h>
#include <stdio.h>

/* The command line program: what its commands share. */

struct cli;

struct command {
	const char *name, *arguments, *summary;
	int least, most;
	int (*run)(struct cli *cli);
};

struct cli {
	struct ctl *ctl;
	const struct command *command;
	int count;		/* words behind the options */
	char **words;
	bool json;
	const char *opt[128];	/* by letter: NULL, or its value, "" where it takes none */
};

/* commands.c */

extern const struct command commands[];
extern const size_t command_count;
const struct command *command_find(const char *name);

#define COMMAND(fn, name, args, least, most, summary) int cmd_##fn(struct cli *cli);
#include "commands.def"
#undef COMMAND

/** usage - complain of how a command was called; the exit code */
int usage(const struct cli *cli);

/** failed - print "bonsai: " and why the library's last call failed; the exit code */
int failed(const struct cli *cli);

/** complain - print "bonsai: " and these words; the exit code */
__attribute__((format(printf, 1, 2))) int complain(const char *fmt, ...);

/** parse_number - a whole decimal number in least..most */
bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *n);

/** parse_memory - "256" (MiB), or with b, k, m, g or t behind it; in KiB */
bool parse_memory(const char *text, uint64_t *kb);

/** each_domain - run @f on every domain that the command's words name; all are looked up before the first */
int each_domain(struct cli *cli, int (*f)(struct cli *cli, const struct dom *dom));

/** chosen_domains - those that the words name, all if there are none; a count, or -errno */
int chosen_domains(struct cli *cli, struct dom **doms);

/** state_text - xl's six letters: r running, b blocked, p paused, s shut down, c crashed, d dying */
void state_text(const struct xen_domctl_getdomaininfo *i, char text[7]);

/* out.c: everything that is printed is JSON first; a table is one way to show it */

struct column {
	const char *key, *title;
	int width;		/* negative: to the left */
	int decimals;		/* of real numbers */
};

/** show_table - an array of objects as JSON or as a table; takes @rows; the exit code */
int show_table(const struct cli *cli, json_t *rows, const struct column *columns, size_t count);

/** write_table - the same to a file, as a table */
void write_table(FILE *f, const json_t *rows, const struct column *columns, size_t count);

/** show_object - an object as JSON, or as "key : value" lines; takes @o; the exit code */
int show_object(const struct cli *cli, json_t *o);

/** show_value - an object's one member as JSON, or plain; takes @o; the exit code */
int show_value(const struct cli *cli, json_t *o, const char *key);

/** text_json - a string; what is not UTF-8 in it is replaced */
json_t *text_json(const char *text);

#endif
