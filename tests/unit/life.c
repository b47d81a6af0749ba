/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains from their creation to their last reference: whatever ties two of them together, either may go first,
 * at any moment, and every page comes back.
 */
#include "fake/fake.h"
#include "tap.h"

/* ---- what is not linked ------------------------------------------------------------------------------- */

static u32 timers_stopped;

int fpu_init_vcpu(struct vcpu *v) { (void)v; return 0; }
void fpu_free_vcpu(struct vcpu *v) { (void)v; }
void fpu_set_fxsave(struct vcpu *v, const void *area) { (void)v; (void)area; }
int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val) { (void)v; (void)reg; (void)val; return 0; }
void guest_write_cr4(struct vcpu *v, u64 val) { (void)v; (void)val; }
int sched_vcpu_init(struct vcpu *v) { v->sched.pause_flags = VPF_DOWN; return 0; }
void sched_vcpu_destroy(struct vcpu *v) { CHECK(!v->sched.running); timers_stopped++; }
void sched_domain_destroy(struct domain *d) { (void)d; }
void vcpu_unpause(struct vcpu *v) { v->sched.pause_count--; }
void clock_update_wallclock(struct domain *d) { (void)d; }
void control_domain_free(struct domain *d) { control_ranges_free(&d->control); }

void vcpu_pause(struct vcpu *v)
{
	v->sched.pause_count++;
	if (v->sched.running)
		fake_idle(v->sched.cpu);
}

int pv_set_gdt(struct vcpu *v, const mfn_t *frames, u32 entries)
{
	int rc = 0;

	spin_lock(&v->domain->mm.lock);
	if (entries)
		rc = frame_get_both(mfn_to_frame(frames[0]), v->domain, FT_SEGDESC, false);
	spin_unlock(&v->domain->mm.lock);
	if (rc || !entries)
		return rc;
	v->pv.gdt_frames[0] = frames[0];
	v->pv.gdt_entries = entries;
	return 0;
}

void pv_destroy_gdt(struct vcpu *v)
{
	spin_lock(&v->domain->mm.lock);
	if (v->pv.gdt_entries)
		frame_put_both(mfn_to_frame(v->pv.gdt_frames[0]), false);
	spin_unlock(&v->domain->mm.lock);
	v->pv.gdt_entries = 0;
}

/* ---- a machine with domains ----------------------------------------------------------------------------- */

#define PAGES		8		/* mapped one to one at 0, by the last of four tables */

struct guest {
	struct domain *d;
	mfn_t tables[4], page[PAGES];
	grant_entry_v1_t *grants;
};

static u64 before;
static struct guest zero, a, b;

static struct domain *create(domid_t id, bool privileged, int *rc)
{
	return domain_create(&(struct domain_config){
		.id = id, .privileged = privileged, .max_vcpus = 1, .max_evtchn_port = 1023,
		.max_grant_frames = -1, .max_maptrack_frames = -1, .max_grant_version = 2 }, rc);
}

static pte_t *table(mfn_t mfn)
{
	return mfn_to_hv(mfn);
}

static void as(const struct guest *g)
{
	fake_run(0, g->d->vcpu[0]);
}

static mfn_t page_of(struct domain *d)
{
	struct frame *f = frame_alloc(d, 0, 0);

	CHECK(f);
	return frame_to_mfn(f);
}

static void make(struct guest *g, domid_t id)
{
	static vcpu_guest_context_t c;
	int rc;

	g->d = create(id, !id, &rc);
	CHECK(g->d && vcpu_create(g->d, 0));
	g->d->mm.max_pages = 100;
	for (unsigned int i = 0; i < 4; i++)
		g->tables[i] = page_of(g->d);
	for (unsigned int i = 0; i < PAGES; i++) {
		g->page[i] = page_of(g->d);
		table(g->tables[3])[i] = pte_make(g->page[i], PTE_PRESENT | PTE_USER | (i ? PTE_WRITE : 0));
	}
	for (unsigned int i = 0; i < 3; i++)
		table(g->tables[i])[0] = pte_make(g->tables[i + 1], PTE_PRESENT | PTE_WRITE | PTE_USER);
	table(g->tables[0])[1] = pte_make(g->tables[0], PTE_PRESENT | PTE_USER);
	c = (vcpu_guest_context_t){ .flags = VGCF_in_kernel, .gdt_ents = 512 };
	c.gdt_frames[0] = g->page[0];
	c.ctrlreg[1] = c.ctrlreg[3] = xen_pfn_to_cr3(g->tables[0]);
	CHECK(!vcpu_set_context(g->d->vcpu[0], &c));
	g->grants = g->d->grant->shared[0];
}

