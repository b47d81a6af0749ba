/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HASH_H
#define HASH_H

#include "bonsai.h"

#define HASH_SIZE 32

/** hash_of - BLAKE2b-256 (RFC 7693) of some bytes, without a key */
void hash_of(const uint8_t *data, size_t size, uint8_t hash[HASH_SIZE]);

#endif
