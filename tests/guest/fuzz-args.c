/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments for the fuzz guest: numbers near the edges, frames, addresses, and what each command
 * needs.
 */
#include "fuzz.h"

/* --- numbers --- */

static u64 mixed(u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

u64 random64(void)
{
	return mixed(fuzzer()->random += 0x9e3779b97f4a7c15);
}

void random_begin(u64 seed, u64 count)
{
	fuzzer()->random = mixed(seed ^ mixed(count));
}

u32 below(u32 n)
{
	return (random64() >> 32) * n >> 32;
}

bool one_in(u32 n)
{
	return !below(n);
}

/* --- places --- */

void *arena_get(u32 size)
{
	struct fuzzer *f = fuzzer();
	char *p = f->arena + f->arena_used;

	size = (size + 15) & ~15U;
	if (f->arena_used + size > ARENA_PAGES * PAGE_SIZE)
		bail_out("the arena is too small");
	f->arena_used += size;
	return p;
}

void *bad_pointer(void)
{
	static const u64 bad[] = { UNMAPPED,
				   HYPERVISOR_VA,
				   NONCANONICAL,
				   ~0UL,
				   0xffff7fffffffffff,
				   0xffff87fffffffff8,
				   WINDOW_VA + WINDOW_PAGES * PAGE_SIZE - 1,
				   ~7UL };

	return (void *)bad[below(ARRAY_SIZE(bad))];
}

void *maybe_bad(void *p)
{
	return one_in(24) ? bad_pointer() : p;
}

u64 some_word(void)
{
	switch (below(8)) {
	case 0: return 0;
	case 1: return below(8);
	case 2: return below(256);
	case 3: return play[below(PLAY_FRAMES)];
	case 4: return DOMID_SELF - below(2) * 0x7ff0 + below(8) * (below(2) + 1);
	case 5: return ~0UL << below(64);
	case 6: return random64() & 0xffffffff;
	default: return random64();
	}
}

u64 writable_frame(void)
{
	switch (below(16)) {
	case 0: return core_table[1 + below(CORE_TABLES)]; /* refused: it is a table in use */
	case 1: return random64() | 1UL << 40;
	case 2: return some_kid_frame(below(KIDS)); /* refused, unless in its name */
	default: return play[below(PLAY_FRAMES)];
	}
}

u64 any_frame(void)
{
	switch (below(16)) {
	case 0: return mfn_of(fuzzer()->arena);
	case 1: return below(0x200); /* the low megabytes */
	case 2: return 0xfee00;
	case 3: return below(0x20000);
	default: return writable_frame();
	}
}

u64 some_pte(void)
{
	u64 flags = random64() & 0x1ff;

	if (one_in(16))
		return random64();
	if (one_in(8))
		return 0;
	flags |= one_in(8) ? 0 : PTE_P;
	flags &= one_in(8) ? ~0UL : ~(PTE_PSE | PTE_PWT | PTE_PCD);
	if (one_in(8))
		flags |= PTE_NX;
	return PTE(any_frame(), flags);
}

u64 some_va(void)
{
	if (one_in(8))
		return (u64)bad_pointer();
	return WINDOW_VA + below(WINDOW_PAGES) * PAGE_SIZE + (one_in(8) ? below(PAGE_SIZE) : 0);
}

/* An entry of a table, or a word of plain memory, in a frame of the playground. */
static u64 some_entry(void)
{
	return play[below(PLAY_FRAMES)] << 12 | (one_in(3) ? below(512) : below(8)) << 3;
}

/* --- page tables --- */

static void fill_mmu_update(mmu_update_t *u)
{
	if (one_in(10)) { /* the core's tables: only with what has to be refused */
		u->ptr = core_table[1 + below(CORE_TABLES)] << 12 | below(512) << 3;
		u->val = PTE(core_table[1 + below(CORE_TABLES)], PTE_TABLE | PTE_PSE);
		if ((u->ptr & ~0xfffUL) >> 12 != core_table[4])
			u->val = PTE(core_table[4], PTE_TABLE);
		return;
	}
	u->ptr = some_entry();
	u->val = some_pte();
	if (one_in(4))
		u->ptr |= below(8);
	if ((u->ptr & 3) == MMU_MACHPHYS_UPDATE)
		u->val = some_word();
}

static void fill_mmuext(mmuext_op_t *op)
{
	op->arg1.mfn = any_frame();
	op->arg2.nr_ents = some_word();
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
		op->arg1.mfn = one_in(2) ? core_table[4] : core_table[1 + below(3)];
		break;
	case MMUEXT_CLEAR_PAGE: op->arg1.mfn = writable_frame(); break;
	case MMUEXT_COPY_PAGE:
		op->arg1.mfn = writable_frame();
		op->arg2.src_mfn = any_frame();
		break;
	case MMUEXT_SET_LDT:
		op->arg1.linear_addr = one_in(2) ? (u64)fuzzer()->arena : some_va();
		op->arg2.nr_ents = one_in(4) ? (u32)some_word() : below(8200);
		break;
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_INVLPG_ALL: op->arg1.linear_addr = one_in(2) ? some_va() : some_word(); break;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI: op->arg2.vcpumask.p = maybe_bad(arena_get(64)); break;
	}
}

