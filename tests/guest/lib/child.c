/* SPDX-License-Identifier: GPL-2.0-only */
/* A second domain from the initial one: what a toolstack does, in as few calls. */
#include "child.h"

struct mail mail __attribute__((aligned(4096)));
u64 child_spare = 64;

__attribute__((weak)) void child_main(void)
{
}

/* ---- calls --------------------------------------------------------------------------------- */

long domctl(u32 cmd, domid_t dom, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = dom;
	return hypercall_regs(__HYPERVISOR_domctl, (u64[6]){ (u64)op });
}

long sysctl(u32 cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall_regs(__HYPERVISOR_sysctl, (u64[6]){ (u64)op });
}

long memory_op(u32 cmd, void *arg)
{
	return HC(memory_op, .cmd = cmd, .arg = arg);
}

u64 free_pages(void)
{
	struct xen_sysctl op = { 0 };

	if (sysctl(XEN_SYSCTL_physinfo, &op))
		bail_out("no physinfo");
	return op.u.physinfo.free_pages + op.u.physinfo.scrub_pages;
}

void rest(u64 ns)
{
	sched_poll_t poll = { .nr_ports = 0, .timeout = now() + ns };

	HC(sched_op, .cmd = SCHEDOP_poll, .arg = &poll);
}

u64 free_pages_again(u64 wanted)
{
	u64 until = now() + SECOND, n;

	while ((n = free_pages()) != wanted && now() < until)
		rest(1000000);
	return n;
}

void check_free_pages(u64 wanted)
{
	u64 n = free_pages_again(wanted);

	check(n == wanted || (on_xen() && n + 16 > wanted), "every page came back");
	note("%lu of %lu", n, wanted);
}

u64 free_pages_settled(void)
{
	u64 n = free_pages(), same = now();

	while (now() - same < SECOND / 2) {
		rest(1000000);
		if (free_pages() != n) {
			n = free_pages();
			same = now();
		}
	}
	return n;
}

/* ---- foreign frames ------------------------------------------------------------------------ */

/* Addresses for windows: pages of the pool, whose own frames come back at unmap. */
static void *window_free[64];
static unsigned int windows;

static void *window_get(void)
{
	return windows ? window_free[--windows] : page_alloc();
}

void *foreign_map(domid_t dom, u64 mfn, u64 flags, long *rc)
{
	void *page = window_get();
	mmu_update_t req = { .ptr = maddr_of(entry_of((u64)page, 1)) | MMU_NORMAL_PT_UPDATE,
			     .val = PTE(mfn, flags) };
	long error = HC(mmu_update, .reqs = &req, .count = 1, .foreign = dom);

	flush(page);
	if (rc)
		*rc = error;
	if (error) {
		window_free[windows++] = page;
		return NULL;
	}
	return page;
}

long child_unmap(void *page)
{
	long rc = pte_set((u64)page, PTE(mfn_of(page), PTE_DATA));

	if (windows < ARRAY_SIZE(window_free))
		window_free[windows++] = page;
	return rc;
}

void *child_map(struct child *c, const void *symbol)
{
	void *page = foreign_map(c->id, c->mfns[pfn_of(symbol)], PTE_DATA, NULL);

	if (!page)
		bail_out("a page of the child cannot be mapped");
	return (char *)page + ((u64)symbol & (PAGE_SIZE - 1));
}

static void *map_pfn(struct child *c, u64 pfn)
{
	void *page = foreign_map(c->id, c->mfns[pfn], PTE_DATA, NULL);

	if (!page)
		bail_out("a page of a new domain cannot be mapped");
	return page;
}

/* ---- layout: image, P2M list, start_info, tables ------------------------------------------------ */

#define L1_TABLES (CHILD_PAGES_MAX / 512)

static u64 pfn_p2m(void)
{
	return pfn_of(image_end);
}

static u64 pfn_start_info(void)
{
	return pfn_p2m() + CHILD_PAGES_MAX * 8 / PAGE_SIZE;
}

static u64 pfn_tables(void) /* L4, L3, L2, the L1 tables */
{
	return pfn_start_info() + 1;
}

static u64 pfn_end(void)
{
	return pfn_tables() + 3 + L1_TABLES + 1; /* and the boot stack */
}

/* Lists of frames of children that are gone are used again: our pool of pages is small. */
static u64 *list_free[128];
static unsigned int lists;

