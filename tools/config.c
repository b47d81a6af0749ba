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

enum key_kind { TEXT_KEY, NUMBER_KEY, WORDS_KEY, FIXED_KEY };

typedef int check_fn(struct ctl *ctl, const char *text);

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	uint64_t least, most;
	bool event;
	check_fn *check;
	const char *only;
};

static int check_cpus(struct ctl *ctl, const char *text)
{
	struct cpu_set set;

	return cpus_parse(text, &set) ? ctl_fail(ctl, -EINVAL, "'%s' is not a list of CPUs", text) : 0;
}

static int check_disk(struct ctl *ctl, const char *text)
{
	struct disk d;
	int rc = disk_parse(ctl, text, &d);

	disk_free(&d);
	return rc;
}

static int check_vif(struct ctl *ctl, const char *text)
{
	struct vif v;
	int rc = vif_parse(ctl, text, &v);

	vif_free(&v);
	return rc;
}

static const struct key keys[] = {
#define AT(field) offsetof(struct config, field)
#define TEXT(n, field)		      { #n, TEXT_KEY, AT(field), 0, 0, false, NULL, NULL },
#define NUMBER(n, field, least, most) { #n, NUMBER_KEY, AT(field), least, most, false, NULL, NULL },
#define EVENT(n, index)		      { #n, TEXT_KEY, AT(on[index]), 0, 0, true, NULL, NULL },
#define WORDS(n, field, check)	      { #n, WORDS_KEY, AT(field), 0, 0, false, check_##check, NULL },
#define FIXED(n, value)		      { #n, FIXED_KEY, 0, 0, 0, false, NULL, value },
#include "config-keys.def"
#undef TEXT
#undef NUMBER
#undef EVENT
#undef WORDS
#undef FIXED
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

static struct words *words_at(const struct config *c, const struct key *k)
{
	return (struct words *)((char *)c + k->offset);
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

static void words_free(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i]);
	free(w->items);
	*w = (struct words){ 0 };
}

static void words_add(struct words *w, const char *text)
{
	w->items = realloc(w->items, (w->count + 1) * sizeof(*w->items));
	if (!w->items)
		abort();
	w->items[w->count++] = copy(text);
}

/* `cpus = 2` is as good as `cpus = "2"`. */
static int set_words(struct ctl *ctl, const struct place *at, const struct key *k, const struct value *v,
		     struct config *c)
{
	struct words *to = words_at(c, k);
	size_t count = v->kind == VALUE_LIST ? v->count : 1;
	const char *text;
	int rc;

	words_free(to);
	to->list = v->kind == VALUE_LIST;
	for (size_t i = 0; i < count; i++) {
		text = to->list ? v->items[i] : v->text;
		rc = k->check(ctl, text);
		if (rc)
			return ctl_fail(ctl, rc, "%s:%u: key '%s': %s", at->file, at->line, k->name, ctl_why(ctl));
		words_add(to, text);
	}
	return 0;
}

static int check_fixed(struct ctl *ctl, const struct place *at, const struct key *k, const struct value *v)
{
	if (v->kind == VALUE_LIST ? !v->count : !strcmp(v->text, k->only))
		return 0;
	return ctl_fail(ctl, -EOPNOTSUPP, "%s:%u: key '%s' is not supported (only %s is)", at->file, at->line, k->name,
			*k->only ? k->only : "an empty list");
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
		return k->kind == WORDS_KEY ? set_words(ctl, at, k, v, c) : check_fixed(ctl, at, k, v);
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
	if (b.size && memchr(b.data, 0, b.size)) {
		blob_free(&b);
		return ctl_fail(ctl, -EINVAL, "%s: not a text file", file);
	}
	text = strndup(b.size ? (char *)b.data : "", b.size);
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
	if (c->pool && strcmp(c->pool, "Pool-0") && strcmp(c->pool, "0"))
		return ctl_fail(ctl, -EOPNOTSUPP, "%s: pool '%s' is not there, only 'Pool-0'", c->file, c->pool);
	return 0;
}

