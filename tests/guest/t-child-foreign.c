/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-foreign - the initial domain edits another domain's memory and page tables
 *
 * Right: a frame is mapped in the name of its owner only; another domain's tables are changed by the rules
 * for its own: nobody gets a writable mapping of a table, a table in use is not mapped writable, a
 * frame that is mapped writable does not become a table.  The grant table can be mapped to seed it.  A vCPU's
 * context names frames of its own domain.  ABI: xen.h, memory.h, domctl.h.
 *
 * Boot: --initrd ./child-foreign.elf --memory 256
 */
#include "child.h"

static long map_rc(domid_t dom, u64 mfn, u64 flags)
{
	long rc;
	void *page = foreign_map(dom, mfn, flags, &rc);

	if (page)
		child_unmap(page);
	return rc;
}

static long pin_for(domid_t dom, u32 cmd, u64 mfn)
{
	mmuext_op_t op = { .cmd = cmd, .arg1.mfn = mfn };

	return HC(mmuext_op, .ops = &op, .count = 1, .foreign = dom);
}

static void owner_points(struct child *c)
{
	u64 theirs = c->mfns[pfn_of(&mail)], ours = mfn_of(page_alloc());

	check_eq(map_rc(c->id, theirs, PTE_DATA), 0, "a frame of the child in its name");
	check_eq(map_rc(c->id, theirs, PTE_RO), 0, "read-only");
	check_refused(map_rc(DOMID_SELF, theirs, PTE_DATA), "not in ours");
	check_refused(map_rc(c->id, ours, PTE_DATA), "ours not in its");
	check_eq(map_rc(77, theirs, PTE_DATA), -XEN_ESRCH, "nor in nobody's");
	check_refused(map_rc(c->id, 0x7ffffff, PTE_DATA), "what is not memory");
}

static void table_points(struct child *c)
{
	u64 root = c->root, spare = c->mfns[c->pages - 1], l1_entry;
	mmu_update_t req;
	u64 *table;
	void *page;

	check_refused(map_rc(c->id, root, PTE_DATA), "a table in use is not mapped writable");
	check_eq(map_rc(c->id, root, PTE_RO), 0, "but read-only");
	page = foreign_map(c->id, spare, PTE_DATA, NULL);
	check_refused(pin_for(c->id, MMUEXT_PIN_L1_TABLE, spare), "a frame mapped writable is no table");
	child_unmap(page);
	/* The child itself maps it writable, too; take that away in its L1 table. */
	table = foreign_map(c->id, c->mfns[pfn_of(image_start)], PTE_RO, NULL);
	child_unmap(table);
	check_refused(pin_for(c->id, MMUEXT_PIN_L1_TABLE, spare), "nor one that the child maps so");
	l1_entry = root;
	for (int level = 3; level >= 1; level--) {
		u64 va = (c->pages - 1) * PAGE_SIZE;

		table = foreign_map(c->id, l1_entry, PTE_RO, NULL);
		l1_entry = (table[table_index(va, level + 1)] & PTE_ADDR) >> 12;
		child_unmap(table);
	}
	req.ptr = (l1_entry << 12) + table_index((c->pages - 1) * PAGE_SIZE, 1) * 8;
	req.val = 0;
	check_eq(HC(mmu_update, .reqs = &req, .count = 1, .foreign = c->id | (c->id + 1u) << 16), 0,
		 "its entry, cleared by us");
	check_eq(pin_for(c->id, MMUEXT_PIN_L1_TABLE, spare), 0, "now it becomes a table");
	req.val = PTE(spare, PTE_DATA);
	check_refused(HC(mmu_update, .reqs = &req, .count = 1, .foreign = c->id | (c->id + 1u) << 16),
		      "which the child may not map writable");
	check_refused(map_rc(c->id, spare, PTE_DATA), "nor we");
	req.val = PTE(mfn_of(page_alloc()), PTE_DATA);
	check_refused(HC(mmu_update, .reqs = &req, .count = 1, .foreign = c->id | (c->id + 1u) << 16),
		      "nor does it get a frame of ours");
	check_eq(pin_for(c->id, MMUEXT_UNPIN_TABLE, spare), 0, "unpinned");
	check_refused(pin_for(c->id, MMUEXT_PIN_L4_TABLE, mfn_of(page_alloc())), "no pin of our frame in its name");
	check_eq(pin_for(77, MMUEXT_PIN_L4_TABLE, root), -XEN_ESRCH, "nor in nobody's");
}

static void context_points(struct child *c)
{
	static vcpu_guest_context_t ctx;
	struct xen_domctl op = { .u.vcpucontext.vcpu = 5 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)&ctx);
	check_refused(domctl(XEN_DOMCTL_setvcpucontext, c->id, &op), "a context for no vCPU");
	op.u.vcpucontext.vcpu = 0;
	ctx.flags = VGCF_in_kernel | VGCF_online;
	ctx.user_regs.rip = (u64)test_main;
	ctx.ctrlreg[3] = xen_pfn_to_cr3(root_mfn());
	check_refused(domctl(XEN_DOMCTL_setvcpucontext, c->id, &op), "a root of ours for the child");
	ctx.ctrlreg[3] = xen_pfn_to_cr3(c->mfns[c->pages - 2]);
	check_refused(domctl(XEN_DOMCTL_setvcpucontext, c->id, &op), "a root that the child maps writable");
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)HYPERVISOR_VA);
	check_eq(domctl(XEN_DOMCTL_setvcpucontext, c->id, &op), -XEN_EFAULT, "a context out of reach");
}

static void grant_points(struct child *c)
{
	u64 frame = 0;
	xen_mem_acquire_resource_t r = { .domid = c->id, .type = XENMEM_resource_grant_table };
	grant_entry_v1_t *table;
	long rc;

	check_eq(memory_op(XENMEM_acquire_resource, &r), 0, "how many frames of its grant table there may be");
	check_eq(r.nr_frames, 4, "as many as the domain was made with");
	r.nr_frames = 1;
	set_xen_guest_handle(r.frame_list, &frame);
	check_eq(memory_op(XENMEM_acquire_resource, &r), 0, "the first");
	/* MMU_PT_UPDATE_NO_TRANSLATE: what acquire_resource gave is a machine frame whoever asks. */
	table = foreign_map(c->id, frame, PTE_DATA, &rc);
	check_eq(rc, 0, "is mapped in the child's name");
	if (table) {
		table[1].domid = 0;
		table[1].frame = c->mfns[pfn_of(&mail)];
		table[1].flags = GTF_permit_access;
		child_unmap(table);
	}
	r.domid = 77;
	check_eq(memory_op(XENMEM_acquire_resource, &r), -XEN_ESRCH, "nobody's");
	r.domid = c->id;
	r.type = 99;
	check_eq(memory_op(XENMEM_acquire_resource, &r), -XEN_EOPNOTSUPP, "another kind of resource");
}

void test_main(void)
{
	struct child c;
	u64 before;

	child_make(&c, 1, "");
	child_destroy(&c);
	child_is_gone(&c);
	before = free_pages_settled();
	if (child_create(&c, 1) || child_populate(&c) || child_load(&c, ""))
		bail_out("the child cannot be built");
	context_points(&c);
	if (child_start_state(&c))
		bail_out("the child's context is refused");
	owner_points(&c);
	table_points(&c);
	grant_points(&c);
	check_eq(child_unpause(&c), 0, "the child still starts");
	check_eq(child_wait(&c, 10 * SECOND), SHUTDOWN_poweroff, "and ends as it should");
	check_eq(child_destroy(&c), 0, "destroy");
	check(child_is_gone(&c), "gone");
	check_free_pages(before);
}