static void machine(void)
{
	fake_start(2);
	before = heap_free_pages();
	make(&zero, 0);
	dom0 = zero.d;
	as(&zero);
}

static void two_more(void)
{
	machine();
	make(&a, 1);
	make(&b, 2);
}

/* As the exit path does it. */
static void softirqs(void)
{
	if (cpu_info()->softirq_pending & BIT(SOFTIRQ_REAP))
		domains_reap();
	cpu_info()->softirq_pending = 0;
}

/* Preempted at the n-th occasion of each call; 0: never. */
static void kill(struct domain *d, u32 n)
{
	int rc = -ERESTART;

	for (u32 i = 0; rc == -ERESTART && i < 10000; i++) {
		fake_preempt_asked = 0;
		fake_preempt_at = n;
		rc = domain_kill(d);
	}
	fake_preempt_at = 0;
	is_int(rc, 0, "killed");
	softirqs();
}

static bool exists(domid_t id)
{
	struct domain *d = domain_get(id);

	if (d)
		domain_put(d);
	return d;
}

static void end(const char *what)
{
	struct domain *d;

	is_int(mm_audit(NULL), 0, "%s: audit is clean", what);
	fake_idle(0);
	dom0 = NULL;
	while ((d = domain_get_next(0))) {
		domain_put(d);
		kill(d, 0);
	}
	is_int(heap_free_pages(), before, "%s: every page came back", what);
}

/* ---- making and finding ---------------------------------------------------------------------------------- */

static void test_create(void)
{
	struct domain *d;
	domid_t id, next;
	int rc;

	machine();
	d = create(5, false, &rc);
	ok(d && !rc, "created");
	is_int(d->controller_pauses, 1, "paused");
	is_int(d->mm.tot_pages, 0, "without memory");
	ok(!create(5, false, &rc), "a number is given once");
	is_int(rc, -EEXIST, "as it says");
	ok(!domain_create(&(struct domain_config){ .id = 6, .max_vcpus = MAX_VCPUS + 1, .max_grant_version = 1,
						   .max_grant_frames = 1 }, &rc),
	   "too many vCPUs");
	is_int(rc, -EINVAL, "are refused");
	ok(!domain_create(&(struct domain_config){ .id = 6, .max_vcpus = 1, .max_grant_version = 1 }, &rc),
	   "no room for a grant");
	is_int(rc, -EINVAL, "is refused");
	ok(!domain_create(&(struct domain_config){ .id = 6, .max_vcpus = 1, .max_grant_version = 1,
						   .max_grant_frames = 65 }, &rc), "room for more than the others");
	is_int(rc, -EINVAL, "is refused");
	is_int(d->evtchn.limit, 1024, "ports up to the highest it may have");
	kill(d, 0);
	ok(!exists(5), "gone");
	d = domain_create(&(struct domain_config){ .id = 5, .max_vcpus = 1, .max_grant_version = 1,
						   .max_evtchn_port = ~0u, .max_grant_frames = 1 }, &rc);
	is_int(d->evtchn.limit, EVTCHN_FIFO_NR_CHANNELS, "all ports");

	id = domain_free_id();
	create(id, false, &rc);
	next = domain_free_id();
	ok(id && next > id, "numbers go up");
	kill(domain_get_next(id), 0);
	ok(exists(id), "it stays while it is referred to");
	d = domain_get_next(id);
	ok(d->dying && d->id == id, "dying");
	is_int(domain_kill(d), 0, "killing it again is nothing");
	domain_put(d);
	domain_put(d);
	softirqs();
	ok(!exists(id), "the last reference frees it");
	end("created");
}

