/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants in all their forms: versions, parts of pages, grants of grants, gifts; batches, the end of
 * either side, and a granter that changes its entries meanwhile.
 */
#include <pthread.h>

#include "fake/fake.h"
#include "tap.h"

static struct domain *d, *peer, *third;	/* d grants to peer; peer passes on to third */
static mfn_t page, own;			/* d's and peer's */

static void setup(void)
{
	fake_start(1);
	d = fake_domain(1, 1, false);
	peer = fake_domain(2, 1, false);
	third = fake_domain(3, 1, false);
	page = frame_to_mfn(frame_alloc(d, 0, 0));
	own = frame_to_mfn(frame_alloc(peer, 0, 0));
	strcpy(mfn_to_hv(page) + 100, "hello");
	fake_run(0, peer->vcpu[0]);
}

static long gnttab(struct domain *who, u32 cmd, void *op, u32 count)
{
	fake_run(0, who->vcpu[0]);
	return fake_call(HC_grant_table_op, cmd, (u64)op, count, 0);
}

static long set_version(struct domain *who, u32 version)
{
	gnttab_set_version_t s = { .version = version };
	long rc = gnttab(who, GNTTABOP_set_version, &s, 1);

	is_int(s.version, who->grant->version, "the version in force is told");
	return rc;
}

static void grant1(u32 ref, domid_t to, mfn_t mfn, u16 flags)
{
	*grant_v1(d->grant, ref) = (grant_entry_v1_t){ .flags = flags, .domid = to, .frame = mfn };
}

static void grant2(struct domain *who, u32 ref, domid_t to, mfn_t mfn, u16 flags)
{
	grant_entry_v2_t *e = grant_v2(who->grant, ref);

	e->full_page.frame = mfn;
	e->hdr.domid = to;
	e->hdr.flags = flags;
}

/* For devices: no page tables are needed. */
static gnttab_map_grant_ref_t map(struct domain *from, u32 ref, u32 flags)
{
	gnttab_map_grant_ref_t m = { .flags = flags | GNTMAP_device_map, .ref = ref, .dom = from->id };

	is_int(gnttab(peer, GNTTABOP_map_grant_ref, &m, 1), 0, "map call");
	return m;
}

static s16 unmap(const gnttab_map_grant_ref_t *m)
{
	gnttab_unmap_grant_ref_t u = { .dev_bus_addr = m->dev_bus_addr, .handle = m->handle };

	is_int(gnttab(peer, GNTTABOP_unmap_grant_ref, &u, 1), 0, "unmap call");
	return u.status;
}

static s16 copy_from(struct domain *who, struct domain *from, u32 ref, u32 offset, u32 len, mfn_t to)
{
	gnttab_copy_t c = {
		.source = { .u.ref = ref, .domid = from->id, .offset = offset },
		.dest = { .u.gmfn = to, .domid = DOMID_SELF },
		.len = len, .flags = GNTCOPY_source_gref,
	};

	is_int(gnttab(who, GNTTABOP_copy, &c, 1), 0, "copy call");
	return c.status;
}

static void check_clean(void)
{
	is_int(frame_refs(mfn_to_frame(page)), 1, "nothing holds the page");
	is_int(frame_type_refs(mfn_to_frame(page)), 0, "nor uses it");
	is_int(d->refs, 1, "nor its domain");
}

static void test_pins(void)
{
	gnttab_map_grant_ref_t a, b;

	setup();
	grant1(8, 2, page, GTF_permit_access);
	a = map(d, 8, 0);
	is_int(a.status, GNTST_okay, "writable");
	grant_v1(d->grant, 8)->frame = own;
	b = map(d, 8, GNTMAP_readonly);
	is_int(b.dev_bus_addr, page << PAGE_SHIFT, "a second map has the frame first read");
	is_int(unmap(&a), GNTST_okay, "the writer goes");
	is_int(grant_v1(d->grant, 8)->flags, GTF_permit_access | GTF_reading, "a reader is left");
	grant_v1(d->grant, 8)->flags |= GTF_readonly;
	is_int(map(d, 8, 0).status, GNTST_general_error, "made read-only, no writer comes back");
	is_int(unmap(&b), GNTST_okay, "the reader goes");
	is_int(grant_v1(d->grant, 8)->flags, GTF_permit_access | GTF_readonly, "none is left");
	is_int(unmap(&b), GNTST_bad_handle, "once");
	check_clean();
}

