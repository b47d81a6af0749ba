/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants: pages of ours that one other domain may use, and pages of others that we map or copy.
 * Version 1 of the grant table.
 */
#ifndef DRIVERS_GRANT_H
#define DRIVERS_GRANT_H

#include "kernel/types.h"
#include "port/pv/pv.h"

#include <xen/grant_table.h>

#define GRANT_NONE 0 /* never handed out: the console's */

/* grants_init - map the table; may be called again.  Return: 0 or a negative error */
int grants_init(void);

/* grants_table - the entries, for those who write them by hand */
volatile grant_entry_v1_t *grants_table(void);

/*
 * grant_page - let peer map or copy a page of the linear map
 * Return: the reference, or GRANT_NONE: the table is full
 */
grant_ref_t grant_page(domid_t peer, const void *page, bool readonly);

/*
 * grant_end - take a page back
 * Return: 0; -EBUSY: the peer has it mapped, and the grant stays
 */
int grant_end(grant_ref_t ref);

/*
 * grant_end_later - take it back as soon as the peer lets go (now, if it has), then free the page
 * page: what pages_alloc(0) returned, or NULL: nothing to free
 */
void grant_end_later(grant_ref_t ref, void *page);

/*
 * How many grants are given; how many of them grant_end_later() still waits for.  A driver asks for
 * no more than LINGERING_MAX before it offers new ones: who keeps what it was given gets nothing.
 */
#define LINGERING_MAX 4096
unsigned int grants_given(void);
unsigned int grants_lingering(void);

/* n pages of another domain, in a row at va. */
struct grant_map {
	u8 *va; /* NULL: nothing is mapped */
	unsigned int n;
	grant_handle_t *handles;
};

/*
 * grant_map - map n pages of peer one after the other
 * Return: 0; -EINVAL, -ENOMEM or -EACCES (a reference was refused), and nothing is mapped
 */
int grant_map(struct grant_map *m, domid_t peer, const grant_ref_t *refs, unsigned int n,
	      bool readonly);
void grant_unmap(struct grant_map *m);

/*
 * grant_copy - n copies in one call; each one's status is its own (GNTST_*)
 * grant_copy_in, grant_copy_out - fill one: from or to a page of peer; bytes may not cross a page
 */
void grant_copy(gnttab_copy_t *ops, unsigned int n);
void grant_copy_in(gnttab_copy_t *op, domid_t peer, grant_ref_t ref, u16 offset, void *to,
		   u16 bytes);
void grant_copy_out(gnttab_copy_t *op, domid_t peer, grant_ref_t ref, u16 offset, const void *from,
		    u16 bytes);

#endif
