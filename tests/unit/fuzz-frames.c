/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random memory calls of two domains, half sensible and half not, preempted at random.  After each
 * hundred the auditor finds nothing; at the end the heap has every frame back.  Then the same by four
 * CPUs that are threads and truly race.
 *
 * Usage: fuzz-frames [seed [rounds]]
 */
#include <pthread.h>
#include <stdlib.h>

#include "cpu/insn.h"
#include "fake/fake.h"
#include "tap.h"

#define PAGES	48

static struct domain *dom[2];
static mfn_t page[2][PAGES];
static _Thread_local u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* Mostly a frame of who's, at times anything at all. */
static mfn_t some_frame(u32 who)
{
	switch (rnd(40)) {
	case 0: return rnd(FAKE_FRAMES + 10);
	case 1: return page[!who][rnd(PAGES)];
	case 2: return PTE_MFN_MASK >> rnd(52);
	case 3: return 0;
	case 4: return hv_to_mfn(hv_root);
	case 5: return hv_to_mfn(dom[who]->shared);
	default: return page[who][rnd(PAGES)];
	}
}

static pte_t some_entry(u32 who)
{
	u64 flags = PTE_PRESENT | PTE_USER;

	if (!rnd(4))
		return 0;
	if (rnd(2))
		flags |= PTE_WRITE;
	if (!rnd(20))
		flags ^= BIT(rnd(12));
	if (!rnd(20))
		flags |= PTE_NX;
	return pte_make(some_frame(who), flags);
}

/* Entries of few slots, so that they meet. */
static u32 some_slot(void)
{
	static const u32 slots[] = { 0, 1, 7, 8, 255, 256, 271, 272, 300, 511 };

	return slots[rnd(ARRAY_SIZE(slots))];
}

static void do_updates(u32 who)
{
	mmu_update_t u[12];
	u32 n = 1 + rnd(ARRAY_SIZE(u)), done;
	mfn_t table = some_frame(who);

	for (u32 i = 0; i < n; i++) {
		if (!rnd(3))
			table = some_frame(who);
		u[i].ptr = (table << PAGE_SHIFT) + some_slot() * 8 + (rnd(8) ? 0 : rnd(8));
		u[i].val = some_entry(who);
	}
	fake_call(HC_mmu_update, (u64)u, n, (u64)&done, rnd(30) ? DOMID_SELF : rnd(5));
}

static void do_ext(u32 who)
{
	static const u32 cmds[] = {
		MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
		MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
		MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR, MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE,
		MMUEXT_TLB_FLUSH_ALL, 63,
	};
	mmuext_op_t op[4];
	u32 n = 1 + rnd(ARRAY_SIZE(op));

	for (u32 i = 0; i < n; i++) {
		op[i].cmd = cmds[rnd(ARRAY_SIZE(cmds))];
		op[i].arg1.mfn = some_frame(who);
		op[i].arg2.src_mfn = some_frame(who);
	}
	fake_call(HC_mmuext_op, (u64)op, n, 0, DOMID_SELF);
}

/* Give a frame back, used or not, and get another in its place. */
static void do_memory(u32 who)
{
	u32 i = rnd(PAGES);
	u64 mfn = page[who][i];
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)&mfn);
	if (rnd(2)) {
		xen_memory_exchange_t e = { .in = r, .out = r };
		u64 out = i;

		set_xen_guest_handle(e.out.extent_start, (xen_pfn_t *)&out);
		if (!fake_call(HC_memory_op, XENMEM_exchange, (u64)&e, 0, 0))
			page[who][i] = out;
		return;
	}
	if (fake_call(HC_memory_op, XENMEM_decrease_reservation, (u64)&r, 0, 0) != 1)
		return;
	mfn = i;
	if (fake_call(HC_memory_op, XENMEM_populate_physmap, (u64)&r, 0, 0) == 1)
		page[who][i] = mfn;
}

/* Writes as the guest itself could make them: to any page that it may have writable. */
static void do_writes(u32 who)
{
	struct frame *f = mfn_to_frame(page[who][rnd(PAGES)]);

	if (frame_get_both(f, dom[who], FT_WRITABLE, false))
		return;
	for (u32 i = rnd(6); i; i--)
		((pte_t *)mfn_to_hv(frame_to_mfn(f)))[some_slot()] = some_entry(who);
	frame_put_both(f, false);
}