/* --- memory --- */

static void fill_reservation(struct call *c, xen_memory_reservation_t *r, bool gives)
{
	u64 *list = arena_get(8 * 8);

	for (int i = 0; i < 8; i++)
		list[i] = play[below(PLAY_FRAMES)];
	r->extent_start.p = maybe_bad(list);
	r->nr_extents = one_in(8) ? some_word() & 0xf : 1 + below(4);
	if (one_in(64))
		r->nr_extents = some_word();
	r->extent_order = one_in(4) ? below(4) : 0;
	if (gives || one_in(2))
		r->extent_order = 0;
	if (r->nr_extents > 8) /* the list is not longer than this */
		r->extent_start.p = bad_pointer();
	r->mem_flags = one_in(4) ? (u32)some_word() : 0;
	r->domid = one_in(16) ? (domid_t)some_word() : DOMID_SELF;
	if (gives && one_in(8)) {
		r->domid = 1 + below(KIDS);
		list[0] = some_kid_frame(r->domid - 1);
	}
	if (!gives) {
		c->learns = list;
		c->learn_count = 8;
	}
}

static void fill_claim(xen_memory_reservation_t *r)
{
	r->extent_start.p = NULL;
	r->extent_order = r->mem_flags = 0;
	r->nr_extents = one_in(16) ? some_word() : below(32);
	r->domid = 1 + below(KIDS);
}

static void fill_acquire(xen_mem_acquire_resource_t *r)
{
	r->domid = one_in(8) ? (domid_t)some_word() : 1 + below(KIDS);
	r->type = one_in(8) ? below(4) : XENMEM_resource_grant_table;
	r->id = below(one_in(8) ? 8 : 2);
	r->pad = one_in(16);
	r->frame = one_in(8) ? some_word() : below(4);
	r->nr_frames = below(4);
	r->frame_list.p = r->nr_frames ? maybe_bad(arena_get(64)) : NULL;
	if (one_in(8)) {
		r->nr_frames = some_word();
		r->frame_list.p = bad_pointer();
	}
}

static void fill_memory(struct call *c, void *arg, u32 size)
{
	xen_memory_exchange_t *x = arg;

	switch (c->cmd) {
	case XENMEM_increase_reservation:
	case XENMEM_populate_physmap: fill_reservation(c, arg, false); break;
	case XENMEM_decrease_reservation: fill_reservation(c, arg, true); break;
	case XENMEM_exchange:
		fill_reservation(c, &x->in, true);
		fill_reservation(c, &x->out, false);
		x->out.extent_order = 0;
		x->nr_exchanged = one_in(16) ? some_word() : 0;
		if (one_in(4))
			break;
		x->out.nr_extents = x->in.nr_extents;
		x->out.domid = x->in.domid;
		c->learns_all = true;
		c->learn_count = x->in.nr_extents > 8 || x->in.domid != DOMID_SELF ? 0 : x->in.nr_extents;
		break;
	case XENMEM_claim_pages: fill_claim(arg); break;
	case XENMEM_acquire_resource: fill_acquire(arg); break;
	case XENMEM_machphys_mfn_list:
	case XENMEM_memory_map:
	case XENMEM_machine_memory_map:
		*(u32 *)arg = below(64);
		((u64 *)arg)[1] = (u64)maybe_bad(arena_get(64 * 20));
		break;
	default:
		if (size >= 2 && !one_in(4))
			*(domid_t *)arg = DOMID_SELF;
	}
}

/* --- grants --- */

static u64 grant_place(u32 flags)
{
	return flags & GNTMAP_contains_pte ? some_entry() | (one_in(16) ? below(8) : 0) : some_va();
}

static u32 some_ref(void)
{
	return one_in(16) ? (u32)some_word() : below(32);
}

