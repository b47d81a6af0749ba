/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: what may be mapped and copied by whom, and that nothing outlives its reference.
 */
#include "fake/fake.h"
#include "tap.h"

static struct domain *d, *peer;		/* d grants, peer maps */
static mfn_t page, tables[4], target;
static grant_entry_v1_t *entries;

static pte_t *table(mfn_t mfn)
{
	return mfn_to_hv(mfn);
}

static u64 *content(mfn_t mfn)
{
	return mfn_to_hv(mfn);
}

static long gnttab(u32 cmd, void *op)
{
	return fake_call(HC_grant_table_op, cmd, (u64)op, 1, 0);
}

static void grant(u32 ref, domid_t to, mfn_t mfn, u16 flags)
{
	entries[ref].frame = mfn;
	entries[ref].domid = to;
	entries[ref].flags = flags;
}

/* peer has a root that maps its page `target` at 0, with room for more in the same L1 table. */
static void setup(void)
{
	u64 list[1];
	gnttab_setup_table_t s = { .dom = DOMID_SELF, .nr_frames = 1 };

	fake_start(1);
	d = fake_domain(1, 1, false);
	peer = fake_domain(2, 1, false);
	page = frame_to_mfn(frame_alloc(d, 0, 0));
	for (unsigned int i = 0; i < 4; i++)
		tables[i] = frame_to_mfn(frame_alloc(peer, 0, 0));
	target = frame_to_mfn(frame_alloc(peer, 0, 0));
	for (unsigned int i = 0; i < 3; i++)
		table(tables[i])[0] = pte_make(tables[i + 1], PTE_PRESENT | PTE_WRITE | PTE_USER);
	table(tables[3])[0] = pte_make(target, PTE_PRESENT | PTE_WRITE | PTE_USER);

	fake_run(0, d->vcpu[0]);
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)list);
	gnttab(GNTTABOP_setup_table, &s);
	entries = mfn_to_hv(list[0]);
	fake_run(0, peer->vcpu[0]);
	CHECK(!mm_set_kernel_root(peer->vcpu[0], tables[0]));
	grant(8, 2, page, GTF_permit_access);
}

static gnttab_map_grant_ref_t map(u32 ref, u64 addr, u32 flags)
{
	gnttab_map_grant_ref_t m = { .host_addr = addr, .flags = flags, .ref = ref, .dom = 1 };

	is_int(gnttab(GNTTABOP_map_grant_ref, &m), 0, "map call");
	return m;
}

static s16 unmap(u64 addr, u32 handle)
{
	gnttab_unmap_grant_ref_t u = { .host_addr = addr, .handle = handle };

	is_int(gnttab(GNTTABOP_unmap_grant_ref, &u), 0, "unmap call");
	return u.status;
}

static void check_clean(const char *what)
{
	is_int(frame_refs(mfn_to_frame(page)), 1, "%s: only the owner has it", what);
	is_int(frame_type_refs(mfn_to_frame(page)), 0, "%s: no use is left", what);
	is_int(mm_audit(peer), 0, "%s: audit is clean", what);
}

static void test_map(void)
{
	gnttab_map_grant_ref_t m;

	setup();
	m = map(8, 5 << PAGE_SHIFT, GNTMAP_host_map);
	is_int(m.status, GNTST_okay, "mapped");
	is_int(m.dev_bus_addr, page << PAGE_SHIFT, "and told where it is");
	is_int(pte_mfn(table(tables[3])[5]), page, "in the right place");
	ok(table(tables[3])[5] & PTE_WRITE, "writable");
	is_int(entries[8].flags, GTF_permit_access | GTF_reading | GTF_writing, "the grant says so");
	spin_lock(&d->mm.lock);
	is_int(frame_get_both(mfn_to_frame(page), d, FT_L1, false), -EINVAL,
	       "what is mapped writable is no table");
	spin_unlock(&d->mm.lock);
	is_int(mm_audit(peer), 0, "audit is clean");
	is_int(frame_free(d, mfn_to_frame(page)), 0, "its owner gives it back");
	ok(frame_refs(mfn_to_frame(page)), "it stays while mapped");
	is_int(unmap(6 << PAGE_SHIFT, m.handle), GNTST_general_error, "unmapped elsewhere");
	is_int(unmap(5 << PAGE_SHIFT, m.handle + 1), GNTST_bad_handle, "or by another handle");
	is_int(unmap(5 << PAGE_SHIFT, ~0u), GNTST_bad_handle, "or by none");
	is_int(unmap(5 << PAGE_SHIFT, m.handle), GNTST_okay, "unmapped");
	is_int(frame_refs(mfn_to_frame(page)), 0, "and gone");
	is_int(unmap(5 << PAGE_SHIFT, m.handle), GNTST_bad_handle, "once");
	is_int(entries[8].flags, GTF_permit_access, "the grant is not in use");
}