/* ---- memory ------------------------------------------------------------------------------------------------ */

static long memory(u32 cmd, domid_t id, u64 *list, u64 nr, u32 order)
{
	xen_memory_reservation_t r = { .nr_extents = nr, .extent_order = order, .domid = id };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return fake_call(HC_memory_op, cmd, (u64)&r, 0, 0);
}

static void test_memory(void)
{
	u64 list[8], all;
	struct domain *d;
	struct frame *f;
	int rc;

	machine();
	d = create(3, false, &rc);
	d->mm.max_pages = 6;
	for (u64 i = 0; i < 8; i++)
		list[i] = 0x10 + i;
	is_int(memory(XENMEM_populate_physmap, 3, list, 8, 0), 6, "as many as it may have, without a vCPU");
	is_int(m2p_get(list[5]), 0x15, "under the numbers asked for");
	is_int(memory(XENMEM_decrease_reservation, 3, list, 2, 0), 2, "some given back");
	is_int(d->mm.tot_pages, 4, "are not charged");

	d->mm.max_pages = 5000;
	all = heap_free_pages();
	is_int(memory(XENMEM_claim_pages, 3, NULL, 4, 0), -EINVAL, "a claim of what it has");
	is_int(memory(XENMEM_claim_pages, 3, NULL, 4 + all + 1, 0), -ENOMEM, "a claim of too much");
	is_int(memory(XENMEM_claim_pages, 3, NULL, 4 + all - 1, 0), 0, "a claim of all but one");
	is_int(memory(XENMEM_claim_pages, 3, NULL, 10, 0), -EINVAL, "one at a time");
	is_int(memory(XENMEM_claim_pages, DOMID_XEN, NULL, 0, 0), -EINVAL, "by a domain");
	is_int(memory(XENMEM_populate_physmap, DOMID_IO, list, 1, 0), 0, "as others it takes to have memory");
	f = heap_alloc(0, 0);
	ok(f && !heap_alloc(0, 0), "others get the one");
	is_int(memory(XENMEM_populate_physmap, 3, list, 2, 0), 2, "and the claimant its own");
	is_int(d->mm.claimed, all - 3, "which count");
	is_int(memory(XENMEM_populate_physmap, 3, list + 2, 1, 9), 1, "also together");
	is_int(memory(XENMEM_populate_physmap, 0, list, 1, 0), 0, "still nothing for others");
	is_int(memory(XENMEM_claim_pages, 3, NULL, 0, 0), 0, "the end of the claim");
	is_int(memory(XENMEM_populate_physmap, 0, list, 1, 0), 1, "something for others");
	heap_free(f, 0);
	is_int(memory(XENMEM_claim_pages, 3, NULL, d->mm.tot_pages + 8, 0), 0, "a claim of eight");
	f = NULL;
	for (struct frame *g; (g = heap_alloc(0, MEMF_NO_SCRUB)); f = g)
		*(struct frame **)mfn_to_hv(frame_to_mfn(g)) = f;
	is_int(heap_free_pages(), 8, "others take what is left, but for those");
	is_int(memory(XENMEM_populate_physmap, 3, list + 3, 1, 9), 0, "not enough for a large extent");
	is_int(d->mm.claimed, 8, "which costs nothing of the claim");
	is_int(memory(XENMEM_populate_physmap, 3, list, 8, 0), 8, "enough for small ones");
	is_int(d->mm.claimed, 0, "which is used up");
	for (struct frame *g; (g = f);) {
		f = *(struct frame **)mfn_to_hv(frame_to_mfn(g));
		heap_free(g, 0);
	}
	is_int(memory(XENMEM_claim_pages, 3, NULL, d->mm.tot_pages + 100, 0), 0, "a claim");
	kill(d, 2);
	ok(!exists(3), "dies with its domain");
	end("memory");
}