static u64 *list_get(void)
{
	return lists ? list_free[--lists] : pages_alloc(CHILD_PAGES_MAX * 8 / PAGE_SIZE);
}

static void list_put(u64 *list)
{
	if (list && lists < ARRAY_SIZE(list_free))
		list_free[lists++] = list;
}

long child_create_bare(struct child *c, u32 vcpus)
{
	struct xen_domctl op = { 0 };
	long rc;

	memset(c, 0, sizeof(*c));
	op.u.createdomain.max_vcpus = vcpus;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
	rc = domctl(XEN_DOMCTL_createdomain, 0, &op);
	c->id = op.domain;
	return rc;
}

long child_vcpus(struct child *c, u32 vcpus)
{
	struct xen_domctl op = { .u.max_vcpus.max = vcpus };

	return domctl(XEN_DOMCTL_max_vcpus, c->id, &op);
}

long child_create(struct child *c, u32 vcpus)
{
	return child_create_bare(c, vcpus) ?: child_vcpus(c, vcpus);
}

long child_populate(struct child *c)
{
	struct xen_domctl op = { 0 };
	xen_memory_reservation_t r = { .domid = c->id };
	struct xen_domctl_getdomaininfo info;
	long rc;

	c->pages = pfn_end() + child_spare;
	if (c->pages > CHILD_PAGES_MAX)
		bail_out("the child is too large");
	op.u.max_mem.max_memkb = c->pages * 4;
	rc = domctl(XEN_DOMCTL_max_mem, c->id, &op);
	if (rc)
		return rc;
	c->mfns = list_get();
	for (u64 i = 0; i < c->pages; i++)
		c->mfns[i] = i;
	set_xen_guest_handle(r.extent_start, c->mfns);
	r.nr_extents = c->pages;
	rc = memory_op(XENMEM_populate_physmap, &r);
	if (rc != (long)c->pages)
		return rc < 0 ? rc : -XEN_ENOMEM;
	rc = child_info(c, &info);
	c->shared_info = info.shared_info_frame;
	return rc;
}

/* The one segment of our own image, as it was before it ran. */
static void load_image(struct child *c)
{
	const u8 *elf = (const u8 *)start_info->mod_start;
	const u8 *ph;
	u64 offset, size;

	if (!elf || memcmp(elf, "\177ELF", 4))
		bail_out("module 1 is not an image");
	ph = elf + *(const u64 *)(elf + 32);
	offset = *(const u64 *)(ph + 8);
	size = *(const u64 *)(ph + 32);
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		u8 *page = map_pfn(c, pfn_of(image_start) + at / PAGE_SIZE);

		memcpy(page, elf + offset + at, size - at < PAGE_SIZE ? size - at : PAGE_SIZE);
		child_unmap(page);
	}
}

static void write_p2m(struct child *c)
{
	for (u64 at = 0; at < c->pages * 8; at += PAGE_SIZE) {
		u8 *page = map_pfn(c, pfn_p2m() + at / PAGE_SIZE);

		memcpy(page, (u8 *)c->mfns + at, PAGE_SIZE);
		child_unmap(page);
	}
}

static void write_start_info(struct child *c, const char *arguments)
{
	start_info_t *si = map_pfn(c, pfn_start_info());

	memset(si, 0, PAGE_SIZE);
	memcpy(si->magic, "xen-3.0-x86_64", 15);
	si->nr_pages = c->pages;
	si->shared_info = c->shared_info << 12;
	si->pt_base = pfn_tables() << 12;
	si->nr_pt_frames = 3 + L1_TABLES;
	si->mfn_list = pfn_p2m() << 12;
	memcpy(si->cmd_line, arguments, strlen(arguments) + 1);
	child_unmap(si);
}

static void write_tables(struct child *c)
{
	u64 first = pfn_tables(), last = first + 3 + L1_TABLES;

	for (u64 n = 0; n < 3; n++) { /* L4, L3, L2 */
		u64 *t = map_pfn(c, first + n);

		for (u64 i = 0; i < (n == 2 ? L1_TABLES : 1); i++)
			t[i] = PTE(c->mfns[first + n + 1 + i], PTE_TABLE);
		child_unmap(t);
	}
	for (u64 n = 0; n < L1_TABLES; n++) {
		u64 *t = map_pfn(c, first + 3 + n);

		for (u64 i = 0; i < 512 && n * 512 + i < c->pages; i++) {
			u64 pfn = n * 512 + i;

			t[i] = PTE(c->mfns[pfn], pfn >= first && pfn < last ? PTE_RO : PTE_DATA);
		}
		child_unmap(t);
	}
	c->root = c->mfns[first];
}

