/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C library, as far as libext2fs asks for it: its headers of the usual names are all this one.
 * What is declared and not in libc.c is named by the library in functions that we do not call.
 */
#ifndef PORT_LIBC_H
#define PORT_LIBC_H

#include "kernel/errno.h"
#include "kernel/types.h"

#include <limits.h>

typedef long ssize_t, off_t, time_t, suseconds_t;
typedef int pid_t, dev_t;
typedef unsigned int mode_t, uid_t, gid_t;
typedef struct file FILE;

struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;
};

struct stat {
	off_t st_size;
	mode_t st_mode;
};

#define EFBIG	ENOSPC
#define ENOTBLK EINVAL

#define RAND_MAX INT_MAX
#define stdout	 NULL
#define stderr	 NULL

void *memset(void *d, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
void *memmove(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strcat(char *d, const char *s);
char *strcpy(char *d, const char *s);
char *strncpy(char *d, const char *s, size_t n);
unsigned long strtoul(const char *s, char **end, int base);

void *malloc(size_t n);
void *calloc(size_t n, size_t each);
void *realloc(void *p, size_t n);
void free(void *p);
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *a, const void *b));
void abort(void) __attribute__((noreturn));
char *getenv(const char *name);

time_t time(time_t *t);

#endif
