// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the keys of a configuration mean: values into struct config, defaults, and what cannot be.
 *
 * The language itself is config-syntax.c's.
 */

#include "config-syntax.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key_kind { TEXT_KEY, NUMBER_KEY, EMPTY_KEY };

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	uint64_t least, most;
	bool event;
};

static const struct key keys[] = {
#define TEXT(n, field)		     { #n, TEXT_KEY, offsetof(struct config, field), 0, 0, false },
#define NUMBER(n, field, least, most) { #n, NUMBER_KEY, offsetof(struct config, field), least, most, false },
#define EVENT(n, index)		     { #n, TEXT_KEY, offsetof(struct config, on[index]), 0, 0, true },
#define EMPTY(n)		     { #n, EMPTY_KEY, 0, 0, 0, false },
#include "config-keys.def"
#undef TEXT
#undef NUMBER
#undef EVENT
#undef EMPTY
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const actions[] = {
	"destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "soft-reset",
};

static char **text_at(const struct config *c, const struct key *k)
{
	return (char **)((char *)c + k->offset);
}

static uint64_t *number_at(const struct config *c, const struct key *k)
{
	return (uint64_t *)((char *)c + k->offset);
}

static bool is_action(const char *word)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(word, actions[i]))
			return true;
	return false;
}

static char *copy(const char *text)
{
	char *p = strdup(text);

	if (!p)
		abort();
	return p;
}

static int set_text(struct ctl *ctl, const struct place *at, const struct key *k, const struct value *v,
		    struct config *c)
{
	char **to = text_at(c, k);

	/* `cpus = 2` is as good as `cpus = "2"`. */
	if (v->kind == VALUE_LIST)
		return ctl_fail(ctl, -EINVAL, "%s:%u: key '%s' wants a string, not a list", at->file, at->line, k->name);
	if (k->event && !is_action(v->text))
		return ctl_fail(ctl, -EINVAL, "%s:%u: key '%s': no action '%s' (destroy, restart, preserve, ...)",
				at->file, at->line, k->name, v->text);
	free(*to);
	*to = copy(v->text);
	return 0;
}

static int set_number(struct ctl *ctl, const struct place *at, const struct key *k, const struct value *v,
		      struct config *c)
{
	char *end;
	unsigned long long n;

	if (v->kind == VALUE_LIST || !isdigit((unsigned char)v->text[0]))
		return ctl_fail(ctl, -EINVAL, "%s:%u: key '%s' wants a number", at->file, at->line, k->name);
	errno = 0;
	n = strtoull(v->text, &end, 0);
	if (*end || errno)
		return ctl_fail(ctl, -EINVAL, "%s:%u: key '%s': '%s' is not a number", at->file, at->line, k->name,
				v->text);
	if (n < k->least || n > k->most)
		return ctl_fail(ctl, -EINVAL, "%s:%u: key '%s': %llu is not in %llu..%llu", at->file, at->line,
				k->name, n, (unsigned long long)k->least, (unsigned long long)k->most);
	*number_at(c, k) = n;
	return 0;
}

/* One assignment as the parser found it. */
static int set(void *arg, struct ctl *ctl, const struct place *at, const char *name, const struct value *v)
{
	struct config *c = arg;

	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if (strcmp(k->name, name))
			continue;
		if (k->kind == TEXT_KEY)
			return set_text(ctl, at, k, v, c);
		if (k->kind == NUMBER_KEY)
			return set_number(ctl, at, k, v, c);
		if (v->kind == VALUE_LIST && !v->count)
			return 0;
		return ctl_fail(ctl, -EOPNOTSUPP, "%s:%u: key '%s' is not supported yet, but for an empty list",
				at->file, at->line, name);
	}
	return ctl_fail(ctl, -EOPNOTSUPP, "%s:%u: key '%s' is not supported", at->file, at->line, name);
}

int config_parse(struct ctl *ctl, const char *file, const char *text, struct config *c)
{
	int rc;

	memset(c, 0, sizeof(*c));
	c->file = copy(file);
	rc = syntax_parse(ctl, file, text, set, c);
	if (rc)
		config_free(c);
	return rc;
}