static void fill_copy(gnttab_copy_t *op)
{
	op->flags = one_in(16) ? some_word() & 3 : 1 + below(2);
	op->len = below(PAGE_SIZE + 16);
	op->source.offset = one_in(4) ? below(PAGE_SIZE + 16) : 0;
	op->dest.offset = one_in(4) ? below(PAGE_SIZE + 16) : 0;
	op->source.domid = op->dest.domid = one_in(32) ? (domid_t)some_word() : DOMID_SELF;
	if (one_in(3))
		*(op->flags & GNTCOPY_source_gref ? &op->source.domid : &op->dest.domid) = 1 + below(KIDS);
	op->source.u.gmfn = any_frame();
	op->dest.u.gmfn = writable_frame();
	if (op->flags & GNTCOPY_source_gref)
		op->source.u.ref = some_ref();
	if (op->flags & GNTCOPY_dest_gref)
		op->dest.u.ref = some_ref();
}

static void fill_grant(u32 cmd, void *arg)
{
	gnttab_map_grant_ref_t *map = arg;
	gnttab_unmap_grant_ref_t *unmap = arg;
	gnttab_unmap_and_replace_t *replace = arg;
	gnttab_setup_table_t *setup = arg;
	gnttab_get_status_frames_t *status = arg;
	gnttab_transfer_t *transfer = arg;

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		map->flags = GNTMAP_host_map | (random64() & 0x17);
		if (one_in(16))
			map->flags = some_word();
		map->host_addr = grant_place(map->flags);
		map->ref = some_ref();
		map->dom = one_in(16) ? (domid_t)some_word() : one_in(2) ? below(KIDS + 1) : 0;
		break;
	case GNTTABOP_unmap_grant_ref:
		unmap->handle = one_in(16) ? (u32)some_word() : below(64);
		unmap->host_addr = one_in(8) ? 0 : grant_place(one_in(2) ? GNTMAP_contains_pte : 0);
		unmap->dev_bus_addr = one_in(4) ? some_word() : 0;
		break;
	case GNTTABOP_unmap_and_replace:
		replace->handle = below(64);
		replace->host_addr = some_va();
		replace->new_addr = some_va();
		break;
	case GNTTABOP_setup_table:
		setup->dom = DOMID_SELF;
		setup->nr_frames = one_in(16) ? (u32)some_word() : below(8);
		setup->frame_list.p = maybe_bad(arena_get(1024));
		break;
	case GNTTABOP_get_status_frames:
		status->dom = DOMID_SELF;
		status->nr_frames = one_in(16) ? (u32)some_word() : below(8);
		status->frame_list.p = maybe_bad(arena_get(1024));
		break;
	case GNTTABOP_transfer: transfer->mfn = play[below(PLAY_FRAMES)]; break;
	case GNTTABOP_copy: fill_copy(arg); break;
	case GNTTABOP_swap_grant_ref:
		((u32 *)arg)[0] = some_ref();
		((u32 *)arg)[1] = some_ref();
		break;
	default: /* set_version is left to chance, and works half the time */
		if (one_in(2))
			*(u32 *)arg = cmd == GNTTABOP_set_version ? 1 + below(2) : DOMID_SELF;
	}
}

/* --- events, vCPUs, scheduling, callbacks --- */

static void fill_event(u32 cmd, void *arg)
{
	u32 *w = arg;

	switch (cmd) {
	case EVTCHNOP_init_control:
		*(u64 *)arg = writable_frame();
		w[2] = one_in(4) ? (u32)some_word() : below(64) * 8;
		w[3] = one_in(16) ? (u32)some_word() : below(2);
		break;
	case EVTCHNOP_expand_array: *(u64 *)arg = writable_frame(); break;
	case EVTCHNOP_alloc_unbound:
	case EVTCHNOP_bind_interdomain:
		w[0] = DOMID_SELF | DOMID_SELF << 16;
		if (one_in(3)) /* the table's owner; the other end's */
			w[0] = (1 + below(KIDS)) | DOMID_SELF << 16;
		if (cmd == EVTCHNOP_bind_interdomain)
			w[1] = below(64);
		break;
	case EVTCHNOP_status:
	case EVTCHNOP_reset:
		*(domid_t *)arg = one_in(16) ? (domid_t)some_word() : DOMID_SELF;
		w[1] = below(64);
		break;
	default: /* a port, or a virq, and a vCPU */
		w[0] = one_in(8) ? (u32)some_word() : below(64);
		if (cmd == EVTCHNOP_bind_virq || cmd == EVTCHNOP_set_priority ||
		    cmd == EVTCHNOP_bind_vcpu)
			w[1] = one_in(8) ? (u32)some_word()
					 : below(16) * (cmd == EVTCHNOP_set_priority);
	}
}

