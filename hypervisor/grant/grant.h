/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: a domain lets another map or copy its frames.  ABI: grant_table.h.
 */
#ifndef HV_GRANT_GRANT_H
#define HV_GRANT_GRANT_H

#include "lib/types.h"

struct domain;
struct grant_table;

/*
 * A mapping holds references twice: those of its page-table entry, taken and dropped by
 * mm/entry.c like any other's, and those of its maptrack entry, dropped by the unmap call or when
 * the mapping domain dies.  A guest that overwrites the entry itself therefore loses only its own.
 */
int grant_domain_init(struct domain *d);
/* Unmap what d still maps of others, then free the table; -ERESTART when preempted. */
int grant_domain_destroy(struct domain *d);

void grant_dump(struct domain *d);		/* console key 'g' */

#endif
