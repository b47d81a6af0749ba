/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace buffers.  ABI: XEN_SYSCTL_tbuf_op in sysctl.h, struct t_buf and t_rec in trace.h.
 *
 * A ring is written by its own CPU alone, interrupts off, and read by a domain at the same time.  What we
 * read of the shared page is `cons`, once a record, and checked: a nonsensical one makes the ring look full.
 * Records are lost while it is; how many is told once there is room again.
 */
#include "control/op.h"
#include "control/trace.h"
#include "cpu/insn.h"
#include "cpu/smp.h"
#include "lib/bitmap.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

#define HEADER_WORDS	3		/* event and length, the TSC */
#define LOST_WORDS	4
#define CALL_WORDS	(TRACE_EXTRA_MAX - 1)	/* of a call's record, for its arguments */

struct ring {
	u32 **page;			/* struct t_buf at the start of the first; NULL: none */
	u32 prod;			/* the page's is a copy */
	u32 lost;			/* records, since `lost_since` */
	u32 depth;			/* hypercalls this CPU is in: more than one within a multicall */
	bool half_full;			/* VIRQ_TBUF is owed */
	u64 lost_since;
};

static struct ring rings[NR_CPUS];
static u32 data_bytes;			/* of each, behind struct t_buf; 0: set_size is still to come */
static u32 *info, info_bytes;		/* struct t_info */
static u32 event_mask = TRC_ALL;
static u64 cpu_mask = ~0UL;

bool trace_on;

/* ---- one record ------------------------------------------------------------------------------------- */

/* Class and subclass are bits each, both must be wanted; the low half is the event's number. */
static bool is_wanted(u32 event)
{
	u32 both = event_mask & event;

	return trace_on && (both >> TRC_CLS_SHIFT) && (both & 0xf000) && bitmap_test(&cpu_mask, this_cpu());
}

static void put(struct ring *r, u32 word)
{
	u32 at = r->prod % data_bytes + sizeof(struct t_buf);

	r->page[at / PAGE_SIZE][at % PAGE_SIZE / sizeof(u32)] = word;
	r->prod = (r->prod + sizeof(u32)) % (2 * data_bytes);
}

static void put_header(struct ring *r, u32 event, u32 n, u64 tsc)
{
	put(r, event | n << TRACE_EXTRA_SHIFT | (u32)TRC_HD_CYCLE_FLAG);
	put(r, tsc);
	put(r, tsc >> 32);
}

static u32 bytes_used(const struct ring *r)
{
	u32 cons = __atomic_load_n(&((struct t_buf *)r->page[0])->cons, __ATOMIC_ACQUIRE), used;

	if (cons >= 2 * data_bytes || cons % sizeof(u32))
		return data_bytes;
	used = r->prod >= cons ? r->prod - cons : r->prod + 2 * data_bytes - cons;
	return MIN(used, data_bytes);
}

/* No record goes round the end: one that says nothing fills what is left before it.  `words` is below 10. */
static void fill(struct ring *r, u32 words, u64 tsc)
{
	u32 extra = words - 1;

	if (extra > TRACE_EXTRA_MAX) {
		extra -= 2;
		put_header(r, TRC_TRACE_WRAP_BUFFER, extra, tsc);
	} else {
		put(r, TRC_TRACE_WRAP_BUFFER | extra << TRACE_EXTRA_SHIFT);
	}
	while (extra--)
		put(r, 0);
}

/* False: no room. */
static bool insert(struct ring *r, u32 event, u64 tsc, const u32 *extra, u32 n)
{
	u32 size = (HEADER_WORDS + n) * sizeof(u32);
	u32 left = data_bytes - r->prod % data_bytes, pad = left < size ? left : 0;
	u32 used = bytes_used(r);

	if (used + pad + size > data_bytes)
		return false;
	if (pad)
		fill(r, pad / sizeof(u32), tsc);
	put_header(r, event, n, tsc);
	for (u32 i = 0; i < n; i++)
		put(r, extra[i]);
	__atomic_store_n(&((struct t_buf *)r->page[0])->prod, r->prod, __ATOMIC_RELEASE);
	r->half_full |= used < data_bytes / 2 && used + pad + size >= data_bytes / 2;
	return true;
}

static bool tell_lost(struct ring *r, u64 tsc)
{
	u32 words[LOST_WORDS] = {
		r->lost, current->domain->id | current->id << 16, r->lost_since, r->lost_since >> 32,
	};

	if (!insert(r, TRC_LOST_RECORDS, tsc, words, LOST_WORDS))
		return false;
	r->lost = 0;
	return true;
}

static void record(u32 event, const u32 *extra, u32 n)
{
	u64 flags = irq_save(), tsc = rdtsc();
	struct ring *r = &rings[this_cpu()];

	if (is_wanted(event) && r->page && ((r->lost && !tell_lost(r, tsc)) || !insert(r, event, tsc, extra, n))) {
		if (!r->lost++)
			r->lost_since = tsc;
	}
	irq_restore(flags);
}

