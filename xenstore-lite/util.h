/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_UTIL_H
#define XSL_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(f, a)	__attribute__((format(printf, f, a)))

/*
 * Memory that is there or ends the program: the store cannot say no halfway
 * through a change, and what guests can make it allocate is bounded by quota.
 */
void *xmalloc(size_t size);
void *xcalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/**
 * struct buf - bytes that grow at the end
 * @data: the bytes, or NULL while empty
 * @len:  how many are in use
 */
struct buf {
	char *data;
	size_t len, room;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_printf(struct buf *b, const char *fmt, ...) __printf(2, 3);
void buf_free(struct buf *b);

#endif
