/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * long-pin - pinning a large tree while events arrive
 *
 * Right: 200 tables with 512 entries each are checked in one hypercall, which is left for events
 * and goes on after them: it answers 0, the timer's upcalls (each millisecond) were delivered
 * meanwhile, the tree is pinned once. An error at the very end undoes everything.  ABI: "Long calls
 * restart"; MMUEXT_PIN_L4_TABLE in xen.h.
 */
#include "guest.h"

#define TABLES 200

static u64 *l1[TABLES], *l2, *l3, *l4;

static void build(void)
{
	u64 shared = mfn_of(page_alloc());

	l2 = page_alloc();
	l3 = page_alloc();
	l4 = page_alloc();
	for (int t = 0; t < TABLES; t++) {
		l1[t] = page_alloc();
		for (int i = 0; i < 512; i++)
			l1[t][i] = PTE(shared, PTE_RO);
		l2[t] = PTE(mfn_of(l1[t]), PTE_TABLE);
		set_readonly(l1[t]);
	}
	l3[0] = PTE(mfn_of(l2), PTE_TABLE);
	l4[0] = PTE(mfn_of(l3), PTE_TABLE);
	set_readonly(l2);
	set_readonly(l3);
	set_readonly(l4);
}

static unsigned int count_free(void)
{
	unsigned int n = 0;

	for (int t = 0; t < TABLES; t++) {
		n += pte_set((u64)l1[t], PTE(mfn_of(l1[t]), PTE_DATA)) == 0;
		set_readonly(l1[t]);
	}
	return n;
}

void test_main(void)
{
	vcpu_set_periodic_timer_t op = { .period_ns = 1000000 };
	u32 timer, before;
	u64 t;

	build();
	event_init();
	timer = bind_virq(VIRQ_TIMER, 0);
	event_port_on(timer);
	HC(vcpu_op, .cmd = VCPUOP_set_periodic_timer, .vcpuid = 0, .arg = &op);
	events_enable();
	for (int round = 0; round < 3; round++) {
		before = LIVE(event_count[timer]);
		t = now();
		check_eq(pin(4, mfn_of(l4)), 0, "pin");
		t = now() - t;
		note("%lu us, %u events meanwhile", t / 1000, LIVE(event_count[timer]) - before);
		check(t < 3000000 || LIVE(event_count[timer]) > before,
		      "events are not kept waiting");
		check_eq(pin(4, mfn_of(l4)), -XEN_EINVAL, "it is pinned once");
		check_eq(unpin(mfn_of(l4)), 0, "unpin");
		check_eq(unpin(mfn_of(l4)), -XEN_EINVAL, "once");
	}
	events_disable();
	check_eq(count_free(), TABLES, "all tables are free");
	set_writable(l1[TABLES - 1]);
	l1[TABLES - 1][511] = PTE(mfn_of(l2), PTE_DATA);
	set_readonly(l1[TABLES - 1]);
	events_enable();
	check_refused(pin(4, mfn_of(l4)), "with the last entry bad");
	events_disable();
	check_eq(unpin(mfn_of(l4)), -XEN_EINVAL, "nothing is pinned");
	check_eq(count_free(), TABLES, "all tables are free");
}
