/* SPDX-License-Identifier: GPL-2.0-only */
/* Test points of the guest's C programs: no numbers, for init runs several programs. */
#ifndef SYSTEM_TAP_H
#define SYSTEM_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* point - one test point; returns whether it was good */
static inline bool __attribute__((format(printf, 2, 3))) point(bool good, const char *text, ...)
{
	va_list ap;

	printf(good ? "ok - " : "not ok - ");
	va_start(ap, text);
	vprintf(text, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	return good;
}

/* is - a number is what it should be */
static inline bool is(long long got, long long wanted, const char *text)
{
	if (!point(got == wanted, "%s", text))
		printf("# got %lld (%#llx), wanted %lld (%#llx)\n", got, got, wanted, wanted);
	return got == wanted;
}

/* need - without this nothing else makes sense: the script sees the exit code */
static inline void need(bool good, const char *what)
{
	if (!good) {
		perror(what);
		exit(2);
	}
}

#endif