/* ---- hypercalls ------------------------------------------------------------------------------------- */

#define HYPERCALL(nr, name, who, args)	[nr] = sizeof(struct hc_##name) / sizeof(u64),
#define HYPERCALL_ABSENT(nr, name, why)
static const u8 nr_args[HC_COUNT] = {
#include "abi/hypercalls.def"
};
#undef HYPERCALL
#undef HYPERCALL_ABSENT

/* As many arguments as there is room for, each as narrow as its value is. */
static void record_call(struct vcpu *v, u32 nr, bool is_subcall)
{
	u32 words[1 + CALL_WORDS] = { nr & ~TRC_PV_HYPERCALL_V2_ARG_MASK }, n = 1;

	for (u32 i = 0; nr < HC_COUNT && i < nr_args[nr]; i++) {
		u64 arg = v->hc.args[i];
		u32 width = arg >> 32 ? 2 : 1;

		if (n + width > ARRAY_SIZE(words))
			continue;
		words[0] |= width == 2 ? TRC_PV_HYPERCALL_V2_ARG_64(i) : (u32)TRC_PV_HYPERCALL_V2_ARG_32(i);
		words[n++] = arg;
		if (width == 2)
			words[n++] = arg >> 32;
	}
	record(is_subcall ? TRC_PV_HYPERCALL_SUBCALL : TRC_PV_HYPERCALL_V2, words, n);
}

/*
 * The command of those calls that have it in memory.  A look of our own: the guest may change it before
 * the call reads it, and then the record is wrong, nothing else.
 */
static u32 command_in_memory(const struct vcpu *v, u32 nr)
{
	u32 cmd;

	if (nr != HC_domctl && nr != HC_sysctl && nr != HC_platform_op && nr != HC_mmuext_op)
		return TRC_RESULT_NO_CMD;
	return copy_from_guest(&cmd, v->hc.args[0], sizeof(cmd)) ? TRC_RESULT_NO_CMD : cmd;
}

long trace_call(struct vcpu *v, u64 nr, trace_call_fn *call)
{
	struct ring *r = &rings[this_cpu()];	/* a call ends on the CPU where it began */
	bool is_subcall = r->depth++;
	u32 cmd = command_in_memory(v, nr);
	u64 began;
	long rc;

	record_call(v, nr, is_subcall);
	began = rdtsc();
	rc = call(v, nr);
	began = rdtsc() - began;
	record(TRC_PV_RESULT, (u32[]){ (u16)nr | (is_subcall ? TRC_RESULT_SUBCALL : 0),
				       v->id | (u32)v->domain->id << 16, rc, (u64)rc >> 32, began, began >> 32,
				       cmd }, 7);
	r->depth--;
	/* Not by record(): here no lock is held. */
	if (r->half_full) {
		r->half_full = false;
		virq_raise_global(dom0, VIRQ_TBUF);
	}
	return rc;
}

/* ---- exceptions, runstates -------------------------------------------------------------------------- */

/*
 * Afterwards it is known what became of it: the guest is in its handler, or we did something in its stead.
 */
void trace_exception(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2, u64 dr6, trace_exception_fn *handle)
{
	static const u32 events[32] = {
		[6] = TRC_PV_FORCED_INVALID_OP, [13] = TRC_PV_EMULATE_PRIVOP,
	};
	u32 vector = regs->entry_vector, code = regs->error_code;
	u64 rip = regs->rip;
	u32 rip_lo = rip, rip_hi = rip >> 32;
	bool ours;

	handle(v, regs, cr2, dr6);
	ours = regs->rip != v->pv.traps[vector].address;
	if (vector == 14 && ours)	/* the entry that was written is not known here: 0 */
		record(TRC_PV_PTWR_EMULATION | TRC_64_FLAG,
		       (u32[]){ 0, 0, cr2, cr2 >> 32, rip_lo, rip_hi }, 6);
	else if (vector == 14)
		record(TRC_PV_PAGE_FAULT | TRC_64_FLAG, (u32[]){ rip_lo, rip_hi, cr2, cr2 >> 32, code }, 5);
	else if (vector == 7 && ours)
		record(TRC_PV_MATH_STATE_RESTORE, NULL, 0);
	else if (ours && events[vector] && !code)
		record(events[vector] | TRC_64_FLAG, (u32[]){ rip_lo, rip_hi }, 2);
	else
		record(TRC_PV_TRAP | TRC_64_FLAG, (u32[]){ rip_lo, rip_hi, vector | 1 << 15 | code << 16 }, 3);
}

static void record_vcpu(u32 event, const struct vcpu *v)
{
	record(event, (u32[]){ v->domain->id, v->id }, 2);
}

