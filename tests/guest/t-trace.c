/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace - trace buffers by the control call, mapped in the name of DOMID_XEN, and what is in them
 *
 * Right: a size is given once; without one nothing is turned on.  The list of frames is mapped to be read, the
 * ring to be written too, and neither becomes a page table.  A call leaves a record, an entry of a multicall
 * one of its kind, while tracing is on and their class is wanted.  The results that Bonsai adds are right.
 * ABI: XEN_SYSCTL_tbuf_op in sysctl.h, trace.h.
 *
 * Boot: --initrd ./trace.elf --memory 256
 */
#include "child.h"
#include <xen/trace.h>

#define RESULT_RECORD	0x00204080	/* hypervisor/control/trace.h */
#define PAGES	1
#define SIZE	((u32)(PAGES * PAGE_SIZE - sizeof(struct t_buf)))

static u32 *ring;

static long tbuf(u32 cmd, struct xen_sysctl_tbuf_op *t)
{
	struct xen_sysctl op = { .u.tbuf_op = *t };
	long rc;

	op.u.tbuf_op.cmd = cmd;
	rc = sysctl(XEN_SYSCTL_tbuf_op, &op);
	*t = op.u.tbuf_op;
	return rc;
}

static long size(u32 pages)
{
	struct xen_sysctl_tbuf_op t = { .size = pages };

	return tbuf(XEN_SYSCTL_TBUFOP_set_size, &t);
}

static long simple(u32 cmd)
{
	struct xen_sysctl_tbuf_op t = { 0 };

	return tbuf(cmd, &t);
}

static long mask(u32 events)
{
	struct xen_sysctl_tbuf_op t = { .evt_mask = events };

	return tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, &t);
}

/* Take out all records: how many are of this event, whose first word begins so; *last has the words behind. */
static u32 count(u32 event, u32 low, u32 bits, u32 *last)
{
	u32 found = 0;

	while (LIVE(ring[0]) != LIVE(ring[1])) {
		u32 at = ring[0] % SIZE / 4 + 2, word = ring[at], n = TRC_HD_EXTRA(word);
		u32 words = 1 + n + (TRC_HD_INCLUDES_CYCLE_COUNT(word) ? 2 : 0);

		if (TRC_HD_TO_EVENT(word) == event && n && (ring[at + words - n] & bits) == low) {
			memcpy(last, &ring[at + words - n], n * 4);
			found++;
		}
		LIVE(ring[0]) = (ring[0] + 4 * words) % (2 * SIZE);
	}
	return found;
}

static void size_points(void)
{
	struct xen_sysctl_tbuf_op t = { 0 };

	check_eq(tbuf(XEN_SYSCTL_TBUFOP_get_info, &t), 0, "get_info");
	check_eq(t.size, 0, "nothing is there");
	check_eq(simple(XEN_SYSCTL_TBUFOP_enable), -XEN_EINVAL, "enable without buffers");
	check_eq(simple(77), -XEN_EINVAL, "no such command");
	check_eq(size(0), -XEN_EINVAL, "a size of 0");
	check_eq(size(PAGES), 0, "a size");
	check(size(PAGES) < 0, "the same again");
	check_eq(size(PAGES + 1), -XEN_EINVAL, "another one");
}

static void map_points(void)
{
	struct xen_sysctl_tbuf_op t = { 0 };
	struct t_info *info;
	long rc;
	u32 mfn;

	tbuf(XEN_SYSCTL_TBUFOP_get_info, &t);
	check(t.buffer_mfn && t.size && t.size % PAGE_SIZE == 0, "get_info tells where it is");
	foreign_map(DOMID_XEN, t.buffer_mfn, PTE_DATA, &rc);
	check_refused(rc, "the list cannot be mapped to be written");
	info = foreign_map(DOMID_XEN, t.buffer_mfn, PTE_RO, &rc);
	check_eq(rc, 0, "but to be read");
	if (!info)
		bail_out("no list of buffers");
	check_eq(info->tbuf_size, PAGES, "it knows the size");
	mfn = ((u32 *)info)[info->mfn_offset[0]];
	ring = foreign_map(DOMID_XEN, mfn, PTE_DATA, &rc);
	check_eq(rc, 0, "a buffer is mapped to be written");
	if (!ring)
		bail_out("no buffer");
	check_refused(HC(mmuext_op, .ops = &(mmuext_op_t){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn }, .count = 1,
			 .foreign = DOMID_XEN), "and is no page table");
}

