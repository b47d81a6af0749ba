/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), as the program sha256sum prints it.
 */
#ifndef SHA256_H
#define SHA256_H

#include "kernel/types.h"

#define SHA256_TEXT 65 /* 64 hexadecimal digits and a zero */

struct sha256 {
	u32 state[8];
	u64 bytes;
	u8 block[64];
};

void sha256_begin(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t n);
void sha256_end(struct sha256 *h, char text[SHA256_TEXT]);

#endif
