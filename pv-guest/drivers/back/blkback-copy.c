/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block back end: data between the other end's pages and ours.  Pages it uses again and again stay
 * mapped, if it offered that; all others are copied by the hypervisor, one call a request.
 */
#include "drivers/back/blkback.h"
#include "drivers/back/budget.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/string.h"

/* The address of a page that stays mapped, or NULL: it has to be copied by the hypervisor. */
static u8 *persistent_find(struct blkq *q, grant_ref_t ref)
{
	struct persistent **list = &q->persistent[ref % PERSISTENT_LISTS], *p;

	if (!q->vbd->can_persist)
		return NULL;
	for (p = *list; p; p = p->next)
		if (p->ref == ref)
			return p->map.va;
	if (q->persistent_count == BACK_PERSISTENT_MAX || !budget_map())
		return NULL;
	p = heap_alloc(sizeof(*p));
	if (grant_map(&p->map, q->vbd->peer, &ref, 1, false)) {
		budget_unmap();
		heap_free(p, sizeof(*p));
		return NULL;
	}
	p->ref = ref;
	p->next = *list;
	*list = p;
	q->persistent_count++;
	return p->map.va;
}

/**
 * persistent_drop - let go of all pages that stayed mapped
 */
void persistent_drop(struct blkq *q)
{
	unsigned int i;

	for (i = 0; i < PERSISTENT_LISTS; i++)
		while (q->persistent[i]) {
			struct persistent *p = q->persistent[i];

			q->persistent[i] = p->next;
			grant_unmap(&p->map);
			budget_unmap();
			heap_free(p, sizeof(*p));
		}
	q->persistent_count = 0;
}

/* One piece, as up to two operations: none of them may cross a page of ours. */
static unsigned int piece_ops(gnttab_copy_t *op, domid_t peer, grant_ref_t ref, u32 offset, u8 *ours, u32 bytes,
			      bool in)
{
	unsigned int n = 0;

	while (bytes) {
		u32 now = MIN(bytes, PAGE_SIZE - ((u64)ours & ~PAGE_MASK));

		if (in)
			grant_copy_in(&op[n++], peer, ref, offset, ours, now);
		else
			grant_copy_out(&op[n++], peer, ref, offset, ours, now);
		ours += now;
		offset += now;
		bytes -= now;
	}
	return n;
}

static int copy_all(gnttab_copy_t *ops, unsigned int n)
{
	int rc = 0;

	grant_copy(ops, n);
	while (n--)
		if (ops[n].status != GNTST_okay)
			rc = -EACCES;
	return rc;
}

/**
 * data_copy - all segments of a request, from or to the other end
 */
int data_copy(struct io *io, bool in)
{
	struct blkq *q = io->q;
	unsigned int i, n = 0;
	u8 *ours = io->data;

	for (i = 0; i < io->segment_count; i++) {
		const struct blkif_request_segment *s = &io->segments[i];
		u32 offset = s->first_sect * BLOCK_SECTOR, bytes = (s->last_sect - s->first_sect + 1) * BLOCK_SECTOR;
		u8 *theirs = persistent_find(q, s->gref);

		if (!theirs)
			n += piece_ops(q->ops + n, q->vbd->peer, s->gref, offset, ours, bytes, in);
		else if (in)
			memcpy(ours, theirs + offset, bytes);
		else
			memcpy(theirs + offset, ours, bytes);
		ours += bytes;
	}
	return copy_all(q->ops, n);
}

/**
 * descriptors_copy - the list of segments of an indirect request
 */
int descriptors_copy(struct blkq *q, grant_ref_t ref, unsigned int bytes)
{
	u8 *theirs = persistent_find(q, ref);

	if (!theirs)
		return copy_all(q->ops, piece_ops(q->ops, q->vbd->peer, ref, 0, q->descriptors, bytes, true));
	memcpy(q->descriptors, theirs, bytes);
	return 0;
}
