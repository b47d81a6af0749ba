/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all peers together may have of this domain at any time: however many devices they have, memory
 * is left for the domain itself.
 */
#ifndef BACK_BUDGET_H
#define BACK_BUDGET_H

#include "kernel/types.h"

#define BUDGET_MAPPED 2048 /* pages of peers that stay mapped: half of the windows */

/* Blocks at work come back by themselves, kept frames may stay: each has its own share. */
enum budget { BUDGET_BLOCKS, BUDGET_FRAMES };

/* Pages for data of a peer: an eighth of all memory for each use.  NULL: there is none, or others have it */
void *budget_pages(enum budget use, unsigned int order);
void budget_pages_free(enum budget use, void *pages, unsigned int order);

/* One page of a peer more stays mapped.  Return: whether it may */
bool budget_map(void);
void budget_unmap(void);

#endif