static void fill_vcpu(u32 cmd, void *arg)
{
	u64 *w = arg;

	switch (cmd) {
	case VCPUOP_register_vcpu_info:
		w[0] = writable_frame();
		((u32 *)arg)[2] = one_in(4) ? (u32)some_word() : below(64) * 64;
		break;
	case VCPUOP_register_runstate_memory_area:
	case VCPUOP_register_vcpu_time_memory_area:
		w[0] = (u64)(one_in(4) ? bad_pointer()
				       : fuzzer()->arena + PAGE_SIZE * (ARENA_PAGES - 1));
		break;
	case VCPUOP_set_singleshot_timer:
		w[0] = one_in(4) ? some_word() : now() + below(10000000);
		break;
	case VCPUOP_set_periodic_timer:
		w[0] = one_in(4) ? some_word() : 1000000 + below(10000000);
		break;
	}
}

static void fill_sched(u32 cmd, void *arg)
{
	sched_poll_t *poll = arg;
	sched_watchdog_t *dog = arg;

	if (cmd == SCHEDOP_poll) {
		poll->ports.p = maybe_bad(arena_get(256 * 4));
		poll->nr_ports = one_in(8) ? (u32)some_word() : below(4);
		poll->timeout = 1 + below(2) * now();
	} else if (cmd == SCHEDOP_watchdog) {
		dog->id = below(4);
		dog->timeout = !dog->id || one_in(2) ? 1000000 + below(1U << 31) : 0; /* none is to bark */
	}
}

static void fill_callback(u32 cmd, void *arg)
{
	callback_register_t *cb = arg;

	cb->type = below(9);
	cb->flags = some_word();
	cb->address = (u64)(cb->type == CALLBACKTYPE_nmi ? entry_nmi : entry_event);
	if (one_in(4))
		cb->address = NONCANONICAL | random64() >> 17;
	if (cmd == CALLBACKOP_unregister && cb->type == CALLBACKTYPE_nmi)
		cb->type = CALLBACKTYPE_event; /* an NMI without a handler ends the domain */
}

static void fill_physdev(u32 cmd, void *arg)
{
	physdev_set_iobitmap_t *map = arg;

	if (cmd == PHYSDEVOP_set_iobitmap) {
		map->bitmap.p = maybe_bad(fuzzer()->arena);
		map->nr_ports = one_in(4) ? (u32)some_word() : below(ARENA_PAGES * PAGE_SIZE);
	} else if (cmd == PHYSDEVOP_pirq_eoi_gmfn_v1 || cmd == PHYSDEVOP_pirq_eoi_gmfn_v2) {
		*(u64 *)arg = writable_frame();
	} else if (cmd == PHYSDEVOP_set_iopl) {
		*(u32 *)arg = below(5);
	}
}

static void fill_platform(struct call *c, xen_platform_op_t *op)
{
	u64 *w = (u64 *)&op->u;

	op->cmd = c->cmd;
	op->interface_version = one_in(16) ? (u32)some_word() : XENPF_INTERFACE_VERSION;
	for (u32 i = 0; i < sizeof(op->u) / 8; i++)
		w[i] = one_in(4) ? (u64)bad_pointer() : one_in(3) ? below(64) : random64();
}

void args_fill(struct call *c, void *arg, u32 size)
{
	for (u32 i = 0; i + 8 <= size && i < 256; i += 8)
		*(u64 *)((char *)arg + i) = some_word();
	switch (c->family) {
	case HC_mmu_update: fill_mmu_update(arg); break;
	case HC_mmuext_op:
		((mmuext_op_t *)arg)->cmd = c->cmd;
		fill_mmuext(arg);
		if (one_in(6)) { /* in another's name */
			c->r[3] = 1 + below(KIDS);
			((mmuext_op_t *)arg)->arg1.mfn = some_kid_frame(c->r[3] - 1);
		}
		break;
	case HC_memory_op: fill_memory(c, arg, size); break;
	case HC_grant_table_op: fill_grant(c->cmd, arg); break;
	case HC_event_channel_op: fill_event(c->cmd, arg); break;
	case HC_vcpu_op: fill_vcpu(c->cmd, arg); break;
	case HC_sched_op: fill_sched(c->cmd, arg); break;
	case HC_callback_op: fill_callback(c->cmd, arg); break;
	case HC_physdev_op: fill_physdev(c->cmd, arg); break;
	case HC_platform_op: fill_platform(c, arg); break;
	case HC_domctl:
	case HC_sysctl: fill_control(c->family, c->cmd, arg); break;
	}
}