/* What was on its way to a domain when that began to die. */
static void test_too_late(void)
{
	struct frame *f, *stolen;
	mfn_t pin;

	two_more();
	f = heap_alloc(1, 0);
	a.d->mm.tot_pages += 2;
	stolen = mfn_to_frame(page_of(a.d));
	CHECK(!frame_steal(a.d, stolen));
	pin = page_of(a.d);
	CHECK(frame_get(mfn_to_frame(pin), a.d));
	fake_preempt_asked = 0;
	fake_preempt_at = 1;
	is_int(domain_kill(a.d), -ERESTART, "dying");
	fake_preempt_at = 0;
	ok(!frame_assign(a.d, f, 1, INVALID_M2P), "frames that come now");
	is_int(f->state, 0, "go back");
	frame_unsteal(a.d, stolen);
	ok(!stolen->owner, "as does one of an exchange that failed");
	is_int(mm_pin(a.d, pin, FT_L1, false), -EINVAL, "no table is pinned");
	is_int(memory(XENMEM_populate_physmap, 1, (u64[]){ 0 }, 1, 0), 0, "nothing is populated");
	is_int(memory(XENMEM_claim_pages, 1, NULL, 90, 0), -EINVAL, "nothing is claimed");
	kill(a.d, 1);
	ok(exists(1), "who looks at a frame keeps the domain");
	is_int(mm_pin(a.d, pin, FT_L1, false), -EINVAL, "still no table is pinned");
	frame_put(mfn_to_frame(pin));
	softirqs();
	ok(!exists(1), "until it is done");
	end("too late");
}

/* ---- what ties domains together ------------------------------------------------------------------------------ */

static evtchn_port_t port_for(const struct guest *of, const struct guest *for_whom)
{
	evtchn_alloc_unbound_t u = { .dom = of->d->id, .remote_dom = for_whom->d->id };

	as(&zero);
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0), 0, "port of d%u for d%u", u.dom,
	       u.remote_dom);
	return u.port;
}

static evtchn_port_t bind(const struct guest *g, const struct guest *far, evtchn_port_t port)
{
	evtchn_bind_interdomain_t i = { .remote_dom = far->d->id, .remote_port = port };

	as(g);
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_bind_interdomain, (u64)&i, 0, 0), 0, "bound");
	return i.local_port;
}

/* Returns the handle. */
static u32 map_grant(const struct guest *g, const struct guest *from, u32 ref, unsigned int slot, u32 flags)
{
	gnttab_map_grant_ref_t m = { .host_addr = slot << PAGE_SHIFT, .flags = GNTMAP_host_map | flags, .ref = ref,
				     .dom = from->d->id };

	as(g);
	fake_call(HC_grant_table_op, GNTTABOP_map_grant_ref, (u64)&m, 1, 0);
	is_int(m.status, GNTST_okay, "d%u maps what d%u grants", g->d->id, m.dom);
	return m.handle;
}

static void unmap_grant(const struct guest *g, u32 handle, unsigned int slot)
{
	gnttab_unmap_grant_ref_t u = { .host_addr = slot << PAGE_SHIFT, .handle = handle };

	as(g);
	fake_call(HC_grant_table_op, GNTTABOP_unmap_grant_ref, (u64)&u, 1, 0);
	is_int(u.status, GNTST_okay, "unmapped");
}

static void grant(struct guest *g, u32 ref, const struct guest *to, mfn_t mfn)
{
	g->grants[ref] = (grant_entry_v1_t){ .flags = GTF_permit_access, .domid = to->d->id, .frame = mfn };
}

/* The initial domain's entry, to map a frame of another's. */
static long foreign(unsigned int slot, domid_t id, mfn_t mfn, u64 flags)
{
	mmu_update_t u = { .ptr = (zero.tables[3] << PAGE_SHIFT) + slot * 8,
			   .val = flags ? pte_make(mfn, flags) : 0 };

	as(&zero);
	return fake_call(HC_mmu_update, (u64)&u, 1, 0, id);
}

