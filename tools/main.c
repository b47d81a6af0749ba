// SPDX-License-Identifier: GPL-2.0-only
/* bonsai: find the command, take its options apart, run it. */

#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int complain(const char *fmt, ...)
{
	va_list ap;

	fputs("bonsai: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return 1;
}

int failed(const struct cli *cli)
{
	return complain("%s", ctl_why(cli->ctl));
}

int usage(const struct cli *cli)
{
	complain("usage: bonsai %s %s", cli->command->name, cli->command->arguments);
	return 2;
}

bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *n)
{
	char *end;

	errno = 0;
	*n = strtoul(text, &end, 10);
	return isdigit((unsigned char)text[0]) && !*end && !errno && *n >= least && *n <= most;
}

bool parse_memory(const char *text, uint64_t *kb)
{
	static const char units[] = "bkmgt";
	const char *unit;
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	unit = strchr(units, *end ? tolower((unsigned char)*end) : 'm');
	if (!isdigit((unsigned char)text[0]) || errno || !unit || !*unit || (*end && end[1]) || n >> 32)
		return false;
	*kb = unit == units ? n >> 10 : n << 10 * (unit - units - 1);
	return *kb && *kb >> 42 == 0;
}

int chosen_domains(struct cli *cli, struct dom **doms)
{
	int rc;

	if (!cli->count)
		return dom_list(cli->ctl, doms);
	*doms = calloc(cli->count, sizeof(**doms));
	if (!*doms)
		abort();
	for (int i = 0; i < cli->count; i++) {
		rc = dom_lookup(cli->ctl, cli->words[i], &(*doms)[i]);
		if (rc) {
			free(*doms);
			return rc;
		}
	}
	return cli->count;
}

int each_domain(struct cli *cli, int (*f)(struct cli *cli, const struct dom *dom))
{
	struct dom *doms;
	int count = chosen_domains(cli, &doms), code = 0;

	if (count < 0)
		return failed(cli);
	for (int i = 0; i < count; i++)
		if (f(cli, &doms[i]))
			code = failed(cli);
	free(doms);
	return code;
}

/* What the table says of an option, "-c" or "--word": none, 1 for one without a value, 2 with. */
static int option_kind(const struct command *c, const char *option)
{
	char listed[32];
	const char *found;
	int n = snprintf(listed, sizeof(listed), "[%s", option);

	found = n < (int)sizeof(listed) ? strstr(c->arguments, listed) : NULL;
	return !found ? 0 : found[n] == ' ' ? 2 : found[n] == ']';
}

/* One option in words[*i]; false if the command has none such. */
static bool take_option(struct cli *cli, int count, char **words, int *i)
{
	const char *word = words[*i], *value = "";
	int kind;

	if (!strcmp(word, "--json"))
		return cli->json = strstr(cli->command->arguments, "--json");
	if (word[1] != '-' && word[2])
		return false;
	kind = option_kind(cli->command, word);
	if (kind == 2 && ++*i == count)
		return false;
	if (kind == 2)
		value = words[*i];
	if (kind)
		cli->opt[(word[1] == '-' ? word[2] : word[1]) & 127] = value;	/* a long one by its first letter */
	return kind;
}

/* Options may stand anywhere; the words are gathered in front.  "-" alone is a word. */
static bool take_apart(struct cli *cli, int count, char **words)
{
	cli->words = words;
	for (int i = 0; i < count; i++) {
		if (words[i][0] != '-' || !words[i][1])
			cli->words[cli->count++] = words[i];
		else if (!take_option(cli, count, words, &i))
			return false;
	}
	return cli->count >= cli->command->least && (cli->command->most < 0 || cli->count <= cli->command->most);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	const char *name = argc > 1 ? argv[1] : "help";
	int code;

	if (!strcmp(name, "-h") || !strcmp(name, "--help"))
		name = "help";
	cli.command = command_find(name);
	if (!cli.command) {
		complain("no command '%s'; `bonsai help` lists them", name);
		return 2;
	}
	/* `bonsai COMMAND --help` is `bonsai help COMMAND`. */
	if (argc == 3 && !strcmp(argv[2], "--help")) {
		argv[2] = argv[1];
		cli.command = command_find("help");
	}
	if (!take_apart(&cli, argc > 2 ? argc - 2 : 0, argv + 2))
		return usage(&cli);
	cli.ctl = ctl_new();
	code = cli.command->run(&cli);
	ctl_free(cli.ctl);
	/* A full disk must not look like success. */
	if (fflush(stdout) || ferror(stdout))
		code = complain("cannot write the output");
	return code;
}
