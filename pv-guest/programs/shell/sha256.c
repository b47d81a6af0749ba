/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/shell/sha256.h"
#include "kernel/print.h"
#include "kernel/string.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const u32 constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static u32 rotate(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

/* The 16 words of a block, drawn out to one for each round. */
static void schedule(u32 w[64], const u8 *block)
{
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (u32)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 |
		       block[i * 4 + 3];
	for (; i < 64; i++) {
		u32 a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* Each round moves the eight working words on by one place: here the names move, not the words. */
#define S(k) s[((k)-i) & 7]

static void add_block(u32 state[8], const u8 *block)
{
	u32 w[64], s[8];
	int i;

	schedule(w, block);
	memcpy(s, state, sizeof(s));
	for (i = 0; i < 64; i++) {
		u32 choice = (S(4) & S(5)) ^ (~S(4) & S(6));
		u32 majority = (S(0) & S(1)) ^ (S(0) & S(2)) ^ (S(1) & S(2));
		u32 t = S(7) + (rotate(S(4), 6) ^ rotate(S(4), 11) ^ rotate(S(4), 25)) + choice +
			constants[i] + w[i];

		S(3) += t;
		S(7) = t + (rotate(S(0), 2) ^ rotate(S(0), 13) ^ rotate(S(0), 22)) + majority;
	}
	for (i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_begin(struct sha256 *h)
{
	static const u32 start[8] = {
		/* of the square roots of the first 8 primes */
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(h->state, start, sizeof(start));
	h->bytes = 0;
}

void sha256_add(struct sha256 *h, const void *data, size_t n)
{
	const u8 *p = data;

	while (n) {
		size_t at = h->bytes % 64, now = MIN(n, 64 - at);

		memcpy(h->block + at, p, now);
		h->bytes += now;
		p += now;
		n -= now;
		if (at + now == 64)
			add_block(h->state, h->block);
	}
}

/* The end: a one bit, zeros, and the length in bits in the last eight bytes of a block. */
void sha256_end(struct sha256 *h, char text[SHA256_TEXT])
{
	static const u8 padding[64] = { 0x80 };
	u64 bits = h->bytes * 8;
	u8 length[8];
	int i;

	for (i = 0; i < 8; i++)
		length[i] = bits >> (56 - i * 8);
	sha256_add(h, padding, (119 - h->bytes % 64) % 64 + 1);
	sha256_add(h, length, sizeof(length));
	for (i = 0; i < 8; i++)
		format(text + i * 8, 9, "%08x", h->state[i]);
}
