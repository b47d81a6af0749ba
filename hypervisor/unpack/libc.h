/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_UNPACK_LIBC_H
#define HV_UNPACK_LIBC_H

#include <stddef.h>

/* Memory that malloc() hands out. */
void arena_init(unsigned char *arena, size_t size);

#endif
