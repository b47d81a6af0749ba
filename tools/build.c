// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a new domain: populated, loaded, its tables made, its first vCPU set to the kernel's entry.
 *
 * Whatever fails here leaves a half-made domain, which dom_create() destroys.
 */

#include "bonsai.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/memory.h>

#define ORDER_LARGE 9
#define BATCH	    512UL		/* extents a call */
#define FLAGS_IF    (1UL << 9)
#define DR6_RESET   0xffff0ff0UL
#define DR7_RESET   0x400UL

/* Ask for @count extents from frame @pfn on; how many came, their first frames in @out. */
static long populate(struct ctl *ctl, uint32_t id, uint64_t pfn, unsigned long count, unsigned int order,
		     xen_pfn_t *out)
{
	struct xen_memory_reservation r = { .nr_extents = count, .extent_order = order, .domid = id };

	for (unsigned long i = 0; i < count; i++)
		out[i] = pfn + (i << order);
	set_xen_guest_handle(r.extent_start, out);
	return ctl_memory_op(ctl, XENMEM_populate_physmap, &r, sizeof(r));
}

static void note_frames(struct build *b, uint64_t pfn, long count, unsigned int order, const xen_pfn_t *mfns)
{
	for (long i = 0; i < count; i++)
		for (unsigned long j = 0; j < 1UL << order; j++)
			b->p2m[pfn + ((uint64_t)i << order) + j] = mfns[i] + j;
}

static int populate_all(struct ctl *ctl, struct build *b, xen_pfn_t *buf)
{
	uint64_t pfn = 0, pages = b->layout.pages, want;
	unsigned int order = ORDER_LARGE;
	long got;

	while (pfn < pages) {
		if (pages - pfn < 1UL << order)
			order = 0;
		want = (pages - pfn) >> order;
		want = want < BATCH ? want : BATCH;
		got = populate(ctl, b->id, pfn, want, order, buf);
		if (got < 0)
			return got;
		note_frames(b, pfn, got, order, buf);
		pfn += (uint64_t)got << order;
		if ((uint64_t)got < want && !order)
			return ctl_fail(ctl, -ENOMEM, "not enough free memory: %lu of %lu MiB were to be had", pfn >> 8,
					pages >> 8);
		/* No large extents are left: go on with single frames. */
		if ((uint64_t)got < want)
			order = 0;
	}
	return 0;
}

static int make_memory(struct ctl *ctl, struct build *b)
{
	xen_pfn_t *buf = ctl_buffer(ctl, BATCH * sizeof(*buf));
	int rc;

	if (!buf)
		return -ENOMEM;
	b->p2m = calloc(b->layout.pages, sizeof(*b->p2m));
	if (!b->p2m)
		abort();
	rc = populate_all(ctl, b, buf);
	ctl_buffer_free(ctl, buf);
	return rc;
}

static void *map(struct ctl *ctl, const struct build *b, uint64_t pfn, uint64_t pages)
{
	return ctl_map(ctl, b->id, b->p2m + pfn, pages);
}

/* Some pages of the kernel. */
static int load_part(struct ctl *ctl, const struct build *b, uint64_t first, uint64_t count)
{
	uint8_t *to = count ? map(ctl, b, b->layout.kernel_pfn + first, count) : NULL;

	if (to)
		image_copy(&b->image, first, count, to);
	return to || !count ? 0 : -EIO;
}

/* Where it is known which pages are zero, those are left to clear_holes(). */
static int load_kernel(struct ctl *ctl, struct build *b)
{
	const struct seen *s = &b->image.seen;
	uint64_t at = 0;
	uint8_t *to;
	int rc = 0;

	if (s->pages) {
		for (uint32_t i = 0; i < s->count && !rc; i++) {
			rc = load_part(ctl, b, at, s->holes[i].first - at);
			at = s->holes[i].first + s->holes[i].count;
		}
		return rc ? rc : load_part(ctl, b, at, s->pages - at);
	}
	to = map(ctl, b, b->layout.kernel_pfn, b->layout.kernel_pages);
	if (!to)
		return -EIO;
	image_copy(&b->image, 0, b->layout.kernel_pages, to);
	image_find_holes(&b->image, to);
	return 0;
}

/* The hypervisor clears pages without their being mapped. */
static int clear_hole(struct ctl *ctl, const struct build *b, struct mmuext_op *ops, const struct hole *h)
{
	long rc = 0;

	for (uint64_t done = 0, n; done < h->count && rc >= 0; done += n) {
		n = h->count - done < BATCH ? h->count - done : BATCH;
		for (uint64_t i = 0; i < n; i++) {
			ops[i].cmd = MMUEXT_CLEAR_PAGE;
			ops[i].arg1.mfn = b->p2m[b->layout.kernel_pfn + h->first + done + i];
		}
		rc = ctl_call(ctl, __HYPERVISOR_mmuext_op, (uint64_t[5]){ (uintptr_t)ops, n, 0, b->id });
	}
	return rc < 0 ? ctl_fail(ctl, rc, "the hypervisor does not clear pages: %s", strerror(-rc)) : 0;
}

