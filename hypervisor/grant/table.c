/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables: their pages, versions and life.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

#define DEFAULT_FRAMES		64
#define DEFAULT_MAP_FRAMES	1024
#define LIMIT_FRAMES		1024	/* options may not ask for more of either */
#define LIMIT_MAP_FRAMES	65536

/* ---- pages ----------------------------------------------------------------------------------- */

static void *page_make(struct domain *d)
{
	void *page = alloc_pages(0);

	if (page)
		frame_share(page, d);
	return page;
}

static u32 status_pages(u32 frames)
{
	return (frames * GRANT_PER_PAGE_V2 + STATUS_PER_PAGE - 1) / STATUS_PER_PAGE;
}

static int status_grow(struct domain *d, u32 frames)
{
	struct grant_table *gt = d->grant;

	for (; gt->nr_status < status_pages(frames); gt->nr_status++) {
		gt->status[gt->nr_status] = page_make(d);
		if (!gt->status[gt->nr_status])
			return -ENOMEM;
	}
	return 0;
}

/* All or none: while the guest maps one of them, entries may still need any. */
static int status_drop(struct domain *d)
{
	struct grant_table *gt = d->grant;
	u32 n;

	for (n = 0; n < gt->nr_status; n++)
		if (frame_unshare(gt->status[n], d))
			break;
	if (n < gt->nr_status) {
		while (n--)
			frame_share(gt->status[n], d);
		return -EBUSY;
	}
	while (gt->nr_status)
		free_pages(gt->status[--gt->nr_status], 0);
	return 0;
}

/* What was made before memory ran out stays, unused: the next try goes on from there. */
static int table_grow(struct domain *d, u32 frames)
{
	struct grant_table *gt = d->grant;

	if (d->dying)
		return -ENOMEM;
	if (gt->version == 2 && status_grow(d, frames))
		return -ENOMEM;
	for (u32 i = gt->nr_frames; i < frames; i++) {
		if (!gt->active[i])
			gt->active[i] = zalloc(GRANT_PER_PAGE_V1 * sizeof(struct grant_active));
		if (!gt->shared[i])
			gt->shared[i] = page_make(d);
		if (!gt->active[i] || !gt->shared[i])
			return -ENOMEM;
	}
	gt->nr_frames = MAX(gt->nr_frames, frames);
	return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void dump_key(void)
{
	domains_each(grant_dump);
}

static u32 option(const char *name, u32 def, u32 limit)
{
	const char *s = cmdline_get(name);
	u32 n = 0;

	for (; s && *s >= '0' && *s <= '9'; s++)
		n = MIN(n * 10 + (*s - '0'), limit);
	return n ? n : def;
}

/* False: more than any domain may have. */
static bool limit_set(u32 *max, s32 asked, const char *name, u32 def, u32 limit)
{
	u32 most = option(name, def, limit);

	*max = asked < 0 ? most : (u32)asked;
	return *max <= most;
}

int grant_domain_init(struct domain *d, const struct domain_config *cfg)
{
	struct grant_table *gt = zalloc(sizeof(*gt));

	if (!gt)
		return -ENOMEM;
	d->grant = gt;
	spin_lock_init(&gt->lock, "grant", LOCK_GRANT);
	gt->version = 1;
	gt->free_handle = ~0u;
	gt->max_version = cfg->max_grant_version;
	if (!limit_set(&gt->max_frames, cfg->max_grant_frames, "gnttab_max_frames", DEFAULT_FRAMES, LIMIT_FRAMES) ||
	    !limit_set(&gt->max_map_pages, cfg->max_maptrack_frames, "gnttab_max_maptrack_frames",
		       DEFAULT_MAP_FRAMES, LIMIT_MAP_FRAMES) || !gt->max_frames) {
		grant_domain_free(d);
		return -EINVAL;
	}
	gt->shared = zalloc(gt->max_frames * sizeof(*gt->shared));
	gt->active = zalloc(gt->max_frames * sizeof(*gt->active));
	gt->status = zalloc(status_pages(gt->max_frames) * sizeof(*gt->status));
	gt->mapping = zalloc(gt->max_map_pages * sizeof(*gt->mapping));
	if (!gt->shared || !gt->active || !gt->status || !gt->mapping || table_grow(d, 1)) {
		grant_domain_free(d);
		return -ENOMEM;
	}
	if (d->id == 0)
		console_key_register('g', "grant tables", dump_key);
	return 0;
}

void grant_domain_release(struct domain *d)
{
	struct grant_table *gt = d->grant;

	spin_lock(&gt->lock);
	while (gt->nr_status)
		frame_share_end(gt->status[--gt->nr_status], d);
	gt->nr_frames = 0;
	for (u32 i = 0; i < gt->max_frames; i++) {
		if (gt->shared[i])
			frame_share_end(gt->shared[i], d);
		gt->shared[i] = NULL;
	}
	spin_unlock(&gt->lock);
}

void grant_domain_free(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	if (gt->shared && gt->status)
		grant_domain_release(d);
	for (u32 i = 0; gt->active && i < gt->max_frames; i++)
		zfree(gt->active[i]);
	for (u32 i = 0; i < gt->nr_map_pages; i++)
		free_pages(gt->mapping[i], 0);
	zfree(gt->shared);
	zfree(gt->active);
	zfree(gt->status);
	zfree(gt->mapping);
	zfree(gt);
	d->grant = NULL;
}

/* ---- commands -------------------------------------------------------------------------------- */

/* The domain whose table is asked about.  NULL: *status tells why. */
static struct domain *asked_domain(const struct vcpu *v, domid_t id, s16 *status)
{
	struct domain *d = domain_get(id);

	*status = GNTST_bad_domain;
	if (d && !domain_may_control(v->domain, d)) {
		*status = GNTST_permission_denied;
		domain_put(d);
		d = NULL;
	}
	if (d)
		*status = GNTST_okay;
	return d;
}

/* Frame numbers of pages [0, n) to a guest array; a table only shrinks by a version change. */
static int put_frames(struct grant_table *gt, bool status, guest_va_t list, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		u64 mfn = INVALID_MFN;

		spin_lock(&gt->lock);
		if (i < (status ? gt->nr_status : gt->nr_frames))
			mfn = hv_to_mfn(status ? (void *)gt->status[i] : gt->shared[i]);
		spin_unlock(&gt->lock);
		if (copy_to_guest(list + i * sizeof(mfn), &mfn, sizeof(mfn)))
			return -EFAULT;
	}
	return 0;
}