static void test_versions(void)
{
	gnttab_map_grant_ref_t kept, other;
	gnttab_get_status_frames_t s = { .dom = DOMID_SELF, .nr_frames = 1 };
	gnttab_setup_table_t grow = { .dom = DOMID_SELF, .nr_frames = 9 };
	u64 list[1], pages[9];

	setup();
	set_xen_guest_handle(s.frame_list, list);
	set_xen_guest_handle(grow.frame_list, (xen_pfn_t *)pages);
	gnttab(d, GNTTABOP_setup_table, &grow, 1);
	gnttab(d, GNTTABOP_get_status_frames, &s, 1);
	is_int(s.status, GNTST_general_error, "no status frames in version 1");
	grant1(1, 2, page, GTF_permit_access);
	grant1(9, 2, page, GTF_permit_access);
	kept = map(d, 1, 0);
	other = map(d, 9, 0);
	is_int(set_version(d, 2), -EBUSY, "an entry in use keeps the version");
	is_int(unmap(&other), GNTST_okay, "no more");
	is_int(set_version(d, 2), 0, "the reserved ones may be in use");
	is_int(grant_v2(d->grant, 1)->full_page.frame, page, "and are kept");
	is_int(*grant_status(d->grant, 1), GTF_reading | GTF_writing, "with their use");
	is_int(grant_v2(d->grant, 9)->hdr.flags, 0, "others are cleared");
	is_int(gnttab(d, GNTTABOP_get_status_frames, &s, 1), 0, "status frames");
	is_int(list[0], hv_to_mfn(d->grant->status[0]), "are told");
	is_int(unmap(&kept), GNTST_okay, "unmapped");
	is_int(*grant_status(d->grant, 1), 0, "which the status tells");

	grant2(d, 3, 2, 1UL << 33, GTF_permit_access);
	is_int(set_version(d, 1), -ERANGE, "a frame that version 1 cannot tell");
	grant2(d, 3, 2, 0, GTF_invalid);
	ok(frame_get(mfn_to_frame(list[0]), d), "a status frame in use");
	is_int(set_version(d, 1), -EBUSY, "stays");
	is_int(d->grant->nr_status, 2, "and so do the others");
	is_int(mm_audit(d), 1, "as they were, but for the one in use");
	frame_put(mfn_to_frame(list[0]));
	is_int(set_version(d, 1), 0, "back");
	is_int(grant_v1(d->grant, 1)->frame, page, "with the reserved entries");
	is_int(set_version(d, 3), -EINVAL, "no version 3");
	is_int(mm_audit(d), 0, "audit is clean");
	check_clean();
}

static void test_sub_page(void)
{
	setup();
	is_int(set_version(d, 2), 0, "version 2");
	grant2(d, 20, 2, page, GTF_permit_access | GTF_sub_page | GTF_readonly);
	grant_v2(d->grant, 20)->sub_page.page_off = 100;
	grant_v2(d->grant, 20)->sub_page.length = 50;
	is_int(map(d, 20, GNTMAP_readonly).status, GNTST_general_error, "a part is not mapped");
	is_int(copy_from(peer, d, 20, 100, 6, own), GNTST_okay, "but copied");
	is_int(strcmp(mfn_to_hv(own), "hello"), 0, "as it is");
	is_int(copy_from(peer, d, 20, 99, 6, own), GNTST_general_error, "not from before");
	is_int(copy_from(peer, d, 20, 145, 6, own), GNTST_general_error, "nor beyond");
	is_int(copy_from(peer, d, 20, 4095, 6, own), GNTST_bad_copy_arg, "nor over the page's end");
	is_int(copy_from(third, d, 20, 100, 6, own), GNTST_general_error, "nor by anybody else");
	check_clean();
}

static void test_transitive(void)
{
	mfn_t last;
	grant_entry_v2_t *e;

	setup();
	last = frame_to_mfn(frame_alloc(third, 0, 0));
	is_int(set_version(d, 2) | set_version(peer, 2), 0, "version 2");
	grant2(d, 21, 2, page, GTF_permit_access);
	e = grant_v2(peer->grant, 30);
	e->transitive.trans_domid = 1;
	e->transitive.gref = 21;
	e->hdr.domid = 3;
	e->hdr.flags = GTF_transitive;
	is_int(copy_from(third, peer, 30, 100, 6, last), GNTST_okay, "a grant passed on");
	is_int(strcmp(mfn_to_hv(last), "hello"), 0, "arrives");
	is_int(*grant_status(peer->grant, 30) | *grant_status(d->grant, 21), 0, "and leaves no use");
	e->transitive.gref = 22;
	is_int(copy_from(third, peer, 30, 100, 6, last), GNTST_general_error, "one that is none");
	e->transitive.trans_domid = 2;
	is_int(copy_from(third, peer, 30, 100, 6, last), GNTST_general_error, "one's own");
	e->transitive.trans_domid = 1;
	e->transitive.gref = 23;
	*grant_v2(d->grant, 23) = *e;
	grant_v2(d->grant, 23)->hdr.domid = 2;
	is_int(copy_from(third, peer, 30, 100, 6, last), GNTST_general_error, "passed on twice");
	is_int(*grant_status(peer->grant, 30) | *grant_status(d->grant, 23), 0, "none leaves a use");
	is_int(peer->refs, 1, "nor a reference");
	check_clean();
}

