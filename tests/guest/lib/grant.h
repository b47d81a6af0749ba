/* SPDX-License-Identifier: GPL-2.0-only */
/* Grants to ourselves: the tables, and one call an operation, each answering its GNTST_*. */
#ifndef TESTS_GUEST_GRANT_H
#define TESTS_GUEST_GRANT_H

#include "guest.h"

extern grant_entry_v1_t *grants; /* version 1: a page, 512 entries */
extern grant_entry_v2_t *grants2; /* version 2: a page, 256 entries */
extern grant_status_t *grant_status; /* version 2: a page */

long grant_op(u32 cmd, void *op); /* one operation; the result of the hypercall */
void grant_init(void); /* version 1 */
void grant_init2(void); /* version 2 */
long grant_version(u32 version); /* set_version */

/* Grant access to a frame: flags GTF_readonly or 0. */
void grant_give(grant_ref_t ref, domid_t to, u64 mfn, u16 flags);
void grant_take(grant_ref_t ref);
u16 grant_flags(grant_ref_t ref);

/* Map at a virtual address, or at the entry that host_addr names with GNTMAP_contains_pte. */
int grant_map(grant_ref_t ref, u32 flags, u64 host_addr, grant_handle_t *handle);
int grant_unmap(grant_handle_t handle, u64 host_addr);

/* Map a page that a grant or event operation named, writable, in place of one of the pool. */
void *map_frame(u64 mfn);

#endif
