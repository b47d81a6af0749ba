/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/**
 * ok - one check; @fmt says what is right
 */
__attribute__((format(printf, 2, 3), unused))
static int ok(bool pass, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_failed += !pass;
	return pass;
}

__attribute__((unused))
static void is_int(long got, long want, const char *what)
{
	if (!ok(got == want, "%s", what))
		printf("# got %ld, expected %ld\n", got, want);
}

__attribute__((unused))
static void is_str(const char *got, const char *want, const char *what)
{
	if (!ok(got && !strcmp(got, want), "%s", what))
		printf("# got '%s', expected '%s'\n", got ? got : "(null)", want);
}

__attribute__((noreturn, unused))
static void bail_out(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(99);
}

__attribute__((unused))
static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
