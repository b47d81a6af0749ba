// SPDX-License-Identifier: GPL-2.0-only
/* The table of commands, and the help that is made from it: for people, for man and for bash. */

#include "cli.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
#define COMMAND(fn, name, args, least, most, summary) { name, args, summary, least, most, cmd_##fn },
#include "commands.def"
#undef COMMAND
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_all(void)
{
	puts("usage: bonsai COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; i < command_count; i++)
		printf("  %-14s %s\n", commands[i].name, commands[i].summary);
	puts("\n`bonsai help COMMAND` tells the arguments.  --json: print JSON.");
}

/* A hyphen in roff is a dash unless it is escaped; a dot at the start of a line is a request. */
static void print_roff(const char *text)
{
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void print_man(void)
{
	puts(".\\\" SPDX-License-Identifier: GPL-2.0-only\n.TH BONSAI 8 \"\" bonsai\n.SH NAME\n"
	     "bonsai \\- make, watch and end domains\n.SH SYNOPSIS\n.B bonsai\n.I COMMAND\n"
	     "[ARGUMENT...]\n.SH DESCRIPTION\n"
	     "Commands bear the names that they have in\n.BR xl (1)\n"
	     "and mean the same. A DOMAIN is a name or a number.\n"
	     "Errors are one line on the standard error; the exit code is then 1, or 2 for wrong arguments.\n"
	     ".SH COMMANDS");
	for (size_t i = 0; i < command_count; i++) {
		fputs(".TP\n.B ", stdout);
		print_roff(commands[i].name);
		putchar(' ');
		print_roff(commands[i].arguments);
		putchar('\n');
		print_roff(commands[i].summary);
		putchar('\n');
	}
	puts(".SH CONFIGURATION\nFiles are those of\n.BR xl.cfg (5)\nfor PV guests. These keys are known:");
#define KEY(name)		      puts(".B " #name);
#define TEXT(name, field)	      KEY(name)
#define NUMBER(name, field, least, most) KEY(name)
#define EVENT(name, index)	      KEY(name)
#define WORDS(name, field, check)     KEY(name)
#define FIXED(name, value)	      puts(".B " #name "\n(only " #value ")");
#include "config-keys.def"
#undef KEY
#undef TEXT
#undef NUMBER
#undef EVENT
#undef WORDS
#undef FIXED
	puts(".PP\nAny other key is an error that names file, line and key.");
}

static void print_completion(void)
{
	puts("# SPDX-License-Identifier: GPL-2.0-only\n# bash completion of bonsai, made from its table of commands\n"
	     "_bonsai()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]}\n\tif [ \"$COMP_CWORD\" = 1 ]; then");
	fputs("\t\tCOMPREPLY=($(compgen -W '", stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	puts("' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; i < command_count; i++) {
		const char *domain = strstr(commands[i].arguments, "DOMAIN"), *file = strstr(commands[i].arguments, "FILE");

		if (domain || file)
			printf("\t%s) COMPREPLY=($(compgen %s%s -- \"$word\")) ;;\n", commands[i].name, file ? "-f " : "",
			       domain ? "-W \"$(bonsai list 2>/dev/null | awk 'NR > 1 { print $1 }')\"" : "");
	}
	puts("\tesac\n}\ncomplete -F _bonsai bonsai");
}

int cmd_help(struct cli *cli)
{
	const struct command *c;

	if (!cli->count) {
		print_all();
		return 0;
	}
	/* What the build asks for. */
	if (!strcmp(cli->words[0], "man-page")) {
		print_man();
		return 0;
	}
	if (!strcmp(cli->words[0], "bash-completion")) {
		print_completion();
		return 0;
	}
	c = command_find(cli->words[0]);
	if (!c)
		return complain("no command '%s'; `bonsai help` lists them", cli->words[0]);
	printf("usage: bonsai %s %s\n%s\n", c->name, c->arguments, c->summary);
	return 0;
}
