/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What compilers call where they have no instruction.  Their own library is not used: its code was
 * built with a red zone, which our interrupts would overwrite.
 */
#include "lib/types.h"

int __popcountdi2(u64 x);
unsigned __int128 __udivti3(unsigned __int128 n, unsigned __int128 d);

int __popcountdi2(u64 x)
{
	int n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

unsigned __int128 __udivti3(unsigned __int128 n, unsigned __int128 d)
{
	u64 high = n >> 64, low = n, divisor = d, rest, q_high;
	unsigned __int128 q = 0, r = 0;

	if (!(d >> 64) && divisor) {
		/* Two steps of schoolbook division, each of 128 by 64 bits with a quotient of 64. */
		q_high = high / divisor;
		rest = high % divisor;
		__asm__("div %[d]" : "+a"(low), "+d"(rest) : [d] "r"(divisor) : "cc");
		return (unsigned __int128)q_high << 64 | low;
	}
	for (int i = 127; i >= 0; i--) {
		r = r << 1 | (n >> i & 1);
		if (r >= d) {
			r -= d;
			q |= (unsigned __int128)1 << i;
		}
	}
	return q;
}