/**
 * do_gnttab_setup_table - grow a table to at least s->nr_frames pages and name them
 *
 * Return: 0 and s->status: bad_domain; permission_denied; general_error beyond the largest size;
 * no_space.  -EFAULT when the list cannot be written.
 */
long do_gnttab_setup_table(struct subop_call *c, void *op)
{
	gnttab_setup_table_t *s = op;
	struct domain *d;
	struct grant_table *gt;
	long rc = 0;

	if (!guest_range_ok(handle_va(s->frame_list, 0), 0))
		return -EFAULT;
	d = asked_domain(c->v, s->dom, &s->status);
	if (!d)
		return 0;
	gt = d->grant;
	spin_lock(&gt->lock);
	if (s->nr_frames > gt->max_frames)
		s->status = GNTST_general_error;
	else if (table_grow(d, s->nr_frames))
		s->status = GNTST_no_space;
	spin_unlock(&gt->lock);
	if (s->status == GNTST_okay)
		rc = put_frames(gt, false, handle_va(s->frame_list, 0), s->nr_frames);
	domain_put(d);
	return rc;
}

long do_gnttab_get_status_frames(struct subop_call *c, void *op)
{
	gnttab_get_status_frames_t *s = op;
	struct domain *d;
	long rc = 0;

	if (!guest_range_ok(handle_va(s->frame_list, 0), 0))
		return -EFAULT;
	d = asked_domain(c->v, s->dom, &s->status);
	if (!d)
		return 0;
	if (s->nr_frames > READ_ONCE(d->grant->nr_status))
		s->status = GNTST_general_error;
	else
		rc = put_frames(d->grant, true, handle_va(s->frame_list, 0), s->nr_frames);
	domain_put(d);
	return rc;
}

long do_gnttab_query_size(struct subop_call *c, void *op)
{
	gnttab_query_size_t *q = op;
	struct domain *d = asked_domain(c->v, q->dom, &q->status);

	if (!d)
		return 0;
	q->nr_frames = READ_ONCE(d->grant->nr_frames);
	q->max_nr_frames = d->grant->max_frames;
	domain_put(d);
	return 0;
}

long do_gnttab_get_version(struct subop_call *c, void *op)
{
	gnttab_get_version_t *g = op;
	struct domain *d = domain_get(g->dom);
	long rc = -EPERM;

	if (!d)
		return hc_fail(-ESRCH, "no domain %u", g->dom);
	if (domain_may_control(c->v->domain, d)) {
		g->version = READ_ONCE(d->grant->version);
		rc = 0;
	}
	domain_put(d);
	return rc;
}

/* ---- for XENMEM_acquire_resource ---------------------------------------------------------------- */

u32 grant_resource_max(const struct domain *d, bool status)
{
	return status ? status_pages(d->grant->max_frames) : d->grant->max_frames;
}

int grant_resource(struct domain *d, bool status, u32 first, u32 n, u64 *mfns)
{
	struct grant_table *gt = d->grant;
	int rc = 0;

	spin_lock(&gt->lock);
	if (first + n > grant_resource_max(d, status) || (status && gt->version != 2))
		rc = -EINVAL;
	else if (!status)
		rc = table_grow(d, first + n);
	else if (first + n > gt->nr_status)
		rc = table_grow(d, (first + n) * (STATUS_PER_PAGE / GRANT_PER_PAGE_V2));
	for (u32 i = 0; !rc && i < n; i++)
		mfns[i] = hv_to_mfn(status ? (void *)gt->status[first + i] : gt->shared[first + i]);
	spin_unlock(&gt->lock);
	return rc;
}

