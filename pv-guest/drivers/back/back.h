/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The back ends, for who starts them.  Return: 0 or a negative error
 */
#ifndef BACK_BACK_H
#define BACK_BACK_H

int blkback_start(void);
int netback_start(void);
int uplink_start(void);

#endif
