// SPDX-License-Identifier: GPL-2.0-only
/*
 * The language of xl.cfg files.
 *
 *	key = 12        key = "text"      key = 'text'
 *	key = [ "a", 2, "b", ]            # a list, over several lines if need be
 *
 * An assignment ends at the end of its line or at a semicolon; # begins a comment.
 */

#include "config-syntax.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 1024

struct parser {
	struct ctl *ctl;
	struct place at;
	const char *p;
};

static int bad(struct parser *s, const char *what)
{
	return ctl_fail(s->ctl, -EINVAL, "%s:%u: %s", s->at.file, s->at.line, what);
}

/* Over blanks and comments; over line ends too where @lines says so. */
static void skip(struct parser *s, bool lines)
{
	for (;; s->p++) {
		if (*s->p == '#')
			s->p += strcspn(s->p, "\n");
		if (*s->p == '\n' && lines)
			s->at.line++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r')
			return;
	}
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* The character behind a backslash; 0 if it is no escape. */
static char escape(struct parser *s)
{
	static const char from[] = "abefnrtv\\'\"", to[] = "\a\b\033\f\n\r\t\v\\'\"";
	const char *found = *s->p ? strchr(from, *s->p) : NULL;
	int n = 0;

	if (found) {
		s->p++;
		return to[found - from];
	}
	if (*s->p == 'x') {
		for (int i = 0; i < 2 && hex_digit(s->p[1]) >= 0; i++)
			n = n * 16 + hex_digit(*++s->p);
		s->p++;
		return n;
	}
	for (int i = 0; i < 3 && *s->p >= '0' && *s->p <= '7'; i++)
		n = n * 8 + *s->p++ - '0';
	return n;
}

static int parse_string(struct parser *s, char **text)
{
	char quote = *s->p++, *to = malloc(strlen(s->p) + 1);
	size_t n = 0;

	if (!to)
		abort();
	*text = to;
	while (*s->p && *s->p != '\n' && *s->p != quote) {
		to[n] = *s->p++;
		if (to[n] == '\\' && !(to[n] = escape(s)))
			break;
		n++;
	}
	to[n] = 0;
	if (*s->p++ == quote)
		return 0;
	free(to);
	return bad(s, "a string does not end, or holds an unknown escape");
}

/* A string, or a number as it is written. */
static int parse_scalar(struct parser *s, char **text, enum value_kind *kind)
{
	size_t n;

	*kind = VALUE_STRING;
	if (*s->p == '"' || *s->p == '\'')
		return parse_string(s, text);
	n = strspn(s->p, "0123456789abcdefABCDEFx-");
	if (!n || !(isdigit((unsigned char)*s->p) || *s->p == '-'))
		return bad(s, "a value must be a number, a string in quotes or a list");
	*kind = VALUE_NUMBER;
	*text = strndup(s->p, n);
	if (!*text)
		abort();
	s->p += n;
	return 0;
}

static int parse_item(struct parser *s, struct value *v)
{
	enum value_kind kind;

	if (!*s->p)
		return bad(s, "a list does not end");
	if (v->count == LIST_MAX)
		return bad(s, "a list is too long");
	if (*s->p == '[')
		return bad(s, "lists in lists are not supported");
	if (parse_scalar(s, &v->items[v->count], &kind))
		return -EINVAL;
	v->count++;
	return 0;
}

static int parse_list(struct parser *s, struct value *v)
{
	v->kind = VALUE_LIST;
	v->items = calloc(LIST_MAX, sizeof(*v->items));
	if (!v->items)
		abort();
	s->p++;
	for (;;) {
		skip(s, true);
		if (*s->p == ']') {
			s->p++;
			return 0;
		}
		if (parse_item(s, v))
			return -EINVAL;
		skip(s, true);
		if (*s->p == ',')
			s->p++;
		else if (*s->p != ']')
			return bad(s, *s->p ? "a list wants ',' or ']' here" : "a list does not end");
	}
}

static void value_free(struct value *v, char *text)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	free(text);
}

static int parse_value(struct parser *s, struct value *v, char **text)
{
	if (*s->p == '[')
		return parse_list(s, v);
	if (parse_scalar(s, text, &v->kind)) {
		*text = NULL;
		return -EINVAL;
	}
	v->text = *text;
	return 0;
}

static int parse_assignment(struct parser *s, syntax_set *set, void *arg)
{
	const struct place start = s->at;
	struct value v = { 0 };
	char *text = NULL, key[64];
	size_t n = 0;
	int rc;

	while (isalnum((unsigned char)s->p[n]) || s->p[n] == '_')
		n++;
	if (!n || n >= sizeof(key) || isdigit((unsigned char)*s->p))
		return bad(s, "a key is wanted here");
	memcpy(key, s->p, n);
	key[n] = 0;
	s->p += n;
	skip(s, false);
	if (*s->p != '=')
		return ctl_fail(s->ctl, -EINVAL, "%s:%u: '=' is wanted after '%s'", start.file, start.line, key);
	s->p++;
	skip(s, false);
	rc = parse_value(s, &v, &text);
	if (!rc)
		skip(s, false);
	if (!rc && *s->p && *s->p != '\n' && *s->p != ';')
		rc = ctl_fail(s->ctl, -EINVAL, "%s:%u: more than one value for '%s'", s->at.file, s->at.line, key);
	if (!rc)
		rc = set(arg, s->ctl, &start, key, &v);
	value_free(&v, text);
	return rc;
}

int syntax_parse(struct ctl *ctl, const char *file, const char *text, syntax_set *set, void *arg)
{
	struct parser s = { ctl, { file, 1 }, text };
	int rc;

	for (;;) {
		skip(&s, true);
		if (*s.p == ';') {
			s.p++;
			continue;
		}
		if (!*s.p)
			return 0;
		rc = parse_assignment(&s, set, arg);
		if (rc)
			return rc;
	}
}
