/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include "kernel/types.h"

bool cmdline_get(const char *name, char *buf, size_t size);
unsigned long cmdline_number(const char *name, unsigned long otherwise);

#endif