/* Whoever makes the domain anew has another working folder. */
static void make_absolute(char **path)
{
	char *whole = *path ? realpath(*path, NULL) : NULL;

	if (whole) {
		free(*path);
		*path = whole;
	}
}

int config_check(struct ctl *ctl, struct config *c)
{
	int rc = check_type(ctl, c);

	if (rc)
		return rc;
	if (!c->name)
		return ctl_fail(ctl, -EINVAL, "%s: no key 'name'", c->file);
	if (!store_name_valid(c->name))
		return ctl_fail(ctl, -EINVAL, "%s: '%s' cannot be a domain's name", c->file, c->name);
	if (!c->kernel)
		return ctl_fail(ctl, -EINVAL, "%s: no key 'kernel'", c->file);
	make_absolute(&c->kernel);
	make_absolute(&c->ramdisk);
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
	char number[24], item[64];

	for (const struct key *k = keys; k < keys + KEYS; k++) {
		const struct words *w = words_at(c, k);

		if (k->kind == TEXT_KEY && *text_at(c, k))
			f(arg, k->name, *text_at(c, k));
		if (k->kind == NUMBER_KEY && *number_at(c, k)) {
			snprintf(number, sizeof(number), "%llu", (unsigned long long)*number_at(c, k));
			f(arg, k->name, number);
		}
		for (size_t i = 0; k->kind == WORDS_KEY && i < w->count; i++) {
			snprintf(item, sizeof(item), "%s/%zu", k->name, i);
			f(arg, w->list ? item : k->name, w->items[i]);
		}
	}
}

static void print_string(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(f, "\\x%02x", *text);
		else
			fputc(*text, f);
	fputc('"', f);
}

static void print_words(FILE *f, const struct words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		fputs(!w->list ? "" : i ? ", " : "[ ", f);
		print_string(f, w->items[i]);
	}
	fputs(w->list ? " ]" : "", f);
}

char *config_text(const struct config *c)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if ((k->kind == TEXT_KEY && !*text_at(c, k)) || (k->kind == NUMBER_KEY && !*number_at(c, k)) ||
		    (k->kind == WORDS_KEY && !words_at(c, k)->count) || k->kind == FIXED_KEY)
			continue;
		fprintf(f, "%s = ", k->name);
		if (k->kind == TEXT_KEY)
			print_string(f, *text_at(c, k));
		else if (k->kind == NUMBER_KEY)
			fprintf(f, "%llu", (unsigned long long)*number_at(c, k));
		else
			print_words(f, words_at(c, k));
		fputc('\n', f);
	}
	if (fclose(f))
		abort();
	return text;
}

/* The list below a key's node, 0, 1, 2 ... */
static void words_of(struct ctl *ctl, uint32_t id, const struct key *k, struct words *w)
{
	char *item;

	while ((item = store_read(ctl, "/bonsai/%u/config/%s/%zu", id, k->name, w->count))) {
		words_add(w, item);
		free(item);
		w->list = true;
	}
}

int config_of(struct ctl *ctl, uint32_t id, struct config *c)
{
	char *text;

	memset(c, 0, sizeof(*c));
	c->file = store_read(ctl, "/bonsai/%u/file", id);
	if (!c->file)
		return ctl_fail(ctl, -ENOENT, "domain %u was not made by bonsai: its configuration is not known", id);
	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if (k->kind == FIXED_KEY)
			continue;
		text = store_read(ctl, "/bonsai/%u/config/%s", id, k->name);
		if (k->kind == TEXT_KEY)
			*text_at(c, k) = text ? copy(text) : NULL;
		if (k->kind == NUMBER_KEY && text)
			*number_at(c, k) = strtoull(text, NULL, 10);
		if (k->kind == WORDS_KEY && text && *text)
			words_add(words_at(c, k), text);
		else if (k->kind == WORDS_KEY && text)
			words_of(ctl, id, k, words_at(c, k));
		free(text);
	}
	return 0;
}

void config_free(struct config *c)
{
	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if (k->kind == TEXT_KEY)
			free(*text_at(c, k));
		if (k->kind == WORDS_KEY)
			words_free(words_at(c, k));
	}
	free(c->file);
	memset(c, 0, sizeof(*c));
}
