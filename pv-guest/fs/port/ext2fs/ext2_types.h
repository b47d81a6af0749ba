/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The integers of libext2fs; its configure script would write this file.
 */
#ifndef EXT2_TYPES_H
#define EXT2_TYPES_H

#define __bitwise
#define __force

#define EXT2_TYPES(bits, type)                                                                     \
	typedef signed type __s##bits;                                                             \
	typedef unsigned type __u##bits, __le##bits, __be##bits

EXT2_TYPES(8, char);
EXT2_TYPES(16, short);
EXT2_TYPES(32, int);
EXT2_TYPES(64, long long);

#endif