static mfn_t resource(domid_t id, u32 which, u32 frame)
{
	xen_mem_acquire_resource_t r = { .domid = id, .type = XENMEM_resource_grant_table, .id = which,
					 .frame = frame, .nr_frames = 1 };
	xen_pfn_t mfn = 0;

	set_xen_guest_handle(r.frame_list, &mfn);
	as(&zero);
	is_int(fake_call(HC_memory_op, XENMEM_acquire_resource, (u64)&r, 0, 0), 0, "acquired");
	return mfn;
}

#define RW	(PTE_PRESENT | PTE_WRITE | PTE_USER)
#define RO	(PTE_PRESENT | PTE_USER)

enum { KILL_A, KILL_B, UNMAP_FOREIGN, UNMAP_GRANT, CLOSE, NR_ACTS };

static u32 handle;
static evtchn_port_t zero_port;

static void tie(void)
{
	gnttab_set_version_t v2 = { .version = 2 };
	evtchn_init_control_t fifo = { .control_gfn = 0, .vcpu = 0 };
	evtchn_expand_array_t array;
	mmuext_op_t pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	/* Events: both ways, for one that never comes, for oneself. */
	bind(&b, &a, port_for(&a, &b));
	bind(&a, &b, port_for(&b, &a));
	port_for(&a, &b);
	port_for(&b, &a);
	port_for(&a, &zero);
	bind(&a, &a, port_for(&a, &a));
	zero_port = bind(&zero, &b, port_for(&b, &zero));

	/* Grants: in a circle, and what each maps is given back by who granted. */
	grant(&a, 8, &b, a.page[5]);
	grant(&b, 8, &a, b.page[5]);
	grant(&a, 9, &zero, a.page[6]);
	map_grant(&b, &a, 8, 20, 0);
	map_grant(&a, &b, 8, 20, GNTMAP_readonly);
	handle = map_grant(&zero, &a, 9, 20, 0);
	is_int(frame_free(a.d, mfn_to_frame(a.page[6])), 0, "a page given back while mapped");

	/* The initial domain maps memory, a page table, and what the hypervisor shares with them. */
	is_int(foreign(21, 1, a.page[7], RW), 0, "memory");
	is_int(foreign(22, 1, a.tables[2], RO), 0, "a page table");
	is_int(foreign(23, 2, hv_to_mfn(b.d->shared), RW), 0, "shared_info");
	is_int(foreign(24, 1, resource(1, XENMEM_resource_grant_table_id_shared, 1), RW), 0, "a grant table");
	as(&b);
	is_int(fake_call(HC_grant_table_op, GNTTABOP_set_version, (u64)&v2, 1, 0), -EBUSY, "one that is in use stays");

	/* Frames in the hypervisor's use. */
	as(&a);
	fifo.control_gfn = a.page[2];
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_init_control, (u64)&fifo, 0, 0), 0, "FIFO events");
	array.array_gfn = a.page[3];
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_expand_array, (u64)&array, 0, 0), 0, "event words");
	is_int(vcpu_info_map(a.d->vcpu[0], a.page[1], 64), 0, "vcpu_info");

	/* Pinned, for a domain that does not run. */
	pin.arg1.mfn = b.tables[0];
	as(&zero);
	is_int(fake_call(HC_mmuext_op, (u64)&pin, 1, 0, 2), 0, "pinned in its name");
	is_int(mm_audit(NULL), 0, "audit is clean");
}

static void act(unsigned int what, u32 preempt)
{
	as(&zero);
	switch (what) {
	case KILL_A:
		kill(a.d, preempt);
		break;
	case KILL_B:
		kill(b.d, preempt);
		break;
	case UNMAP_FOREIGN:
		for (unsigned int slot = 21; slot < 25; slot++)
			is_int(foreign(slot, DOMID_SELF, 0, 0), 0, "unmapped");
		break;
	case UNMAP_GRANT:
		unmap_grant(&zero, handle, 20);
		break;
	case CLOSE:
		is_int(fake_call(HC_event_channel_op, EVTCHNOP_close, (u64)&(evtchn_close_t){ zero_port }, 0, 0), 0,
		       "closed");
	}
	softirqs();
	is_int(mm_audit(NULL), 0, "audit is clean after act %u", what);
}

