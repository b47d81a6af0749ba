/* SPDX-License-Identifier: GPL-2.0-only */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

void *xmalloc(size_t size)
{
	return must(malloc(size));
}

void *xcalloc(size_t size)
{
	return must(calloc(1, size));
}

void *xrealloc(void *p, size_t size)
{
	return must(realloc(p, size));
}

char *xstrdup(const char *s)
{
	return must(strdup(s));
}

static void buf_reserve(struct buf *b, size_t more)
{
	if (b->len + more <= b->room)
		return;
	b->room = (b->len + more) * 2;
	b->data = xrealloc(b->data, b->room);
}

/**
 * buf_add - append bytes; @data may be NULL when @len is 0
 */
void buf_add(struct buf *b, const void *data, size_t len)
{
	if (!len)
		return;
	buf_reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

/**
 * buf_printf - append formatted text, without its final NUL
 */
void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	buf_reserve(b, n + 1);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}