/* ---- more commands ------------------------------------------------------------------------------ */

static s16 swap_entries(struct grant_table *gt, u32 a, u32 b)
{
	if (a >= grant_entries(gt) || b >= grant_entries(gt))
		return GNTST_bad_gntref;
	if (a == b)
		return GNTST_okay;
	if (grant_active(gt, a)->readers + grant_active(gt, a)->writers ||
	    grant_active(gt, b)->readers + grant_active(gt, b)->writers)
		return GNTST_eagain;
	if (gt->version == 1) {
		grant_entry_v1_t t = *grant_v1(gt, a);

		*grant_v1(gt, a) = *grant_v1(gt, b);
		*grant_v1(gt, b) = t;
	} else {
		grant_entry_v2_t t = *grant_v2(gt, a);
		grant_status_t s = *grant_status(gt, a);

		*grant_v2(gt, a) = *grant_v2(gt, b);
		*grant_v2(gt, b) = t;
		*grant_status(gt, a) = *grant_status(gt, b);
		*grant_status(gt, b) = s;
	}
	return GNTST_okay;
}

long do_gnttab_swap_grant_ref(struct subop_call *c, void *op)
{
	gnttab_swap_grant_ref_t *s = op;
	struct grant_table *gt = c->v->domain->grant;

	spin_lock(&gt->lock);
	s->status = swap_entries(gt, s->ref_a, s->ref_b);
	spin_unlock(&gt->lock);
	return 0;
}

/* ---- versions -------------------------------------------------------------------------------- */

#define RESERVED	GNTTAB_NR_RESERVED_ENTRIES	/* kept over a change, also in use */

/* The reserved entries in version 1's form, with the bits that tell of their use. */
static int reserved_save(const struct grant_table *gt, grant_entry_v1_t *saved)
{
	for (u32 i = 0; i < RESERVED; i++) {
		grant_entry_v2_t e;

		if (gt->version == 1) {
			saved[i] = *grant_v1(gt, i);
			continue;
		}
		e = *grant_v2(gt, i);
		memset(&saved[i], 0, sizeof(saved[i]));
		switch (e.hdr.flags & GTF_type_mask) {
		case GTF_permit_access:
			if (e.full_page.frame >> 32)
				return -ERANGE;
			saved[i].flags = e.hdr.flags | *grant_status(gt, i);
			saved[i].domid = e.hdr.domid;
			saved[i].frame = e.full_page.frame;
			break;
		case GTF_transitive:
			return -ERANGE;
		}
	}
	return 0;
}

static void reserved_restore(const struct grant_table *gt, const grant_entry_v1_t *saved)
{
	const u16 in_use = GTF_reading | GTF_writing;

	for (u32 i = 0; i < RESERVED; i++) {
		if (gt->version == 1) {
			*grant_v1(gt, i) = saved[i];
			continue;
		}
		*grant_status(gt, i) = saved[i].flags & in_use;
		grant_v2(gt, i)->full_page.frame = saved[i].frame;
		grant_v2(gt, i)->hdr.domid = saved[i].domid;
		grant_v2(gt, i)->hdr.flags = saved[i].flags & ~in_use;
	}
}

/* Return: 0; -EBUSY while entries, or status pages that would go, are in use; -ERANGE; -ENOMEM. */
static int version_change(struct domain *d, u32 version)
{
	struct grant_table *gt = d->grant;
	grant_entry_v1_t saved[RESERVED];
	int rc;

	for (u32 i = RESERVED; i < grant_entries(gt); i++)
		if (grant_active(gt, i)->readers + grant_active(gt, i)->writers)
			return -EBUSY;
	rc = version == 2 ? status_grow(d, gt->nr_frames) : 0;
	if (!rc)
		rc = reserved_save(gt, saved);
	if (!rc && version == 1)
		rc = status_drop(d);
	if (rc)
		return rc;
	for (u32 i = 0; i < gt->nr_frames; i++)
		memset(gt->shared[i], 0, PAGE_SIZE);
	gt->version = version;
	reserved_restore(gt, saved);
	return 0;
}

/**
 * do_gnttab_set_version - change the form of the caller's table; all but the first 8 entries are
 * cleared
 *
 * The version in force is written back in every case.
 *
 * Return: 0; -EINVAL for a version other than 1 and 2; -ENOSYS for one the domain was not made for; what
 * version_change() refuses.
 */
long do_gnttab_set_version(struct subop_call *c, void *op)
{
	gnttab_set_version_t *s = op;
	struct grant_table *gt = c->v->domain->grant;
	long rc = -EINVAL;

	spin_lock(&gt->lock);
	if (s->version == 2 && gt->max_version == 1)
		rc = -ENOSYS;
	else if (s->version == 1 || s->version == 2)
		rc = s->version == gt->version ? 0 : version_change(c->v->domain, s->version);
	s->version = gt->version;
	spin_unlock(&gt->lock);
	if (rc && copy_to_guest(c->arg, s, sizeof(*s)))
		return -EFAULT;
	return rc;
}
