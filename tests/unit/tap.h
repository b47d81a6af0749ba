/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

bool tap_ok(bool good, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool tap_int(long is, long should, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The plan, at the end.  Return: the exit code. */
int tap_done(void);

#define ok(c, ...)		tap_ok(c, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(a, b, ...)	tap_int(a, b, __FILE__, __LINE__, __VA_ARGS__)

#endif
