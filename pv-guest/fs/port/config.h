/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libext2fs asks of its configure script: this is a 64-bit machine with hardly any C library.
 */
#ifndef CONFIG_H
#define CONFIG_H

#define HAVE_ERRNO_H	 1
#define HAVE_STDINT_H	 1
#define HAVE_SYS_TYPES_H 1
#define SIZEOF_SHORT	 2
#define SIZEOF_INT	 4
#define SIZEOF_LONG	 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T	 8
#define SIZEOF_TIME_T	 8

#endif