int config_load(struct ctl *ctl, const char *file, struct config *c)
{
	struct blob b;
	char *text;
	int rc = blob_read(ctl, file, &b);

	if (rc)
		return rc;
	if (memchr(b.data, 0, b.size)) {
		blob_free(&b);
		return ctl_fail(ctl, -EINVAL, "%s: not a text file", file);
	}
	text = strndup((char *)b.data, b.size);
	blob_free(&b);
	if (!text)
		abort();
	rc = config_parse(ctl, file, text, c);
	free(text);
	return rc;
}

int config_add(struct ctl *ctl, const char *text, struct config *c)
{
	return syntax_parse(ctl, "command line", text, set, c);
}

static void give(char **to, const char *text)
{
	if (!*to)
		*to = copy(text);
}

static int check_type(struct ctl *ctl, const struct config *c)
{
	if (c->type && strcmp(c->type, "pv"))
		return ctl_fail(ctl, -EOPNOTSUPP, "%s: type '%s' is not supported, only 'pv'", c->file, c->type);
	if (c->builder && strcmp(c->builder, "generic") && strcmp(c->builder, "linux"))
		return ctl_fail(ctl, -EOPNOTSUPP, "%s: builder '%s' is not supported, only 'generic'", c->file,
				c->builder);
	return 0;
}

int config_check(struct ctl *ctl, struct config *c)
{
	struct cpu_set cpus;
	int rc = check_type(ctl, c);

	if (rc)
		return rc;
	if (!c->name)
		return ctl_fail(ctl, -EINVAL, "%s: no key 'name'", c->file);
	if (!store_name_valid(c->name))
		return ctl_fail(ctl, -EINVAL, "%s: '%s' cannot be a domain's name", c->file, c->name);
	if (!c->kernel)
		return ctl_fail(ctl, -EINVAL, "%s: no key 'kernel'", c->file);
	if (c->cpus && cpus_parse(c->cpus, &cpus))
		return ctl_fail(ctl, -EINVAL, "%s: key 'cpus': '%s' is not a list of CPUs", c->file, c->cpus);
	c->memory = c->memory ? c->memory : 32;
	c->maxmem = c->maxmem ? c->maxmem : c->memory;
	c->vcpus = c->vcpus ? c->vcpus : 1;
	c->maxvcpus = c->maxvcpus ? c->maxvcpus : c->vcpus;
	if (c->maxmem < c->memory)
		return ctl_fail(ctl, -EINVAL, "%s: maxmem is less than memory", c->file);
	if (c->maxvcpus < c->vcpus)
		return ctl_fail(ctl, -EINVAL, "%s: maxvcpus is less than vcpus", c->file);
	give(&c->on[ON_POWEROFF], "destroy");
	give(&c->on[ON_REBOOT], "restart");
	give(&c->on[ON_WATCHDOG], "destroy");
	give(&c->on[ON_CRASH], "destroy");
	give(&c->on[ON_SOFT_RESET], "soft-reset");
	return 0;
}

char *config_command_line(const struct config *c)
{
	char *text;
	int n;

	if (c->cmdline)
		return copy(c->cmdline);
	n = asprintf(&text, "%s%s%s%s", c->root ? "root=" : "", c->root ? c->root : "", c->root && c->extra ? " " : "",
		     c->extra ? c->extra : "");
	if (n < 0)
		abort();
	return text;
}

void config_each(const struct config *c, void (*f)(void *arg, const char *key, const char *value), void *arg)
{
	char number[24];

	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if (k->kind == TEXT_KEY && *text_at(c, k))
			f(arg, k->name, *text_at(c, k));
		if (k->kind == NUMBER_KEY && *number_at(c, k)) {
			snprintf(number, sizeof(number), "%llu", (unsigned long long)*number_at(c, k));
			f(arg, k->name, number);
		}
	}
}

void config_free(struct config *c)
{
	for (const struct key *k = keys; k < keys + KEYS; k++)
		if (k->kind == TEXT_KEY)
			free(*text_at(c, k));
	free(c->file);
	memset(c, 0, sizeof(*c));
}