static void write_shared_info(struct child *c)
{
	shared_info_t *s = foreign_map(c->id, c->shared_info, PTE_DATA, NULL);

	if (!s)
		bail_out("the child's shared_info cannot be mapped");
	for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		s->vcpu_info[i].evtchn_upcall_mask = 1;
	child_unmap(s);
}

long child_load(struct child *c, const char *arguments)
{
	struct xen_domctl op = { .u.hypercall_init.gmfn = c->mfns[pfn_of(hypercall_page)] };
	mmuext_op_t pin_root = { .cmd = MMUEXT_PIN_L4_TABLE };
	long rc;

	load_image(c);
	write_p2m(c);
	write_start_info(c, arguments);
	write_shared_info(c);
	write_tables(c);
	rc = domctl(XEN_DOMCTL_hypercall_init, c->id, &op);
	if (rc)
		return rc;
	pin_root.arg1.mfn = c->root;
	return HC(mmuext_op, .ops = &pin_root, .count = 1, .foreign = c->id);
}

extern char _start[];

long child_start_state(struct child *c)
{
	static vcpu_guest_context_t ctx;
	struct xen_domctl op = { 0 };

	memset(&ctx, 0, sizeof(ctx));
	ctx.flags = VGCF_in_kernel | VGCF_online;
	ctx.user_regs.rip = (u64)_start;
	ctx.user_regs.rsp = pfn_end() << 12;
	ctx.user_regs.rsi = pfn_start_info() << 12;
	ctx.user_regs.cs = FLAT_KERNEL_CS;
	ctx.user_regs.ss = FLAT_KERNEL_SS;
	ctx.user_regs.rflags = 1 << 9;
	ctx.kernel_ss = FLAT_KERNEL_SS;
	ctx.kernel_sp = ctx.user_regs.rsp;
	ctx.ctrlreg[3] = xen_pfn_to_cr3(c->root);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)&ctx);
	return domctl(XEN_DOMCTL_setvcpucontext, c->id, &op);
}

void child_make(struct child *c, u32 vcpus, const char *arguments)
{
	long rc = child_create(c, vcpus);

	if (rc) {
		note("domctl: %ld", rc);
		bail_out("a child cannot be created");
	}
	if (child_populate(c))
		bail_out("a child gets no memory");
	rc = child_load(c, arguments);
	if (rc) {
		note("load: %ld", rc);
		bail_out("the tables of a child are refused");
	}
	rc = child_start_state(c);
	if (rc) {
		note("setvcpucontext: %ld", rc);
		bail_out("the state of a child is refused");
	}
}

/* ---- life ---------------------------------------------------------------------------------- */

long child_unpause(struct child *c)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_unpausedomain, c->id, &op);
}

long child_pause(struct child *c)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_pausedomain, c->id, &op);
}

long child_destroy(struct child *c)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_destroydomain, c->id, &op);
}

long child_info(struct child *c, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { 0 };
	long rc = domctl(XEN_DOMCTL_getdomaininfo, c->id, &op);

	*info = op.u.getdomaininfo;
	return rc || op.domain == c->id ? rc : -XEN_ESRCH;
}

bool child_is_gone(struct child *c)
{
	struct xen_domctl_getdomaininfo info;
	u64 until = now() + 5 * SECOND;

	while (child_info(c, &info) != -XEN_ESRCH)
		if (now() > until)
			return false;
	list_put(c->mfns);
	c->mfns = NULL;
	return true;
}

long child_wait(struct child *c, u64 ns)
{
	struct xen_domctl_getdomaininfo info;
	u64 until = now() + ns;

	for (;;) {
		if (child_info(c, &info))
			return -1;
		if (info.flags & XEN_DOMINF_shutdown)
			return (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
		if (now() > until)
			return -1;
		rest(1000000);
	}
}

bool child_wait_word(const u64 *word, u64 value, u64 ns)
{
	u64 until = now() + ns;

	while (LIVE(*word) < value) {
		if (now() > until)
			return false;
		rest(1000000);
	}
	return true;
}
