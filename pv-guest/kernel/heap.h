/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include "kernel/types.h"

void *heap_alloc(size_t size);
void heap_free(void *p, size_t size);

#endif
