/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C library's functions that lwIP calls and the kernel does not have.
 */
#include "net/port/stdlib.h"

int atoi(const char *s)
{
	int v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + *s - '0';
	return v;
}