static int clear_holes(struct ctl *ctl, struct build *b)
{
	const struct seen *s = &b->image.seen;
	struct mmuext_op *ops = s->pages ? ctl_buffer(ctl, BATCH * sizeof(*ops)) : NULL;
	int rc = s->pages && !ops ? -ENOMEM : 0;

	for (uint32_t i = 0; s->pages && i < s->count && !rc; i++)
		rc = clear_hole(ctl, b, ops, &s->holes[i]);
	ctl_buffer_free(ctl, ops);
	return rc;
}

static int load_ramdisk(struct ctl *ctl, struct build *b)
{
	uint8_t *to;

	if (!b->ramdisk.size)
		return 0;
	to = map(ctl, b, b->layout.ramdisk_pfn, b->layout.ramdisk_pages);
	if (!to)
		return -EIO;
	memcpy(to, b->ramdisk.data, b->ramdisk.size);
	return 0;
}

static int write_p2m(struct ctl *ctl, struct build *b)
{
	uint64_t pages = (b->layout.pages * sizeof(*b->p2m) + PAGE_BYTES - 1) >> PAGE_SHIFT;
	void *to = map(ctl, b, b->layout.p2m_pfn, pages);

	if (!to)
		return -EIO;
	memcpy(to, b->p2m, b->layout.pages * sizeof(*b->p2m));
	return 0;
}

static int write_tables(struct ctl *ctl, struct build *b)
{
	const struct layout *l = &b->layout;
	xen_pfn_t *mfns = calloc(l->table_count, sizeof(*mfns));
	uint64_t (*to)[TABLE_ENTRIES];

	if (!mfns)
		abort();
	for (size_t i = 0; i < l->table_count; i++)
		mfns[i] = b->p2m[l->tables[i].pfn];
	to = ctl_map(ctl, b->id, mfns, l->table_count);
	free(mfns);
	for (size_t i = 0; to && i < l->table_count; i++)
		layout_table(l, &l->tables[i], b->p2m, to[i]);
	return to ? 0 : -EIO;
}

static void fill_start_info(const struct build *b, start_info_t *si)
{
	const struct layout *l = &b->layout;
	char *words = config_command_line(b->config);

	memset(si, 0, PAGE_BYTES);
	snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
	si->nr_pages = l->pages;
	si->shared_info = b->shared_info << PAGE_SHIFT;
	si->flags = SIF_VIRT_P2M_4TOOLS;
	si->store_mfn = b->p2m[l->store_pfn];
	si->store_evtchn = b->store_port;
	si->console.domU.mfn = b->p2m[l->console_pfn];
	si->console.domU.evtchn = b->console_port;
	si->pt_base = layout_va(l, l->tables_pfn);
	si->nr_pt_frames = l->tables_pages;
	si->mfn_list = l->p2m_va;
	if (l->p2m_pfn > l->stack_pfn) {
		si->first_p2m_pfn = l->p2m_pfn;
		si->nr_p2m_frames = l->p2m_pages;
	}
	if (l->ramdisk_size) {
		si->mod_start = l->ramdisk_mapped ? layout_va(l, l->ramdisk_pfn) : l->ramdisk_pfn;
		si->mod_len = l->ramdisk_size;
		si->flags |= l->ramdisk_mapped ? 0 : SIF_MOD_START_PFN;
	}
	snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s", words);
	free(words);
}

static int write_start_info(struct ctl *ctl, struct build *b)
{
	/* Start_info, store ring and console ring are neighbours. */
	uint8_t *to = map(ctl, b, b->layout.start_info_pfn, 3);

	if (!to)
		return -EIO;
	fill_start_info(b, (start_info_t *)to);
	memset(to + PAGE_BYTES, 0, 2 * PAGE_BYTES);
	return 0;
}

/* All events masked: the guest unmasks them when it is ready. */
static int write_shared_info(struct ctl *ctl, struct build *b)
{
	xen_pfn_t mfn = b->shared_info;
	shared_info_t *to = ctl_map(ctl, b->id, &mfn, 1);

	if (!to)
		return -EIO;
	memset(to, 0, PAGE_BYTES);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		to->vcpu_info[i].evtchn_upcall_mask = 1;
	return 0;
}

