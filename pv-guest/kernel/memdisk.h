/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in memory: memdisk=NAME:MIB[,NAME:MIB...] on the command line.
 */
#ifndef KERNEL_MEMDISK_H
#define KERNEL_MEMDISK_H

/* memdisks_start - make those the command line asks for; the first one begins with the boot module */
void memdisks_start(void);

#endif
