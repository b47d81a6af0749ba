/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the store's client: bytes through the ring.
 */
#ifndef DRIVERS_STORE_RING_H
#define DRIVERS_STORE_RING_H

#include "kernel/types.h"

/* store_ring_init - find the ring; fn is called by its event.  -ENODEV: there is none */
int store_ring_init(void (*fn)(void *arg));

/* Wait until all n bytes went through.  -EIO: the store's indices are impossible. */
int store_ring_write(const void *from, u32 n);
int store_ring_read(void *to, u32 n, void (*wait)(void));

#endif