/* The two grants that console and store daemons know by number. */
static int seed_grants(struct ctl *ctl, struct build *b)
{
	grant_entry_v1_t *to = ctl_map_grants(ctl, b->id);

	if (!to)
		return -EIO;
	to[GNTTAB_RESERVED_CONSOLE] = (grant_entry_v1_t){ .frame = b->p2m[b->layout.console_pfn] };
	to[GNTTAB_RESERVED_XENSTORE] = (grant_entry_v1_t){ .frame = b->p2m[b->layout.store_pfn] };
	/* Last, for from here on they can be used. */
	__atomic_store_n(&to[GNTTAB_RESERVED_CONSOLE].flags, GTF_permit_access, __ATOMIC_RELEASE);
	__atomic_store_n(&to[GNTTAB_RESERVED_XENSTORE].flags, GTF_permit_access, __ATOMIC_RELEASE);
	return 0;
}

static int pin_root(struct ctl *ctl, struct build *b)
{
	struct mmuext_op *op = ctl_buffer(ctl, sizeof(*op));
	long rc;

	if (!op)
		return -ENOMEM;
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = b->p2m[b->layout.tables_pfn];
	rc = ctl_call(ctl, __HYPERVISOR_mmuext_op, (uint64_t[5]){ (uintptr_t)op, 1, 0, b->id });
	ctl_buffer_free(ctl, op);
	return rc < 0 ? ctl_fail(ctl, rc, "the hypervisor refuses the page tables: %s", strerror(-rc)) : 0;
}

static int fill_hypercall_page(struct ctl *ctl, struct build *b)
{
	struct xen_domctl op = { .domain = b->id };

	if (b->image.hypercall_page == IMAGE_NONE)
		return 0;
	op.u.hypercall_init.gmfn = b->p2m[(b->image.hypercall_page - b->layout.virt_base) >> PAGE_SHIFT];
	return ctl_domctl(ctl, XEN_DOMCTL_hypercall_init, &op);
}

static void fill_context(const struct build *b, vcpu_guest_context_t *c)
{
	const struct layout *l = &b->layout;

	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = b->image.entry;
	c->user_regs.rsp = layout_va(l, l->stack_pfn) + PAGE_BYTES;
	c->user_regs.rsi = layout_va(l, l->start_info_pfn);
	c->user_regs.rflags = FLAGS_IF;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;	/* a null selector would do for data only */
	c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
	c->user_regs.fs = c->user_regs.gs = FLAT_KERNEL_DS;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(b->p2m[l->tables_pfn]);
	c->debugreg[6] = DR6_RESET;
	c->debugreg[7] = DR7_RESET;
}

static int set_context(struct ctl *ctl, struct build *b)
{
	vcpu_guest_context_t *c = ctl_buffer(ctl, sizeof(*c));
	struct xen_domctl op = { .domain = b->id };
	int rc;

	if (!c)
		return -ENOMEM;
	fill_context(b, c);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, c);
	rc = ctl_domctl(ctl, XEN_DOMCTL_setvcpucontext, &op);
	ctl_buffer_free(ctl, c);
	return rc;
}

typedef int step(struct ctl *ctl, struct build *b);

static int run(struct ctl *ctl, struct build *b, step *const *steps)
{
	int rc = 0;

	while (!rc && *steps)
		rc = (*steps++)(ctl, b);
	return rc;
}

struct outcome {
	int rc;
	char why[512];
};

/*
 * Steps that map frames, in a process of their own.  To a PV kernel the end of a whole address space is cheap, while
 * every page that is unmapped alone costs it a trap; so nothing is unmapped there.  They make no hypercalls by
 * ctl_call(): its buffers are not the child's.
 */
static int run_apart(struct ctl *ctl, struct build *b, step *const *steps)
{
	struct outcome o = { 0 };
	int fds[2], status;
	ssize_t got;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return ctl_fail_errno(ctl, "no pipe");
	pid = fork();
	if (!pid) {
		o.rc = run(ctl, b, steps);
		snprintf(o.why, sizeof(o.why), "%s", ctl_why(ctl));
		_exit(write(fds[1], &o, sizeof(o)) != sizeof(o));
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return ctl_fail_errno(ctl, "no process to load the kernel");
	}
	do {
		got = read(fds[0], &o, sizeof(o));
	} while (got < 0 && errno == EINTR);
	close(fds[0]);
	/* What it mapped is free once it has ended, not before. */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (got != sizeof(o))
		return ctl_fail(ctl, -EIO, "the process that loads the kernel has ended too soon");
	return o.rc ? ctl_fail(ctl, o.rc, "%s", o.why) : 0;
}

int build_memory(struct ctl *ctl, struct build *b)
{
	static step *const apart[] = {
		load_kernel, load_ramdisk, write_p2m, write_tables, write_start_info, write_shared_info, seed_grants, NULL
	};
	static step *const here[] = { clear_holes, fill_hypercall_page, pin_root, set_context, NULL };
	int rc = make_memory(ctl, b);

	rc = rc ? rc : run_apart(ctl, b, apart);
	return rc ? rc : run(ctl, b, here);
}
