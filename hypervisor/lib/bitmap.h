/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays of bits in u64 words, such as masks of CPUs.  The set/clear pair is not atomic.
 */
#ifndef HV_LIB_BITMAP_H
#define HV_LIB_BITMAP_H

#include "lib/types.h"

#define BITMAP_WORDS(bits)	(((bits) + 63) / 64)

static inline bool bitmap_test(const u64 *map, u64 n)
{
	return READ_ONCE(map[n / 64]) >> (n % 64) & 1;
}

static inline void bitmap_set(u64 *map, u64 n) { map[n / 64] |= BIT(n % 64); }
static inline void bitmap_clear(u64 *map, u64 n) { map[n / 64] &= ~BIT(n % 64); }

static inline void bitmap_set_atomic(u64 *map, u64 n)
{
	__atomic_or_fetch(&map[n / 64], BIT(n % 64), __ATOMIC_SEQ_CST);
}

static inline bool bitmap_empty(const u64 *map, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		if (READ_ONCE(map[i]))
			return false;
	return true;
}

/* First bit that is set at or after `from`; `bits` when there is none. */
static inline u64 bitmap_next(const u64 *map, u64 bits, u64 from)
{
	while (from < bits) {
		u64 word = READ_ONCE(map[from / 64]) >> (from % 64);

		if (word)
			return MIN(from + (u64)__builtin_ctzl(word), bits);
		from = (from | 63) + 1;
	}
	return bits;
}

#define for_each_bit(n, map, bits) \
	for (u64 n = bitmap_next(map, bits, 0); n < (bits); n = bitmap_next(map, bits, n + 1))

#endif
