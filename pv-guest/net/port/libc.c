/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C library's functions that lwIP calls and the kernel does not have.
 */
#include "kernel/types.h"
#include "net/port/stdlib.h"
#include "net/port/string.h"

void *memmove(void *d, const void *s, size_t n)
{
	u8 *to = d;
	const u8 *from = s;

	if (to <= from || to >= from + n)
		return memcpy(d, s, n);
	while (n--)
		to[n] = from[n];
	return d;
}

int atoi(const char *s)
{
	int v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + *s - '0';
	return v;
}
