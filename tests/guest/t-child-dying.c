/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-dying - what a toolstack does for a domain while another part of it destroys that domain
 *
 * Right: each step works or is refused, at any moment; whatever was done, the domain goes, and with it every
 * page, once nothing of it is mapped any more.  One of our vCPUs opens and binds ports of the domain's, gives it
 * memory and exchanges that, maps its memory and grant table, seeds a grant and maps that, and pins its page
 * tables; the other destroys it.  ABI: domctl.h, memory.h, event_channel.h, grant_table.h.
 *
 * Boot: --initrd ./child-dying.elf --memory 256 --smp 2 --timeout 120
 */
#include "child.h"
#include "grant.h"

#define ROUNDS	30
#define REF	20

static struct child child;
static u64 subject; /* the domain to work on; DOMID_INVALID: none */
static u64 worked, turns, resting; /* steps that succeeded; how many were taken; none is under way */
static void *window, *window2;
static u64 root, some; /* frames of the child's */

void child_main(void)
{
	for (;;)
		LIVE(mail.reply[0])++;
}

static long map_at(void *page, domid_t dom, u64 mfn, u64 flags)
{
	mmu_update_t req = { .ptr = maddr_of(entry_of((u64)page, 1)) | MMU_NORMAL_PT_UPDATE,
			     .val = PTE(mfn, flags) };
	long rc = HC(mmu_update, .reqs = &req, .count = 1, .foreign = dom);

	flush(page);
	return rc;
}

static bool unmap_at(void *page)
{
	return !map_at(page, DOMID_SELF, mfn_of(page), PTE_DATA);
}

static bool ports(domid_t id)
{
	evtchn_alloc_unbound_t a = { .dom = id, .remote_dom = 0 };
	evtchn_bind_interdomain_t b = { .remote_dom = id };
	evtchn_close_t c;

	if (event_op(EVTCHNOP_alloc_unbound, &a))
		return false;
	b.remote_port = a.port;
	if (event_op(EVTCHNOP_bind_interdomain, &b))
		return false;
	send(b.local_port);
	c.port = b.local_port;
	return !event_op(EVTCHNOP_close, &c);
}

static bool memory(domid_t id)
{
	xen_memory_reservation_t r = { .nr_extents = 4, .domid = id };
	u64 list[4] = { 0, 1, 2, 3 }, out = 0;
	xen_memory_exchange_t e = { .in = { .nr_extents = 4, .domid = id },
				    .out = { .nr_extents = 1, .extent_order = 2, .domid = id } };

	set_xen_guest_handle(r.extent_start, list);
	if (memory_op(XENMEM_populate_physmap, &r) != 4)
		return false;
	set_xen_guest_handle(e.in.extent_start, list);
	set_xen_guest_handle(e.out.extent_start, &out);
	if (memory_op(XENMEM_exchange, &e))
		return false;
	r.extent_order = 2;
	r.nr_extents = 1;
	set_xen_guest_handle(r.extent_start, &out);
	return memory_op(XENMEM_decrease_reservation, &r) == 1;
}

static bool tables(domid_t id)
{
	mmuext_op_t op = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = root };
	long rc = HC(mmuext_op, .ops = &op, .count = 1, .foreign = id);

	op.cmd = MMUEXT_PIN_L4_TABLE;
	return !rc && !HC(mmuext_op, .ops = &op, .count = 1, .foreign = id);
}

/* Its grant table, in which we grant ourselves a frame of its; and that frame, by the grant. */
static bool grants_of(domid_t id)
{
	xen_mem_acquire_resource_t r = { .domid = id, .type = XENMEM_resource_grant_table, .nr_frames = 1 };
	gnttab_map_grant_ref_t m = { .flags = GNTMAP_host_map, .host_addr = (u64)window2, .ref = REF, .dom = id };
	gnttab_unmap_grant_ref_t u = { .host_addr = (u64)window2 };
	grant_entry_v1_t *entry = (grant_entry_v1_t *)window + REF;
	xen_pfn_t frame = 0;
	bool good = false;

	set_xen_guest_handle(r.frame_list, &frame);
	if (memory_op(XENMEM_acquire_resource, &r) || map_at(window, id, frame, PTE_DATA))
		return false;
	entry->domid = 0;
	entry->frame = some;
	barrier();
	entry->flags = GTF_permit_access;
	if (!grant_op(GNTTABOP_map_grant_ref, &m) && m.status == GNTST_okay) {
		LIVE(*(u64 *)window2) = 1;
		u.handle = m.handle;
		good = !grant_op(GNTTABOP_unmap_grant_ref, &u) && u.status == GNTST_okay;
		unmap_at(window2);
	}
	return unmap_at(window) && good;
}

static bool memory_mapped(domid_t id)
{
	return !map_at(window, id, some, PTE_DATA) && (LIVE(*(u64 *)window) = 2) && unmap_at(window);
}

static bool (*const steps[])(domid_t id) = { ports, memory, grants_of, memory_mapped, tables };

static void worker(void)
{
	for (u64 i = 0;; i++) {
		u64 id = LIVE(subject), step = i % ARRAY_SIZE(steps);

		LIVE(resting) = id == DOMID_INVALID;
		if (id == DOMID_INVALID)
			continue;
		worked |= (u64)steps[step](id) << step;
		LIVE(turns)++;
	}
}

static bool one_round(u64 i)
{
	struct xen_domctl op = { 0 };
	bool gone;

	child_make(&child, 2, "");
	op.u.max_mem.max_memkb = (child.pages + 100) * 4;
	domctl(XEN_DOMCTL_max_mem, child.id, &op);
	root = child.root;
	some = child.mfns[child.pages - 1];
	LIVE(turns) = 0;
	LIVE(resting) = 0;
	LIVE(subject) = child.id;
	if (i % 2)
		child_unpause(&child);
	while (LIVE(turns) < 2 * ARRAY_SIZE(steps))
		rest(100000);
	spin(i * 41000 % 1500000);
	gone = !child_destroy(&child);
	LIVE(subject) = DOMID_INVALID;
	while (!LIVE(resting))
		rest(100000);
	return gone && child_is_gone(&child);
}

void test_main(void)
{
	u64 before, good = 0;

	LIVE(subject) = DOMID_INVALID;
	event_init();
	grant_init();
	window = page_alloc();
	window2 = page_alloc();
	check_eq(vcpu_start(1, worker), 0, "a second vCPU");
	one_round(0);
	before = free_pages_settled();
	for (u64 i = 0; i < ROUNDS; i++)
		good += one_round(i);
	check_eq(good, ROUNDS, "each domain went");
	check_eq(worked, (1 << ARRAY_SIZE(steps)) - 1, "each kind of step worked, while it was possible");
	check_free_pages(before);
}