static void test_refused(void)
{
	mfn_t l1;

	setup();
	is_int(map(9, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_general_error, "an empty grant");
	is_int(map(~0u, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_bad_gntref, "no grant");
	is_int(map(8, 5 << PAGE_SHIFT, 0).status, GNTST_bad_gntref, "no kind of mapping");
	is_int(map(8, 1UL << 30, GNTMAP_host_map).status, GNTST_general_error, "no table there");
	is_int(map(8, HV_START, GNTMAP_host_map).status, GNTST_general_error, "the hypervisor's place");
	is_int(map(8, (tables[2] << PAGE_SHIFT) + 64, GNTMAP_host_map | GNTMAP_contains_pte).status,
	       GNTST_general_error, "an L2 entry");
	is_int(map(8, (page << PAGE_SHIFT) + 64, GNTMAP_host_map | GNTMAP_contains_pte).status,
	       GNTST_general_error, "another domain's memory as table");
	grant(8, 3, page, GTF_permit_access);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_general_error, "somebody else's");
	grant(8, 2, page, GTF_permit_access | GTF_readonly);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_general_error, "read-only, to write");
	check_clean("refused");
	grant(8, 2, target, GTF_permit_access);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_bad_page, "what the granter has not");
	grant(8, 2, hv_to_mfn(hv_root), GTF_permit_access);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_bad_page, "the hypervisor's");
	grant(8, 2, 0xffffffff, GTF_permit_access);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_bad_page, "no memory");

	/* A page table of the granter's, writable by way of a grant. */
	l1 = frame_to_mfn(frame_alloc(d, 0, 0));
	is_int(mm_pin(d, l1, FT_L1, false), 0, "a page table");
	grant(8, 2, l1, GTF_permit_access);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_general_error, "is not granted writable");
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map | GNTMAP_readonly).status, GNTST_okay, "but read-only");
	is_int(mm_audit(peer), 0, "audit is clean");
}

static void test_pte(void)
{
	u64 addr;
	gnttab_map_grant_ref_t m;
	gnttab_unmap_and_replace_t r;

	setup();
	addr = (tables[3] << PAGE_SHIFT) + 7 * 8;
	m = map(8, addr, GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly);
	is_int(m.status, GNTST_okay, "mapped by the entry's address");
	ok(!(table(tables[3])[7] & PTE_WRITE), "read-only");
	is_int(unmap(7 << PAGE_SHIFT, m.handle), GNTST_general_error, "an address is no entry");
	is_int(unmap(addr, m.handle), GNTST_okay, "unmapped");
	check_clean("by entry");

	m = map(8, 5 << PAGE_SHIFT, GNTMAP_host_map);
	r = (gnttab_unmap_and_replace_t){ .host_addr = 5 << PAGE_SHIFT, .new_addr = 0, .handle = m.handle };
	r.new_addr = 1UL << 30;
	is_int(gnttab(GNTTABOP_unmap_and_replace, &r), 0, "replace call");
	is_int(r.status, GNTST_general_error, "nothing to replace it with");
	is_int(pte_mfn(table(tables[3])[5]), page, "leaves it mapped");
	table(tables[3])[6] = table(tables[3])[0];
	table(tables[3])[0] = 0;
	r.new_addr = 6 << PAGE_SHIFT;
	is_int(gnttab(GNTTABOP_unmap_and_replace, &r), 0, "replace call");
	is_int(r.status, GNTST_okay, "replaced");
	is_int(pte_mfn(table(tables[3])[5]), target, "by the entry that mapped another page");
	is_int(table(tables[3])[6], 0, "which moved");
	check_clean("replaced");
}

