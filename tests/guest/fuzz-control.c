/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of domctl and sysctl for the fuzz guest.
 *
 * Domains 1 to KIDS come and go, with a few frames, a grant table that grants them to us, and tables that map nothing: one
 * that is let run ends at once. Of ourselves only what cannot stop us is changed.
 */
#include "fuzz.h"

u64 kid_frame[KIDS][KID_FRAMES];
u64 kid_grant[KIDS][KID_GRANTS];

static void *buffer(u32 size)
{
	char *p = arena_get(size);

	if (one_in(2))
		for (u32 i = 0; i + 8 <= size; i += 8)
			*(u64 *)(p + i) = some_word();
	return one_in(32) ? NULL : maybe_bad(p);
}

static u32 some_vcpu(void)
{
	return one_in(16) ? (u32)some_word() : below(3);
}

static void fill_bitmap(struct xenctl_bitmap *b)
{
	b->nr_bits = below(100);
	b->bitmap.p = buffer(16);
}

static void fill_create(struct xen_domctl_createdomain *k)
{
	memset(k, 0, sizeof(*k));
	k->max_vcpus = 1 + below(3);
	k->max_evtchn_port = one_in(4) ? (u32)some_word() : 1023;
	k->max_grant_frames = one_in(4) ? (int)some_word() : 4;
	k->max_maptrack_frames = one_in(4) ? (int)some_word() : 4;
	k->grant_opts = one_in(8) ? (u32)some_word() : 1 + below(2);
	if (one_in(4))
		((u32 *)k)[below(sizeof(*k) / 4)] = some_word();
}

static void fill_policy(u32 *nr_leaves, u32 *nr_msrs, void **leaves, void **msrs)
{
	static const u32 some[] = { 0, 1, 2, 4, 5, 7, 0xb, 0xd, 0x80000000, 0x80000001, 0x80000008 };
	xen_cpuid_leaf_t *l = arena_get(8 * sizeof(*l));

	for (int i = 0; i < 8; i++) {
		l[i].leaf = one_in(16) ? (u32)some_word() : some[below(ARRAY_SIZE(some))];
		l[i].subleaf = one_in(2) ? XEN_CPUID_NO_SUBLEAF : below(3);
		l[i].a = below(2) ? below(16) : some_word();
	}
	*nr_leaves = one_in(16) ? (u32)some_word() : below(9);
	*nr_msrs = one_in(16) ? (u32)some_word() : below(3);
	*leaves = maybe_bad(*nr_leaves > 8 ? bad_pointer() : l);
	*msrs = *nr_msrs > 2 ? bad_pointer() : buffer(2 * sizeof(xen_msr_entry_t));
}

/* --- the domains --- */

u64 some_kid_frame(u32 kid)
{
	return kid_frame[kid % KIDS][below(KID_FRAMES)];
}

/* Mostly one that can be set: an empty page of its is a root that maps nothing. */
static vcpu_guest_context_t *some_context(domid_t dom)
{
	vcpu_guest_context_t *ctx = arena_get(sizeof(*ctx));
	u64 *words = (u64 *)ctx;

	memset(ctx, 0, sizeof(*ctx));
	ctx->flags = VGCF_in_kernel | (one_in(4) ? VGCF_online : 0);
	ctx->ctrlreg[3] = xen_pfn_to_cr3(some_kid_frame(dom - 1));
	if (one_in(4))
		ctx->ctrlreg[1] = xen_pfn_to_cr3(some_kid_frame(dom - 1));
	if (one_in(4)) {
		ctx->gdt_ents = below(600);
		ctx->gdt_frames[0] = some_kid_frame(dom - 1);
	}
	if (one_in(4))
		words[below(sizeof(*ctx) / 8)] = some_word();
	return ctx;
}

/* XCR0, all it ever had, then the legacy area and the header that tells what is in it. */
static void *some_xsave(uint64_t *size)
{
	u64 *words = arena_get(16 + 576);

	memset(words, 0, 16 + 576);
	words[0] = words[1] = one_in(4) ? some_word() : 3;
	words[2 + 512 / 8] = one_in(4) ? some_word() : below(8);
	words[2 + below(576 / 8)] = one_in(2) ? some_word() : 0;
	*size = 16 + 576;
	return words;
}

/* Entries of tables, words of its memory, or grants of that to us: a word is an entry of version 1. */
void fill_kid_update(u32 kid, mmu_update_t *u)
{
	u64 frame = some_kid_frame(kid);

	u->ptr = frame << 12 | (one_in(2) ? below(4) : below(512)) << 3;
	u->val = one_in(2) ? PTE(some_kid_frame(kid), random64() & 0x7f) : some_pte();
	if (one_in(2))
		return;
	u->ptr = kid_grant[kid][below(KID_GRANTS)] << 12 | below(32) << 3;
	u->val = frame << 32 | GTF_permit_access | (random64() & GTF_readonly);
}