static void do_va(u32 who)
{
	u64 va = 0;

	for (u32 level = 1; level <= 4; level++)
		va |= (u64)some_slot() << (12 + 9 * (level - 1));
	va = (u64)((s64)(va << 16) >> 16);
	if (rnd(3))
		fake_call(HC_update_va_mapping, va, some_entry(who), UVMF_TLB_FLUSH | UVMF_ALL, 0);
	else if (rnd(2))
		entry_write_word(current, va & ~7UL, rnd(2) ? ~0UL << rnd(64) : 0, some_entry(who), &va);
	else if (entry_is_emulatable(current, va))
		entry_emulate_write(current, va & ~7UL, some_entry(who), 8, NULL);
}

/* A call preempted and never made again. */
static void do_abandon(u32 who)
{
	mmuext_op_t op = { .cmd = MMUEXT_PIN_L1_TABLE + rnd(4), .arg1.mfn = some_frame(who) };
	struct cpu_user_regs r = { .rax = HC_mmuext_op, .rdi = (u64)&op, .rsi = 1, .r10 = DOMID_SELF };

	fake_preempt_asked = 0;
	fake_preempt_at = 1 + rnd(4);
	hypercall_dispatch(current, &r);
}

static void one_call(u32 who)
{
	fake_preempt_asked = 0;
	fake_preempt_at = rnd(3) ? 0 : 1 + rnd(20);
	switch (rnd(12)) {
	case 0 ... 3: do_updates(who); break;
	case 4 ... 6: do_ext(who); break;
	case 7: do_memory(who); break;
	case 8: do_abandon(who); break;
	case 9: do_va(who); break;
	default: do_writes(who);
	}
	fake_preempt_at = 0;
}

static u64 start(u32 cpus)
{
	u64 free_before;

	fake_start(cpus);
	for (u32 w = 0; w < 2; w++) {
		dom[w] = fake_domain(1 + w, 2, false);
		dom[w]->mm.max_pages = PAGES + 8;
	}
	free_before = heap_free_pages();
	for (u32 w = 0; w < 2; w++)
		for (u32 i = 0; i < PAGES; i++)
			page[w][i] = frame_to_mfn(frame_alloc(dom[w], 0, 0));
	return free_before;
}

/* Both domains die; true when nothing is left of them. */
static bool end(u64 free_before)
{
	for (u32 cpu = nr_cpus; cpu--;)
		fake_idle(cpu);
	for (u32 w = 0; w < 2; w++) {
		for (u32 i = 0; i < 2; i++)
			while (mm_drop_roots(dom[w]->vcpu[i]))
				;
		while (frames_relinquish(dom[w]))
			;
		if (dom[w]->mm.tot_pages)
			return false;
	}
	return heap_free_pages() == free_before;
}

static bool sequence(u32 calls)
{
	u64 free_before = start(2);

	for (u32 i = 1; i <= calls; i++) {
		u32 who = rnd(2);

		fake_run(rnd(2), dom[who]->vcpu[rnd(2)]);
		one_call(who);
		if (!(i % 100) && (mm_audit(dom[0]) || mm_audit(dom[1])))
			return false;
	}
	return end(free_before);
}

/* CPU n runs vCPU n/2 of domain n%2. */
static void *racer(void *arg)
{
	u32 n = (u64)arg & 3;

	seed = (u64)arg;
	fake_cpu_nr = n;
	for (u32 i = 0; i < 3000; i++)
		one_call(n % 2);
	return NULL;
}

static bool race(u64 from)
{
	u64 free_before = start(4);
	pthread_t t[4];

	for (u64 n = 0; n < 4; n++)
		fake_run(n, dom[n % 2]->vcpu[n / 2]);
	for (u64 n = 0; n < 4; n++)
		CHECK(!pthread_create(&t[n], NULL, racer, (void *)(from * 4 + n)));
	for (u64 n = 0; n < 4; n++)
		pthread_join(t[n], NULL);
	return !mm_audit(dom[0]) && !mm_audit(dom[1]) && end(free_before);
}

int main(int argc, char **argv)
{
	u64 first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	u32 rounds = argc > 2 ? atoi(argv[2]) : 40, i;

	for (i = 0; i < rounds; i++) {
		seed = first + i;
		if (!sequence(2000))
			break;
	}
	ok(i == rounds, "%u sequences of 2000 calls, seeds from %lu: %s", i, first, fake_log);
	for (i = 0; i < rounds / 4; i++)
		if (!race(first + i))
			break;
	ok(i == rounds / 4, "%u races of 12000 calls: %s", i, fake_log);
	return tap_done();
}
