/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The little of a C library that the decoders want.
 */
#include "unpack/libc.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STACK_ROOM	(256UL << 10)

static unsigned char *next, *end;

void arena_init(unsigned char *arena, size_t size)
{
	next = arena;
	end = arena + size - STACK_ROOM;
}

/* Decoders free in no useful order and the stage runs once: nothing is given back. */
void *malloc(size_t n)
{
	unsigned char *p = next;

	n = (n + 63) & ~(size_t)63;
	if (n > (size_t)(end - next))
		return NULL;
	next += n;
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p;

	if (size && n > SIZE_MAX / size)
		return NULL;
	p = malloc(n * size);
	return p ? memset(p, 0, n * size) : NULL;
}

void free(void *p)
{
	(void)p;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *d = dst;

	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
	return d;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;

	__asm__ volatile("rep stosb" : "+D"(dst), "+c"(n) : "a"(c) : "memory");
	return d;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	__builtin_trap();
}

/* libzstd's tracing hooks: weak references that a program at a high address must resolve. */
unsigned long long ZSTD_trace_decompress_begin(const void *ctx);
unsigned long long ZSTD_trace_decompress_begin(const void *ctx)
{
	(void)ctx;
	return 0;
}

void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace);
void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace)
{
	(void)ctx;
	(void)trace;
}