void trace_runstate(struct vcpu *v, int state)
{
	int old = v->sched.runstate.state;
	const struct vcpu *prev = current;

	record(TRC_SCHED_RUNSTATE_CHANGE | old << 8 | state << 4, (u32[]){ v->id | (u32)v->domain->id << 16 }, 1);
	if (state == RUNSTATE_running)
		record(TRC_SCHED_SWITCH, (u32[]){ prev->domain->id, prev->id, v->domain->id, v->id }, 4);
	else if (old == RUNSTATE_running && state == RUNSTATE_blocked)
		record_vcpu(TRC_SCHED_BLOCK, v);
	else if (old >= RUNSTATE_blocked && state == RUNSTATE_runnable)
		record_vcpu(TRC_SCHED_WAKE, v);
}

/* ---- control ---------------------------------------------------------------------------------------- */

/* entry.S's short ways leave no records: they are closed meanwhile. */
static void turn(bool on)
{
	WRITE_ONCE(trace_on, on);
	domains_each(domain_assists_changed);
}

static void pages_free(u32 pages)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 i = 0; rings[cpu].page && i < pages && rings[cpu].page[i]; i++)
			free_pages(rings[cpu].page[i], 0);
		zfree(rings[cpu].page);
		rings[cpu].page = NULL;
	}
}

static int pages_alloc(u32 pages)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		u32 **page = rings[cpu].page = zalloc(pages * sizeof(*page));

		for (u32 i = 0; page && i < pages; i++)
			if (!(page[i] = alloc_pages(0)))
				return -ENOMEM;
		if (!page)
			return -ENOMEM;
	}
	return 0;
}

/* All there is: let it be mapped, and say where it is. */
static void pages_show(u32 pages, u32 first_offset)
{
	struct t_info *t = (struct t_info *)info;

	t->tbuf_size = pages;
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		t->mfn_offset[cpu] = first_offset + cpu * pages;
		for (u32 i = 0; i < pages; i++) {
			info[t->mfn_offset[cpu] + i] = hv_to_mfn(rings[cpu].page[i]);
			frame_share(rings[cpu].page[i], dom_xen);
		}
	}
	for (u32 at = 0; at < info_bytes; at += PAGE_SIZE)
		frame_show(hv_to_mfn(info) + at / PAGE_SIZE);
}

/*
 * Once and for all, as in stock Xen: who has mapped a ring may keep it for ever.  Sizes that 16-bit offsets
 * cannot name are cut.  Return: 0; -EBUSY for the same size again, -EINVAL for another or 0; -ENOMEM.
 */
static int set_size(u32 pages)
{
	u32 first_offset = (sizeof(struct t_info) + nr_cpus * sizeof(u16) + 3) / sizeof(u32);
	u32 order;

	if (!pages)
		return -EINVAL;
	pages = MIN(pages, (0xffff - first_offset) / nr_cpus);
	if (data_bytes)
		return data_bytes + sizeof(struct t_buf) == pages * PAGE_SIZE ? -EBUSY : -EINVAL;
	order = order_for((first_offset + nr_cpus * pages) * sizeof(u32));
	info = alloc_pages(order);
	if (!info || pages_alloc(pages)) {
		pages_free(pages);
		if (info)
			free_pages(info, order);
		info = NULL;
		return -ENOMEM;
	}
	info_bytes = PAGE_SIZE << order;
	pages_show(pages, first_offset);
	data_bytes = pages * PAGE_SIZE - sizeof(struct t_buf);
	return 0;
}

static void disable(void)
{
	turn(false);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		rings[cpu].lost = 0;
}

/* Return: as set_size(); -EINVAL for an unknown command, or to enable what has no size; -EFAULT. */
long do_sysctl_tbuf_op(struct subop_call *c, void *op)
{
	struct xen_sysctl_tbuf_op *t = &((xen_sysctl_t *)op)->u.tbuf_op;
	u64 cpus;

	switch (t->cmd) {
	case XEN_SYSCTL_TBUFOP_get_info:
		t->evt_mask = event_mask;
		t->buffer_mfn = info ? hv_to_mfn(info) : 0;
		t->size = info_bytes;
		return 0;
	case XEN_SYSCTL_TBUFOP_set_cpu_mask:
		if (control_bitmap_get(&t->cpu_mask, &cpus))
			return -EFAULT;
		cpu_mask = cpus;
		return 0;
	case XEN_SYSCTL_TBUFOP_set_evt_mask:
		event_mask = t->evt_mask;
		return 0;
	case XEN_SYSCTL_TBUFOP_set_size:
		return set_size(t->size);
	case XEN_SYSCTL_TBUFOP_enable:
		if (!data_bytes)
			return hc_fail(-EINVAL, "trace buffers have no size yet");
		turn(true);
		return 0;
	case XEN_SYSCTL_TBUFOP_disable:
		disable();
		return 0;
	default:
		return hc_fail(-EINVAL, "trace command %u", t->cmd);
	}
}