static void test_transfer(void)
{
	mfn_t gift = frame_to_mfn((setup(), frame_alloc(peer, 0, 0))), got;
	gnttab_transfer_t t = { .mfn = gift, .domid = 1, .ref = 40 };
	grant_entry_v1_t *e = grant_v1(d->grant, 40);
	u64 pages = peer->mm.tot_pages;

	grant1(40, 2, 0, GTF_accept_transfer);
	strcpy(mfn_to_hv(gift), "a gift");
	ok(frame_get(mfn_to_frame(gift), peer), "in use");
	gnttab(peer, GNTTABOP_transfer, &t, 1);
	is_int(t.status, GNTST_bad_page, "it is not given away");
	frame_put(mfn_to_frame(gift));
	gnttab(peer, GNTTABOP_transfer, &t, 1);
	is_int(t.status, GNTST_okay, "given");
	is_int(e->flags, GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed, "taken");
	got = e->frame;
	is_int(strcmp(mfn_to_hv(got), "a gift"), 0, "with what is in it");
	ok(mfn_to_frame(got)->owner == d, "it is the receiver's");
	is_int(peer->mm.tot_pages, pages - 1, "and the giver's no more");
	t.mfn = page;
	gnttab(peer, GNTTABOP_transfer, &t, 1);
	is_int(t.status, GNTST_bad_page, "not what one has not");
	t.mfn = own;
	gnttab(peer, GNTTABOP_transfer, &t, 1);
	is_int(t.status, GNTST_general_error, "nobody waits for another");
	is_int(frame_refs(mfn_to_frame(own)), 0, "it is lost, as the ABI has it");
	is_int(mm_audit(d) | mm_audit(peer), 0, "audit is clean");
}

static void test_batch(void)
{
	gnttab_map_grant_ref_t m[40];
	gnttab_unmap_grant_ref_t u[40];
	u32 wrong = 0;

	setup();
	for (u32 i = 0; i < 40; i++) {
		grant1(20 + i, 2, page, GTF_permit_access);
		m[i] = (gnttab_map_grant_ref_t){ .flags = GNTMAP_device_map, .ref = 20 + i, .dom = 1 };
	}
	m[7].ref = 5000;
	fake_preempt_asked = 0;
	fake_preempt_at = 5;
	is_int(gnttab(peer, GNTTABOP_map_grant_ref, m, 40), 0, "40 maps, preempted");
	ok(fake_restarts, "really");
	for (u32 i = 0; i < 40; i++) {
		wrong += m[i].status != (i == 7 ? GNTST_bad_gntref : GNTST_okay);
		u[i] = (gnttab_unmap_grant_ref_t){ .dev_bus_addr = m[i].dev_bus_addr,
						   .handle = m[i].handle };
	}
	is_int(wrong, 0, "each has its own answer");
	is_int(frame_refs(mfn_to_frame(page)), 40, "and its own reference");
	is_int(mm_audit(peer), 0, "audit is clean");
	u[7].handle = 999999;
	is_int(gnttab(peer, GNTTABOP_unmap_grant_ref, u, 40), 0, "40 unmaps");
	is_int(u[7].status, GNTST_bad_handle, "one bad");
	check_clean();

	is_int(gnttab(peer, GNTTABOP_map_grant_ref, m, ~0u), -EINVAL, "a negative count");
	is_int(gnttab(peer, GNTTABOP_map_grant_ref, (void *)FAKE_BAD_VA, 2), -EFAULT, "nothing there");
	is_int(gnttab(peer, GNTTABOP_map_grant_ref, (void *)HV_START, 2), -EFAULT, "our memory");
	is_int(gnttab(peer, GNTTABOP_query_size, m, 2), -EINVAL, "two where one is wanted");
	is_int(gnttab(peer, GNTTABOP_dump_table, m, 1), -ENOSYS, "no dumps for guests");
	is_int(gnttab(peer, 13, m, 0), -ENOSYS, "no command 13");
}

