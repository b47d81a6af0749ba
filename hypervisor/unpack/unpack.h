/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unpack stage: a program of its own, carried in the image as data, mapped and called once to
 * unpack the initial domain's kernel, and freed with the rest of the boot memory.
 *
 * It is apart because the decoders are libraries built for ordinary programs: they use SSE, a stack
 * protector and a heap, none of which the hypervisor has.
 */
#ifndef HV_UNPACK_UNPACK_H
#define HV_UNPACK_UNPACK_H

#include <stddef.h>

#define UNPACK_START	0xffff82d070000000	/* where it is linked and mapped */
#define UNPACK_MAX	(4UL << 20)		/* its size in memory, at most */

struct unpack_job {
	const unsigned char *src;	/* gzip, xz, zstd or legacy LZ4 stream; what follows it is ignored */
	size_t src_size;
	unsigned char *dst;
	size_t dst_size;		/* in: room; out: bytes made */
	unsigned char *arena;		/* working memory: heap from the bottom, stack at the top */
	size_t arena_size;
};

/* Returns NULL, or what is wrong with the stream.  Call with interrupts off and SSE usable. */
typedef const char *(*unpack_fn)(struct unpack_job *job);

#endif