static void control(u32 cmd, domid_t dom, xen_domctl_t *op)
{
	op->cmd = cmd;
	op->domain = dom;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	HC(domctl, .op = op);
}

static void learn(u64 *to, const u64 *from, long n, long most)
{
	for (long i = 0; i < n && i < most; i++)
		to[i] = from[i];
}

void rear_kid(void)
{
	u32 kid = below(KIDS), n = 1 + below(3);
	u64 *list = arena_get(KID_FRAMES * 8);
	xen_domctl_t op = { 0 };
	xen_memory_reservation_t r = { .extent_start.p = list, .nr_extents = KID_FRAMES, .domid = kid + 1 };
	xen_mem_acquire_resource_t a = { .domid = kid + 1, .type = XENMEM_resource_grant_table,
					 .id = XENMEM_resource_grant_table_id_shared,
					 .nr_frames = KID_GRANTS, .frame_list.p = list };
	mmu_update_t u;

	op.u.createdomain = (struct xen_domctl_createdomain){ .max_vcpus = n, .max_evtchn_port = 100, .max_grant_frames = 4,
							      .max_maptrack_frames = 4, .grant_opts = 2 };
	control(XEN_DOMCTL_createdomain, kid + 1, &op);
	op.u.max_vcpus.max = n;
	control(XEN_DOMCTL_max_vcpus, kid + 1, &op);
	op.u.max_mem.max_memkb = 4 * 2 * KID_FRAMES;
	control(XEN_DOMCTL_max_mem, kid + 1, &op);
	memset(list, 0, KID_FRAMES * 8);
	learn(kid_frame[kid], list, HC(memory_op, .cmd = XENMEM_populate_physmap, .arg = &r), KID_FRAMES);
	if (!HC(memory_op, .cmd = XENMEM_acquire_resource, .arg = &a))
		learn(kid_grant[kid], list, KID_GRANTS, KID_GRANTS);
	for (u32 i = 0; i < KID_FRAMES; i++) {
		u.ptr = kid_grant[kid][0] << 12 | (8 + i) << 3;
		u.val = kid_frame[kid][i] << 32 | GTF_permit_access;
		HC(mmu_update, .reqs = &u, .count = 1, .foreign = (kid + 2) << 16 | DOMID_SELF);
	}
	if (one_in(4)) {
		op.u.vcpucontext.vcpu = 0;
		op.u.vcpucontext.ctxt.p = some_context(kid + 1);
		control(XEN_DOMCTL_setvcpucontext, kid + 1, &op);
		control(XEN_DOMCTL_unpausedomain, kid + 1, &op);
	}
}

static void fill_domctl(u32 cmd, xen_domctl_t *op)
{
	op->domain = one_in(16) ? (domid_t)some_word() : 1 + below(KIDS);
	if (op->domain == 0)
		op->domain = DOMID_SELF;
	op->u.vcpucontext.vcpu = some_vcpu(); /* the first word of most */
	switch (cmd) {
	case XEN_DOMCTL_createdomain:
		op->domain = 1 + below(KIDS);
		fill_create(&op->u.createdomain);
		break;
	case XEN_DOMCTL_getdomaininfo: op->domain = below(5); break;
	case XEN_DOMCTL_max_vcpus: op->u.max_vcpus.max = 1 + below(3); break;
	case XEN_DOMCTL_max_mem: op->u.max_mem.max_memkb = one_in(4) ? some_word() : 1 << 16; break;
	case XEN_DOMCTL_set_address_size: op->u.address_size.size = one_in(2) ? 64 : 32; break;
	case XEN_DOMCTL_ioport_permission:
		op->u.ioport_permission.first_port = one_in(4) ? (u32)some_word() : below(0x100);
		op->u.ioport_permission.nr_ports = one_in(4) ? (u32)some_word() : below(64);
		break;
	case XEN_DOMCTL_setvcpucontext:
		op->u.vcpucontext.ctxt.p = some_context(op->domain);
		break;
	case XEN_DOMCTL_getvcpucontext:
		op->u.vcpucontext.ctxt.p = buffer(sizeof(vcpu_guest_context_t));
		break;
	case XEN_DOMCTL_setvcpuaffinity:
	case XEN_DOMCTL_getvcpuaffinity:
		op->u.vcpuaffinity.flags = below(9);
		fill_bitmap(&op->u.vcpuaffinity.cpumap_hard);
		fill_bitmap(&op->u.vcpuaffinity.cpumap_soft);
		break;
	case XEN_DOMCTL_setnodeaffinity:
	case XEN_DOMCTL_getnodeaffinity: fill_bitmap(&op->u.nodeaffinity.nodemap); break;
	case XEN_DOMCTL_scheduler_op:
		op->u.scheduler_op.sched_id = one_in(8) ? below(10) : XEN_SCHEDULER_CREDIT2;
		op->u.scheduler_op.cmd = below(5);
		break;
	case XEN_DOMCTL_hypercall_init: op->u.hypercall_init.gmfn = writable_frame(); break;
	case XEN_DOMCTL_getpageframeinfo3:
		op->u.getpageframeinfo3.num = one_in(16) ? some_word() : below(17);
		op->u.getpageframeinfo3.array.p =
			op->u.getpageframeinfo3.num > 16 ? bad_pointer() : buffer(16 * 8);
		break;
	case XEN_DOMCTL_set_ext_vcpucontext: op->u.ext_vcpucontext.size = below(140); break;
	case XEN_DOMCTL_setvcpuextstate:
	case XEN_DOMCTL_getvcpuextstate:
		op->u.vcpuextstate.size = one_in(4) ? some_word() : below(1024);
		op->u.vcpuextstate.buffer.p =
			op->u.vcpuextstate.size > 1024 ? bad_pointer() : buffer(1024);
		if (cmd == XEN_DOMCTL_setvcpuextstate && one_in(2))
			op->u.vcpuextstate.buffer.p = some_xsave(&op->u.vcpuextstate.size);
		break;
	case XEN_DOMCTL_get_vcpu_msrs:
	case XEN_DOMCTL_set_vcpu_msrs:
		op->u.vcpu_msrs.msr_count = below(10);
		op->u.vcpu_msrs.msrs.p = buffer(10 * sizeof(xen_domctl_vcpu_msr_t));
		break;
	case XEN_DOMCTL_get_cpu_policy:
	case XEN_DOMCTL_set_cpu_policy:
		fill_policy(&op->u.cpu_policy.nr_leaves, &op->u.cpu_policy.nr_msrs,
			    (void **)&op->u.cpu_policy.leaves.p, (void **)&op->u.cpu_policy.msrs.p);
		break;
	}
}

