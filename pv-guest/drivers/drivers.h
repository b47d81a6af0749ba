/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The drivers, for who starts them.  Return: 0 or a negative error
 */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

#include "kernel/types.h"

int shutdown_start(void);
int blkfront_start(void);
int netfront_start(void);

#endif
