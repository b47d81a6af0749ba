/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant_table_op: the vectors of commands.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define SIZE(name, type)	[GNTTABOP_##name] = sizeof(gnttab_##type##_t)
static const u8 sizes[] = {
	SIZE(map_grant_ref, map_grant_ref),	SIZE(unmap_grant_ref, unmap_grant_ref),
	SIZE(setup_table, setup_table),		[GNTTABOP_dump_table] = 0,
	SIZE(transfer, transfer),		SIZE(copy, copy),
	SIZE(query_size, query_size),		SIZE(unmap_and_replace, unmap_and_replace),
	SIZE(set_version, set_version),		SIZE(get_status_frames, get_status_frames),
	SIZE(get_version, get_version),		SIZE(swap_grant_ref, swap_grant_ref),
	SIZE(cache_flush, cache_flush),
};

/* These ask about one table and take one element. */
static bool wants_one(u32 cmd)
{
	return cmd == GNTTABOP_setup_table || cmd == GNTTABOP_query_size || cmd == GNTTABOP_get_status_frames;
}

/* Elements [0, count), as far as there is time.  Return: 0; an error; -ERESTART, *done moved on. */
static long run(struct vcpu *v, u32 cmd, guest_va_t ops, u32 count, u32 *done)
{
	struct grant_batch batch;
	long rc = 0;

	batch.nr = batch.flush = 0;

	for (*done = 0; *done < count && !rc; *done += rc != -ERESTART) {
		struct subop_call c = { .v = v, .extra = (u64)&batch,
					.arg = ops + (u64)*done * sizes[cmd] };

		rc = *done && hypercall_preempt() ? -ERESTART : subop_call(FAM_gnttab, cmd, &c);
		if (batch.nr == GRANT_BATCH)
			grant_batch_finish(v->domain, &batch);
	}
	grant_batch_finish(v->domain, &batch);
	return rc;
}

/**
 * do_grant_table_op - make a->count commands of one kind, each answered in its own status
 *
 * Return: 0; -ENOSYS for no such command; -EINVAL for a count that is negative, or not one where
 * one is wanted; -EFAULT; what a command without a status refuses.  Commands before a bad
 * element have been made.
 */
long do_grant_table_op(struct vcpu *v, const struct hc_grant_table_op *a)
{
	guest_va_t ops = a->uop_reg;
	u32 cmd = a->cmd, count = a->count, done;
	long rc;

	if ((s32)count < 0)
		return hc_fail(-EINVAL, "count %u", count);
	if (cmd >= ARRAY_SIZE(sizes) || !sizes[cmd])
		return hc_fail(-ENOSYS, "grant table command %u", cmd);
	if (wants_one(cmd) && count != 1)
		return hc_fail(-EINVAL, "count %u where one is wanted", count);
	if (!guest_range_ok(ops, (u64)count * sizes[cmd]))
		return hc_fail(-EFAULT, "%u elements at %#lx", count, ops);
	rc = run(v, cmd, ops, count, &done);
	if (rc == -ERESTART) {
		hypercall_set_arg(v, 1, ops + (u64)done * sizes[cmd]);
		hypercall_set_arg(v, 2, count - done);
	}
	return rc;
}

/* ---- cache_flush ----------------------------------------------------------------------------- */

/* Does d own the frame, or have it mapped by a grant?  0; -EPERM; -ERESTART: it has mapped many, and something is due. */
static long may_flush(struct domain *d, struct frame *f)
{
	struct grant_table *gt = d->grant;
	long rc = -EPERM;

	if (frame_get(f, d)) {
		frame_put(f);
		return 0;
	}
	spin_lock(&gt->lock);
	for (u32 h = 0; h < gt->nr_map_pages * MAPPINGS_PER_PAGE && rc == -EPERM; h++) {
		const struct grant_mapping *m = mapping_at(gt, h);

		if (m && grant_active(m->dom->grant, m->ref)->frame == f)
			rc = 0;
		else if (h % 1024 == 1023 && hypercall_preempt())
			rc = -ERESTART;
	}
	spin_unlock(&gt->lock);
	return rc;
}

/* Return: 0; -EINVAL for bad bounds or frame; -EOPNOTSUPP; -EPERM for a frame out of reach; -ERESTART. */
long do_gnttab_cache_flush(struct subop_call *c, void *op)
{
	const gnttab_cache_flush_t *f = op;
	mfn_t mfn = PFN_DOWN(f->a.dev_bus_addr);
	char *start;
	long rc;

	if (f->offset >= PAGE_SIZE || f->offset + f->length > (u32)PAGE_SIZE)
		return hc_fail(-EINVAL, "%u bytes at %u", f->length, f->offset);
	if (f->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF))
		return hc_fail(-EINVAL, "cache operation %#x", f->op);
	if (!f->length || !f->op)
		return 0;
	if (f->op & GNTTAB_CACHE_SOURCE_GREF)
		return -EOPNOTSUPP;
	if (!mfn_valid(mfn))
		return hc_fail(-EINVAL, "frame %#lx", mfn);
	rc = may_flush(c->v->domain, mfn_to_frame(mfn));
	if (rc)
		return rc;
	if (!(f->op & GNTTAB_CACHE_CLEAN))
		return -EOPNOTSUPP;		/* to lose what was written is not offered */
	start = (char *)mfn_to_hv(mfn) + f->offset;
	for (u32 i = 0; i < f->length; i += 64)
		clflush(start + i);
	clflush(start + f->length - 1);
	return 0;
}