static void fill_sysctl(u32 cmd, xen_sysctl_t *op)
{
	switch (cmd) {
	case XEN_SYSCTL_readconsole:
		op->u.readconsole.buffer.p = buffer(1024);
		op->u.readconsole.count = below(1025);
		break;
	case XEN_SYSCTL_getdomaininfolist:
		op->u.getdomaininfolist.first_domain = below(5);
		op->u.getdomaininfolist.max_domains = below(5);
		op->u.getdomaininfolist.buffer.p = buffer(4 * sizeof(xen_domctl_getdomaininfo_t));
		break;
	case XEN_SYSCTL_getcpuinfo:
		op->u.getcpuinfo.max_cpus = below(MAX_CPUS);
		op->u.getcpuinfo.info.p = buffer(MAX_CPUS * 8);
		break;
	case XEN_SYSCTL_cputopoinfo: op->u.cputopoinfo.cputopo.p = buffer(64 * 12); break;
	case XEN_SYSCTL_numainfo:
		op->u.numainfo.meminfo.p = buffer(16);
		op->u.numainfo.distance.p = buffer(16);
		break;
	case XEN_SYSCTL_cpupool_op:
		op->u.cpupool_op.op = below(9);
		op->u.cpupool_op.cpupool_id = below(2);
		fill_bitmap(&op->u.cpupool_op.cpumap);
		break;
	case XEN_SYSCTL_scheduler_op:
		op->u.scheduler_op.cpupool_id = one_in(8);
		op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
		op->u.scheduler_op.cmd = below(3);
		break;
	case XEN_SYSCTL_pcitopoinfo:
		op->u.pcitopoinfo.num_devs = below(17);
		op->u.pcitopoinfo.devs.p = buffer(16 * 4);
		op->u.pcitopoinfo.nodes.p = buffer(16 * 4);
		break;
	case XEN_SYSCTL_get_cpu_featureset:
		op->u.cpu_featureset.index = below(7);
		op->u.cpu_featureset.nr_features = below(33);
		op->u.cpu_featureset.features.p = buffer(32 * 4);
		break;
	case XEN_SYSCTL_get_cpu_policy:
		op->u.cpu_policy.index = below(7);
		op->u.cpu_policy._rsvd = 0;
		fill_policy(&op->u.cpu_policy.nr_leaves, &op->u.cpu_policy.nr_msrs,
			    (void **)&op->u.cpu_policy.leaves.p, (void **)&op->u.cpu_policy.msrs.p);
		break;
	}
}

void fill_control(u32 call, u32 cmd, void *arg)
{
	u32 *w = arg;

	w[0] = cmd;
	w[1] = one_in(64) ? (u32)some_word() :
	       call == HC_domctl ? XEN_DOMCTL_INTERFACE_VERSION : XEN_SYSCTL_INTERFACE_VERSION;
	if (call == HC_domctl)
		fill_domctl(cmd, arg);
	else
		fill_sysctl(cmd, arg);
}
