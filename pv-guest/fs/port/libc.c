/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C library's functions that libext2fs calls and the kernel does not have.
 */
#include "fs/port/libc.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "port/pv/pv.h"

#define SPARE_PAGES                                                                                \
	64 /* are left to others: who asks for memory because of a disk may be refused, they may not */

/* In front of each piece of malloc(), as heap_free() wants to know its size; keeps the alignment. */
struct piece {
	size_t size; /* with this */
	size_t unused;
};

void *malloc(size_t n)
{
	size_t size = n + sizeof(struct piece);
	struct piece *p = NULL;
	unsigned int order = 0;

	if (size < n || size / PAGE_SIZE + SPARE_PAGES >= pages_free_count())
		return NULL;
	while (PAGE_SIZE << order < size)
		order++;
	if (size <= PAGE_SIZE)
		p = heap_alloc(size);
	else if (order <= PAGES_MAX_ORDER)
		p = pages_alloc(order); /* where heap_alloc() would panic */
	if (!p)
		return NULL;
	p->size = size;
	return p + 1;
}

void free(void *ptr)
{
	struct piece *p = ptr;

	if (p)
		heap_free(p - 1, p[-1].size);
}

void *calloc(size_t n, size_t each)
{
	size_t size;
	void *p;

	if (__builtin_mul_overflow(n, each, &size))
		return NULL;
	p = malloc(size);
	return p ? memset(p, 0, size) : NULL;
}

void *realloc(void *ptr, size_t n)
{
	struct piece *old = ptr;
	void *p = malloc(n);

	if (p && old) {
		memcpy(p, ptr, MIN(n, old[-1].size - sizeof(*old)));
		free(ptr);
	}
	return p;
}

static void swap(u8 *a, u8 *b, size_t n)
{
	for (; n--; a++, b++) {
		u8 t = *a;

		*a = *b;
		*b = t;
	}
}

/* Shell's way: called for the few hundred names of a directory's block. */
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *a, const void *b))
{
	u8 *v = base;
	size_t gap, i, j;

	for (gap = n / 2; gap; gap /= 2)
		for (i = gap; i < n; i++)
			for (j = i; j >= gap && compare(v + (j - gap) * size, v + j * size) > 0;
			     j -= gap)
				swap(v + (j - gap) * size, v + j * size, size);
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strcpy(char *d, const char *s)
{
	return memcpy(d, s, strlen(s) + 1);
}

char *strcat(char *d, const char *s)
{
	strcpy(d + strlen(d), s);
	return d;
}

char *strncpy(char *d, const char *s, size_t n)
{
	size_t len = MIN(strlen(s), n);

	memset(d + len, 0, n - len);
	return memcpy(d, s, len);
}

/* There is no environment, so no number in it either. */
char *getenv(const char *name)
{
	(void)name;
	return NULL;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	(void)s, (void)end, (void)base;
	return 0;
}

void abort(void)
{
	panic("libext2fs: out of memory");
}

time_t time(time_t *t)
{
	time_t now = pv_wall_seconds();

	if (t)
		*t = now;
	return now;
}
