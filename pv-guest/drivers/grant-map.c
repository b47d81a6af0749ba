/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of other domains: mapped at addresses of ours, or copied.
 */
#include "drivers/grant.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/print.h"
#include "kernel/space.h"

/* Windows are reserved for good, so those given back wait here for the next of their size. */
struct piece {
	struct piece *next;
	void *va;
	unsigned int pages;
};

static struct spinlock lock;
static struct piece *pieces;

static void *window_get(unsigned int n)
{
	struct piece **p, *found;
	void *va = NULL;
	bool irqs = spin_lock(&lock);

	for (p = &pieces; *p && (*p)->pages != n; p = &(*p)->next)
		;
	found = *p;
	if (found)
		*p = found->next;
	spin_unlock(&lock, irqs);
	if (!found)
		return window_reserve(n);
	va = found->va;
	heap_free(found, sizeof(*found));
	return va;
}

static void window_put(void *va, unsigned int n)
{
	struct piece *p = heap_alloc(sizeof(*p));
	bool irqs;

	p->va = va;
	p->pages = n;
	irqs = spin_lock(&lock);
	p->next = pieces;
	pieces = p;
	spin_unlock(&lock, irqs);
}

static int map_one(struct grant_map *m, domid_t peer, grant_ref_t ref, bool readonly)
{
	gnttab_map_grant_ref_t op = {
		.host_addr = (u64)m->va + m->n * PAGE_SIZE,
		.flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0),
		.ref = ref,
		.dom = peer,
	};

	CHECK(!HC(grant_table_op, .cmd = GNTTABOP_map_grant_ref, .uop = &op, .count = 1));
	if (op.status != GNTST_okay)
		return -EACCES;
	m->handles[m->n++] = op.handle;
	return 0;
}

static void unmap_all(struct grant_map *m)
{
	while (m->n) {
		gnttab_unmap_grant_ref_t op = { .handle = m->handles[--m->n] };

		op.host_addr = (u64)m->va + m->n * PAGE_SIZE;
		CHECK(!HC(grant_table_op, .cmd = GNTTABOP_unmap_grant_ref, .uop = &op, .count = 1));
		CHECK(op.status == GNTST_okay);
	}
}

static void release(struct grant_map *m, unsigned int n)
{
	unmap_all(m);
	window_put(m->va, n);
	heap_free(m->handles, n * sizeof(*m->handles));
	m->va = NULL;
}

int grant_map(struct grant_map *m, domid_t peer, const grant_ref_t *refs, unsigned int n,
	      bool readonly)
{
	unsigned int i;
	int rc = 0;

	if (!n)
		return -EINVAL;
	m->va = window_get(n);
	m->n = 0;
	m->handles = heap_alloc(n * sizeof(*m->handles));
	for (i = 0; i < n && !rc; i++)
		rc = map_one(m, peer, refs[i], readonly);
	if (rc)
		release(m, n);
	return rc;
}

void grant_unmap(struct grant_map *m)
{
	if (m->va)
		release(m, m->n);
}

void grant_copy(gnttab_copy_t *ops, unsigned int n)
{
	CHECK(!n || !HC(grant_table_op, .cmd = GNTTABOP_copy, .uop = ops, .count = n));
}

void grant_copy_in(gnttab_copy_t *op, domid_t peer, grant_ref_t ref, u16 offset, void *to,
		   u16 bytes)
{
	*op = (gnttab_copy_t){
		.source = { .u.ref = ref, .domid = peer, .offset = offset },
		.dest = { .u.gmfn = va_to_mfn(to),
			  .domid = DOMID_SELF,
			  .offset = (u64)to & ~PAGE_MASK },
		.len = bytes,
		.flags = GNTCOPY_source_gref,
	};
}

void grant_copy_out(gnttab_copy_t *op, domid_t peer, grant_ref_t ref, u16 offset, const void *from,
		    u16 bytes)
{
	*op = (gnttab_copy_t){
		.source = { .u.gmfn = va_to_mfn(from),
			    .domid = DOMID_SELF,
			    .offset = (u64)from & ~PAGE_MASK },
		.dest = { .u.ref = ref, .domid = peer, .offset = offset },
		.len = bytes,
		.flags = GNTCOPY_dest_gref,
	};
}