/* A guest that overwrites the entry by itself: the handle goes on holding the page. */
static void test_overwritten(void)
{
	gnttab_map_grant_ref_t m;

	setup();
	m = map(8, 5 << PAGE_SHIFT, GNTMAP_host_map);
	is_int(fake_call(HC_update_va_mapping, 5 << PAGE_SHIFT, 0, 0, 0), 0, "the entry is overwritten");
	is_int(frame_refs(mfn_to_frame(page)), 2, "the handle holds the page");
	is_int(mm_audit(peer), 0, "audit is clean");
	is_int(unmap(5 << PAGE_SHIFT, m.handle), GNTST_general_error, "there is no entry to take away");
	while (grant_domain_destroy(peer))
		;
	is_int(frame_refs(mfn_to_frame(page)), 1, "the end of the domain lets go");
}

static void test_copy(void)
{
	gnttab_copy_t c = {
		.source = { .u.ref = 8, .domid = 1, .offset = 16 },
		.dest = { .u.gmfn = target, .domid = DOMID_SELF, .offset = 32 },
		.len = 8, .flags = GNTCOPY_source_gref,
	};

	setup();
	c.dest.u.gmfn = target;
	content(page)[2] = 0x1122334455667788;
	is_int(gnttab(GNTTABOP_copy, &c), 0, "copy call");
	is_int(c.status, GNTST_okay, "from a grant");
	is_int(content(target)[4], 0x1122334455667788, "arrives");
	c.len = PAGE_SIZE;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_bad_copy_arg, "not beyond the page");
	c.len = 8;
	c.dest.u.gmfn = tables[3];
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_general_error, "not into a page table");
	c.dest.u.gmfn = page;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_bad_page, "nor into another's frame");
	c.dest.domid = 1;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_permission_denied, "however named");
	c.source = c.dest;
	c.source.u.ref = 8;
	c.dest = (struct gnttab_copy_ptr){ .u.ref = 8, .domid = 1 };
	c.flags |= GNTCOPY_dest_gref;
	c.source.offset = 0;
	c.source.domid = 77;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_bad_domain, "nobody's grant");
	check_clean("copied");
}

static void test_version2(void)
{
	gnttab_set_version_t s = { .version = 2 };
	gnttab_get_version_t g = { .dom = DOMID_SELF };
	grant_entry_v2_t *v2;
	gnttab_copy_t c = {
		.source = { .u.ref = 8, .domid = 1, .offset = 100 },
		.dest = { .domid = DOMID_SELF }, .len = 50, .flags = GNTCOPY_source_gref,
	};

	setup();
	fake_run(0, d->vcpu[0]);
	is_int(gnttab(GNTTABOP_set_version, &s), 0, "version 2");
	is_int(gnttab(GNTTABOP_get_version, &g), 0, "asked for");
	is_int(g.version, 2, "is there");
	v2 = (grant_entry_v2_t *)entries;
	v2[8].hdr = (struct grant_entry_header){ GTF_permit_access | GTF_sub_page, 2 };
	v2[8].sub_page.frame = page;
	v2[8].sub_page.page_off = 100;
	v2[8].sub_page.length = 50;
	fake_run(0, peer->vcpu[0]);
	is_int(map(8, 5 << PAGE_SHIFT, GNTMAP_host_map).status, GNTST_general_error, "part of a page");
	c.dest.u.gmfn = target;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_okay, "can be copied");
	c.source.offset = 99;
	gnttab(GNTTABOP_copy, &c);
	is_int(c.status, GNTST_general_error, "but no byte more");
	check_clean("version 2");
	fake_run(0, d->vcpu[0]);
	s.version = 3;
	is_int(gnttab(GNTTABOP_set_version, &s), -EINVAL, "no version 3");
}

int main(void)
{
	test_map();
	test_refused();
	test_pte();
	test_overwritten();
	test_copy();
	test_version2();
	return tap_done();
}
