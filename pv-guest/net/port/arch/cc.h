/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lwIP's view of the compiler and of this kernel.
 */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdint.h>

void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
uint32_t net_random(void);

#define BYTE_ORDER LITTLE_ENDIAN

/* A freestanding compiler brings no such headers; with SSIZE_MAX defined lwIP takes our ssize_t. */
typedef long ssize_t;
#define SSIZE_MAX	   LONG_MAX
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_CTYPE_H	   1
#define X8_F		   "02x"
#define U16_F		   "u"
#define S16_F		   "d"
#define X16_F		   "x"
#define U32_F		   "u"
#define S32_F		   "d"
#define X32_F		   "x"
#define SZT_F		   "zu"

#define LWIP_PLATFORM_DIAG(x)	do { printk x; } while (0)
#define LWIP_PLATFORM_ASSERT(x) panic("lwIP: %s, %s:%d", x, __FILE__, __LINE__)
#define LWIP_RAND()		net_random()

#endif
