/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and strings, as the C library has them, and formatting.
 */
#ifndef HV_LIB_STRING_H
#define HV_LIB_STRING_H

#ifdef HOST_TEST
#include <stdio.h>
#include <string.h>
#else
#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strstr(const char *s, const char *what);

/*
 * Flags - 0 # + space, width and precision (also *), h hh l ll z t, and d i u x X o c s p %.
 * Return: the length the whole text has; at most n bytes with the final NUL are written.
 */
int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap);
int snprintf(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);
#endif

/* Copy with truncation; dst always ends with NUL when n > 0.  Return: strlen(src). */
size_t str_copy(char *dst, const char *src, size_t n);

#endif