/* The n-th order of all acts. */
static void in_order(unsigned int n, u32 preempt)
{
	unsigned int left[NR_ACTS] = { 0, 1, 2, 3, 4 };

	two_more();
	tie();
	timers_stopped = 0;
	for (unsigned int count = NR_ACTS; count; count--) {
		unsigned int i = n % count;

		n /= count;
		act(left[i], preempt);
		left[i] = left[count - 1];
	}
	ok(!exists(1) && !exists(2), "both are gone");
	is_int(timers_stopped, 2, "with their timers");
	end("tied");
}

static void test_every_order(void)
{
	for (unsigned int n = 0; n < 120; n++)
		in_order(n, n % 6);
}

/* A root with two branches, which is not in use. */
static mfn_t spare_root(struct domain *d)
{
	mfn_t root = page_of(d), below, upper;

	for (unsigned int branch = 0; branch < 2; branch++) {
		upper = root;
		for (unsigned int level = 3; level; level--, upper = below) {
			below = page_of(d);
			table(upper)[upper == root ? branch : 0] = pte_make(below, RW);
		}
	}
	return root;
}

/* Page tables half checked, and half given up, when the end comes. */
static void test_half(void)
{
	for (u32 n = 0; n < 5; n++) {
		mfn_t checked, given_up;

		two_more();
		checked = spare_root(a.d);
		given_up = spare_root(a.d);
		fake_preempt_asked = 0;
		fake_preempt_at = 1;
		is_int(mm_pin(a.d, checked, FT_L4, true), -ERESTART, "stopped on the way");
		fake_preempt_at = 0;
		is_int(mm_pin(a.d, given_up, FT_L4, true), 0, "pinned");
		fake_preempt_asked = 0;
		fake_preempt_at = 1;
		is_int(mm_unpin(a.d, given_up), 0, "and not any more");
		fake_preempt_at = 0;
		ok(a.d->mm.dying, "with the half of it to go");
		is_int(foreign(21, 1, checked, RO), 0, "mapped elsewhere");
		is_int(mm_audit(NULL), 0, "audit is clean");
		kill(a.d, n);
		is_int(a.d->mm.tot_pages, 1, "all goes but what is mapped");
		is_int(mm_audit(NULL), 0, "audit is clean");
		is_int(foreign(21, DOMID_SELF, 0, 0), 0, "unmapped");
		softirqs();
		ok(!exists(1), "gone");
		end("half");
	}
}

/* Status pages of version 2, mapped by the initial domain, outlive the table. */
static void test_status(void)
{
	gnttab_set_version_t v2 = { .version = 2 };
	xen_mem_acquire_resource_t r = { .domid = 1, .type = XENMEM_resource_grant_table };
	mfn_t status;

	two_more();
	is_int(fake_call(HC_memory_op, XENMEM_acquire_resource, (u64)&r, 0, 0), 0, "how many");
	is_int(r.nr_frames, a.d->grant->max_frames, "pages there can be");
	as(&a);
	is_int(fake_call(HC_grant_table_op, GNTTABOP_set_version, (u64)&v2, 1, 0), 0, "version 2");
	status = resource(1, XENMEM_resource_grant_table_id_status, 0);
	is_int(foreign(21, 1, status, RO), 0, "status mapped");
	kill(a.d, 0);
	ok(exists(1), "it keeps the domain");
	is_int(a.d->mm.tot_pages, 1, "with one page");
	r = (xen_mem_acquire_resource_t){ .domid = 1, .type = XENMEM_resource_grant_table, .nr_frames = 1 };
	set_xen_guest_handle(r.frame_list, &(xen_pfn_t){ 0 });
	ok(fake_call(HC_memory_op, XENMEM_acquire_resource, (u64)&r, 0, 0), "of whose table nothing is to be had");
	is_int(foreign(21, DOMID_SELF, 0, 0), 0, "unmapped");
	softirqs();
	ok(!exists(1), "gone");
	end("status");
}

