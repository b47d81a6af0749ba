/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of our functions, for stack traces.
 */
#ifndef HV_CPU_SYMBOLS_H
#define HV_CPU_SYMBOLS_H

#include "lib/types.h"

/* Name of the function around addr and the offset in it; NULL when addr is not in our text. */
const char *symbol_lookup(u64 addr, u64 *offset);
bool is_text(u64 addr);

#endif
