/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static unsigned int count, failed;

static bool result(bool good, const char *fmt, va_list ap)
{
	printf("%sok %u - ", good ? "" : "not ", ++count);
	vprintf(fmt, ap);
	putchar('\n');
	failed += !good;
	return good;
}

bool tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!result(good, fmt, ap))
		printf("# %s:%d\n", file, line);
	va_end(ap);
	fflush(stdout);
	return good;
}

bool tap_int(long is, long should, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!result(is == should, fmt, ap))
		printf("# %s:%d: is %ld (%#lx), should be %ld (%#lx)\n", file, line, is, is, should,
		       should);
	va_end(ap);
	fflush(stdout);
	return is == should;
}

int tap_done(void)
{
	printf("1..%u\n", count);
	return failed != 0;
}