/* ---- one's own limits, and what the others see ------------------------------------------------------------------ */

static bool exc_pending(evtchn_port_t port)
{
	bool was = evtchn_is_pending(zero.d, port);

	evtchn_clear_pending(zero.d, port);
	return was;
}

static void test_told(void)
{
	evtchn_bind_virq_t bind_exc = { .virq = VIRQ_DOM_EXC };

	two_more();
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_bind_virq, (u64)&bind_exc, 0, 0), 0, "DOM_EXC");
	is_int(foreign(21, 1, a.page[7], RW), 0, "a page mapped");
	kill(a.d, 0);
	ok(exc_pending(bind_exc.port), "told of the end");
	ok(exists(1) && a.d->mm.tot_pages == 1, "which is not all");
	is_int(foreign(21, DOMID_SELF, 0, 0), 0, "unmapped");
	softirqs();
	ok(exc_pending(bind_exc.port) && !exists(1), "told of that");
	kill(b.d, 0);
	ok(exc_pending(bind_exc.port) && !exists(2), "told of one that went at once");
	end("told");
}

static void test_ports(void)
{
	evtchn_alloc_unbound_t u = { .dom = 1, .remote_dom = 2 };
	evtchn_reset_t reset = { .dom = 1 };
	unsigned int n = 0;

	two_more();
	a.d->evtchn.limit = 200;
	while (!fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0))
		n++;
	is_int(n, 199, "all ports but the first");
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0), -ENOSPC, "and no more");
	u.dom = 2;
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0), 0, "others have theirs");
	CHECK(!domain_unpause_by_controller(a.d));
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_reset, (u64)&reset, 0, 0), -EINVAL, "not while it runs");
	CHECK(!domain_pause_by_controller(a.d));
	fake_preempt_asked = 0;
	fake_preempt_at = 2;
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_reset, (u64)&reset, 0, 0), 0, "reset while it is paused");
	u.dom = 1;
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0), 0, "a port is free again");
	while (!fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0))
		;
	fake_preempt_asked = 0;
	fake_preempt_at = 3;
	is_int(domain_kill(a.d), -ERESTART, "killed half way through its ports");
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_alloc_unbound, (u64)&u, 0, 0), -EINVAL, "which opens none");
	fake_preempt_at = 0;
	kill(a.d, 0);
	ok(!exists(1), "gone");
	end("ports");
}

/* A context names frames; they must be the domain's own. */
static void test_context(void)
{
	static vcpu_guest_context_t c;
	struct domain *d;
	int rc;

	two_more();
	d = create(3, false, &rc);
	d->mm.max_pages = 10;
	CHECK(vcpu_create(d, 0));
	is_int(d->vcpu[0]->sched.pause_count, 1, "a vCPU of a paused domain stands still");
	c = (vcpu_guest_context_t){ .flags = VGCF_in_kernel };
	c.ctrlreg[3] = xen_pfn_to_cr3(a.tables[0]);
	is_int(vcpu_set_context(d->vcpu[0], &c), -EINVAL, "another domain's root");
	c.ctrlreg[3] = xen_pfn_to_cr3(page_of(d));
	c.ctrlreg[1] = xen_pfn_to_cr3(a.tables[0]);
	is_int(vcpu_set_context(d->vcpu[0], &c), -EINVAL, "another domain's user root");
	c.ctrlreg[1] = 0;
	c.gdt_ents = 512;
	c.gdt_frames[0] = a.page[0];
	is_int(vcpu_set_context(d->vcpu[0], &c), -EINVAL, "another domain's GDT");
	ok(!d->vcpu[0]->initialised, "sets nothing up");
	is_int(mm_audit(NULL), 0, "audit is clean");
	c.gdt_ents = 0;
	is_int(vcpu_set_context(d->vcpu[0], &c), 0, "its own");
	kill(d, 1);
	end("context");
}

int main(void)
{
	test_create();
	test_memory();
	test_too_late();
	test_every_order();
	test_half();
	test_status();
	test_told();
	test_ports();
	test_context();
	return tap_done();
}