static void record_points(void)
{
	multicall_entry_t e = { .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } };
	u32 w[8] = { 0 };

	simple(XEN_SYSCTL_TBUFOP_disable);	/* Xen is on with the size */
	LIVE(ring[0]) = ring[1];
	HC(sched_op, .cmd = SCHEDOP_yield);
	check_eq(LIVE(ring[1]), ring[0], "off: nothing is recorded");
	check_eq(simple(XEN_SYSCTL_TBUFOP_enable), 0, "on");
	HC(sched_op, .cmd = SCHEDOP_yield);
	check_eq(count(TRC_PV_HYPERCALL_V2, __HYPERVISOR_sched_op, 0xfffff, w), 1, "a call is recorded");
	check(w[0] >> 20 & 3, "with its command");
	check_eq(w[1], SCHEDOP_yield, "which is yield");
	HC(multicall, .calls = &e, .count = 1);
	check_eq(count(TRC_PV_HYPERCALL_SUBCALL, __HYPERVISOR_xen_version, 0xfffff, w), 1, "an entry of a multicall");
	if (on_xen()) {
		check_skipped("results", "Xen does not write them");
	} else {
		check_eq(e.result, PAGE_SIZE, "which is answered");
		HC(multicall, .calls = &e, .count = 1);
		check_eq(count(RESULT_RECORD, __HYPERVISOR_xen_version | 1 << 16, 0x1ffff, w), 1, "a result");
		check_eq(w[1], 0, "of this domain's first vCPU");
		check_eq(w[2] | (u64)w[3] << 32, PAGE_SIZE, "is what the caller gets");
		check(w[4] || w[5], "and took some time");
		hypercall_regs(__HYPERVISOR_domctl, (u64[6]){ HYPERVISOR_VA });
		check_eq(count(RESULT_RECORD, __HYPERVISOR_domctl, 0xffff, w), 1, "a refused call");
		check_eq((int)w[2], -XEN_EFAULT, "has an error");
		check_eq(w[6], ~0u, "and no command");
	}
}

static void mask_points(void)
{
	struct xen_sysctl_tbuf_op t = { .cpu_mask.nr_bits = 64 };
	u64 none = 0;
	u32 w[8];

	check_eq(mask(TRC_SCHED), 0, "another class");
	count(0, 0, 0, w);
	HC(xen_version, .cmd = XENVER_pagesize);
	check_eq(count(TRC_PV_HYPERCALL_V2, __HYPERVISOR_xen_version, 0xfffff, w), 0, "is not ours");
	mask(TRC_ALL);
	set_xen_guest_handle(t.cpu_mask.bitmap, (void *)&none);
	check_eq(tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, &t), 0, "no CPU");
	count(0, 0, 0, w);
	HC(xen_version, .cmd = XENVER_pagesize);
	check_eq(count(TRC_PV_HYPERCALL_V2, __HYPERVISOR_xen_version, 0xfffff, w), 0, "is recorded");
	set_xen_guest_handle(t.cpu_mask.bitmap, (void *)HYPERVISOR_VA);
	check_eq(tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, &t), -XEN_EFAULT, "a mask from nowhere");
	none = ~0UL;
	set_xen_guest_handle(t.cpu_mask.bitmap, (void *)&none);
	tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, &t);
}

/* A ring that nobody empties, and one whose reader writes nonsense. */
static void full_points(void)
{
	u32 w[8] = { 0 }, found;

	count(0, 0, 0, w);
	for (u32 i = 0; i < 500; i++)
		HC(xen_version, .cmd = XENVER_pagesize);
	found = count(TRC_PV_HYPERCALL_V2, __HYPERVISOR_xen_version, 0xfffff, w);
	check(found > 10 && found < 500, "%u of 500 calls fit", found);
	HC(xen_version, .cmd = XENVER_pagesize);
	check_eq(count(TRC_LOST_RECORDS, 0, 0, w), 1, "then it is told that records were lost");
	check(w[0] >= 500 - found, "at least the others");
	if (on_xen()) {
		check_skipped("nonsense from the reader", "it stops tracing there for good");
	} else {
		for (u32 i = 0; i < 64; i++) {
			LIVE(ring[0]) = i * 0x4fffffff;
			LIVE(ring[1]) = ~i;
			HC(xen_version, .cmd = XENVER_pagesize);
		}
		check(true, "nonsense from the reader does no harm");
	}
	check_eq(simple(XEN_SYSCTL_TBUFOP_disable), 0, "off");
	found = LIVE(ring[1]);
	HC(xen_version, .cmd = XENVER_pagesize);
	check_eq(LIVE(ring[1]), found, "nothing is recorded any more");
}

void test_main(void)
{
	size_points();
	map_points();
	record_points();
	mask_points();
	full_points();
}
