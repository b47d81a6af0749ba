/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flushing TLBs, here and on other CPUs, and the clock that tells which flushes are not needed.
 *
 * Each flush first counts the clock up, then flushes, then notes the count as the CPU's stamp.  So
 * what went out of use when the clock read t is gone from a CPU whose stamp is above t.  Frames keep
 * the low half of t only; the clock has not gone round since, or the answer is a flush too many.
 *
 * A flush of everything needs no message but a bit: any later flush of that CPU answers it.  A
 * single page, or the caches, go through one request that all share.
 *
 * Whoever waits here answers others meanwhile, so two CPUs may wait for each other with interrupts off.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "domain/domain.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/tags.h"

static_assert(NR_CPUS == 64, "a mask of CPUs is one word");

static struct {
	volatile u64 stamp;
	volatile u32 wanted;
} __aligned(64) cpus[NR_CPUS];

static volatile u64 tlb_clock = 1;

/* The request of a page or cache flush under way. */
static struct {
	volatile u32 busy;
	bool caches;
	guest_va_t va;
	volatile u64 waiting;		/* CPUs that have not answered */
} request;

/* Load cr3 with an empty TLB.  What a root in use names no more is not copied any more, either. */
static void load_emptied(u64 cr3)
{
	u64 flags = irq_save(), stamp = __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);
	struct vcpu *v = current;

	if (v && unlikely(READ_ONCE(v->mm.stale)))	/* none yet, while we boot */
		root_forget(v);
	write_cr3(cr3);
	if (cpu_features.pcid)
		invpcid(INVPCID_ALL, 0, 0);
	cpus[this_cpu()].stamp = stamp;
	irq_restore(flags);
}

void tlb_load_root(void)
{
	load_emptied(tag_cr3(hv_to_maddr(current->mm.root), current->pv.kernel_mode));
}

static void flush_page(guest_va_t va)
{
	enum tlb_tag other = cpu_features.pcid ? tag_other(read_cr3()) : TAG_NONE;

	invlpg(va);
	if (other)
		invpcid(INVPCID_PAGE, other, va);
}

u32 tlb_now(void)
{
	return tlb_clock;
}

void tlb_flush_local(void)
{
	load_emptied(read_cr3());
}

/* Interrupts off: otherwise the handler could answer in between, and we the next request by mistake. */
void tlb_poll(void)
{
	u32 cpu = this_cpu();
	u64 flags = irq_save();

	if (cpus[cpu].wanted) {
		__atomic_store_n(&cpus[cpu].wanted, 0, __ATOMIC_SEQ_CST);
		tlb_flush_local();
	}
	if (request.waiting & BIT(cpu)) {
		if (request.caches)
			wbinvd();
		else
			flush_page(request.va);
		__atomic_fetch_and(&request.waiting, ~BIT(cpu), __ATOMIC_SEQ_CST);
	}
	irq_restore(flags);
}

static void flush_others(u64 mask, u64 then)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (mask & BIT(cpu))
			__atomic_store_n(&cpus[cpu].wanted, 1, __ATOMIC_SEQ_CST);
	lapic_send_ipi_mask(&mask, VEC_TLB);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		while ((mask & BIT(cpu)) && cpus[cpu].stamp <= then) {
			tlb_poll();
			cpu_relax();
		}
}

void tlb_flush_mask(const u64 *cpu_mask)
{
	u64 self = BIT(this_cpu());

	/* What is to be flushed was changed before: seen by whoever sees the clock as it is now. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (*cpu_mask & self)
		tlb_flush_local();
	if (*cpu_mask & ~self)
		flush_others(*cpu_mask & ~self, tlb_clock);
}

static void request_run(u64 mask, bool caches, guest_va_t va)
{
	mask &= ~BIT(this_cpu());
	if (!mask)
		return;
	while (__atomic_exchange_n(&request.busy, 1, __ATOMIC_SEQ_CST)) {
		tlb_poll();
		cpu_relax();
	}
	request.caches = caches;
	request.va = va;
	__atomic_store_n(&request.waiting, mask, __ATOMIC_SEQ_CST);
	lapic_send_ipi_mask(&mask, VEC_TLB);
	while (request.waiting) {
		tlb_poll();
		cpu_relax();
	}
	__atomic_store_n(&request.busy, 0, __ATOMIC_SEQ_CST);
}

void tlb_flush_page_mask(const u64 *cpu_mask, guest_va_t va)
{
	if (*cpu_mask & BIT(this_cpu()))
		flush_page(va);
	request_run(*cpu_mask, false, va);
}

void cache_flush_mask(const u64 *cpu_mask)
{
	if (*cpu_mask & BIT(this_cpu()))
		wbinvd();
	request_run(*cpu_mask, true, 0);
}

u64 tlb_cpus_of(struct domain *d)
{
	u64 mask = 0;
	struct vcpu *v;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for_each_vcpu(d, v)
		if (READ_ONCE(v->sched.running))
			mask |= BIT(v->sched.cpu);
	return mask;
}

void tlb_flush_domain(struct domain *d)
{
	u64 mask = tlb_cpus_of(d);

	tlb_flush_mask(&mask);
}

/*
 * A CPU that turns to a guest after this looks at it writes CR3 first, so it has nothing stale; one
 * that turns away from one does before it does anything else.
 */
static bool runs_guest(u32 cpu)
{
	const struct vcpu *v = READ_ONCE(pcpu_of(cpu)->info->vcpu);

	return v && !v->sched.idle;
}

void tlb_flush_since(u32 stamp)
{
	u64 mask = 0, now, then;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	now = tlb_clock;
	then = now - (u32)((u32)now - stamp);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu].stamp <= then && runs_guest(cpu))
			mask |= BIT(cpu);
	if (mask)
		tlb_flush_mask(&mask);
}

void mm_lock(struct domain *d)
{
	if (irq_enabled()) {
		spin_lock(&d->mm.lock);
		return;
	}
	while (!spin_trylock(&d->mm.lock)) {
		tlb_poll();
		cpu_relax();
	}
}

void mm_unlock(struct domain *d)
{
	spin_unlock(&d->mm.lock);
}