static void test_ends(void)
{
	gnttab_map_grant_ref_t m;

	setup();
	grant1(8, 2, page, GTF_permit_access);
	m = map(d, 8, 0);
	is_int(frame_free(d, mfn_to_frame(page)), 0, "the granter gives its page back");
	is_int(frame_refs(mfn_to_frame(page)), 1, "which lives while it is mapped");
	is_int(grant_domain_destroy(d), 0, "and dies");
	is_int(unmap(&m), GNTST_okay, "unmapped after its death");
	is_int(frame_refs(mfn_to_frame(page)), 0, "the page is gone");
	is_int(d->refs, 1, "and nothing keeps the granter");
	grant_domain_free(d);

	setup();
	grant1(8, 2, page, GTF_permit_access);
	map(d, 8, 0);
	map(d, 8, GNTMAP_readonly);
	is_int(grant_domain_destroy(peer), 0, "the mapping domain dies");
	is_int(grant_v1(d->grant, 8)->flags, GTF_permit_access, "its maps end");
	check_clean();
	grant_domain_free(peer);
}

static void test_table(void)
{
	u64 list[64];
	gnttab_setup_table_t s = { .dom = DOMID_SELF, .nr_frames = 64 };
	gnttab_query_size_t q = { .dom = DOMID_SELF };
	gnttab_swap_grant_ref_t w = { .ref_a = 1, .ref_b = 600 };
	gnttab_map_grant_ref_t m;

	setup();
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)list);
	gnttab(d, GNTTABOP_query_size, &q, 1);
	is_int(q.nr_frames, 1, "one page at first");
	is_int(q.max_nr_frames, 64, "64 at most");
	gnttab(d, GNTTABOP_swap_grant_ref, &w, 1);
	is_int(w.status, GNTST_bad_gntref, "beyond the table");
	gnttab(d, GNTTABOP_setup_table, &s, 1);
	is_int(s.status, GNTST_okay, "64 pages");
	is_int(list[63], hv_to_mfn(d->grant->shared[63]), "all are told");
	s.nr_frames = 65;
	gnttab(d, GNTTABOP_setup_table, &s, 1);
	is_int(s.status, GNTST_general_error, "no more");
	s.dom = 2;
	gnttab(d, GNTTABOP_setup_table, &s, 1);
	is_int(s.status, GNTST_permission_denied, "not another's");
	s.dom = 77;
	gnttab(d, GNTTABOP_setup_table, &s, 1);
	is_int(s.status, GNTST_bad_domain, "nor nobody's");
	grant1(1, 2, page, GTF_permit_access);
	gnttab(d, GNTTABOP_swap_grant_ref, &w, 1);
	is_int(grant_v1(d->grant, 600)->frame, page, "entries change places");
	m = map(d, 600, 0);
	gnttab(d, GNTTABOP_swap_grant_ref, &w, 1);
	is_int(w.status, GNTST_eagain, "not while in use");
	is_int(unmap(&m), GNTST_okay, "unmapped");
	is_int(mm_audit(d), 0, "audit is clean");
}

/* ---- a hostile granter ----------------------------------------------------------------------- */

static volatile int stop;

static void *scribble(void *arg)
{
	volatile u16 *table = d->grant->shared[0];	/* entries of 4 words: flags, domid, frame */
	u32 seed = 1;

	(void)arg;
	while (!stop) {
		u32 n;

		seed = seed * 1664525 + 1013904223;
		n = seed >> 16 & 31;
		if (seed >> 30)
			table[4 * n] = GTF_permit_access | (seed >> 20 & (GTF_readonly | GTF_reading | GTF_writing));
		else
			table[4 * n + 1] = seed >> 24 & 1 ? 2 : 3;
	}
	return NULL;
}

static void test_hostile(void)
{
	u32 seed = 2, mapped = 0, wrong = 0;
	pthread_t other;

	setup();
	for (u32 i = 0; i < 32; i++)
		grant1(i, 2, page, GTF_permit_access);
	CHECK(!pthread_create(&other, NULL, scribble, NULL));
	for (u32 i = 0; i < 100000; i++) {
		gnttab_map_grant_ref_t m = { .flags = GNTMAP_device_map, .dom = 1 };
		gnttab_unmap_grant_ref_t u = { 0 };

		seed = seed * 1664525 + 1013904223;
		m.ref = seed >> 16 & 31;
		m.flags |= seed >> 28 & GNTMAP_readonly;
		gnttab(peer, GNTTABOP_map_grant_ref, &m, 1);
		if (m.status)
			continue;
		mapped++;
		u.handle = m.handle;
		u.dev_bus_addr = m.dev_bus_addr;
		gnttab(peer, GNTTABOP_unmap_grant_ref, &u, 1);
		wrong += u.status != GNTST_okay;
	}
	stop = 1;
	pthread_join(other, NULL);
	ok(mapped, "entries that change under our eyes can be mapped");
	is_int(wrong, 0, "and unmapped");
	check_clean();
}

int main(void)
{
	test_pins();
	test_versions();
	test_sub_page();
	test_transitive();
	test_transfer();
	test_batch();
	test_ends();
	test_table();
	test_hostile();
	return tap_done();
}
