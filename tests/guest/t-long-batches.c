/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * long-batches - batches that are interrupted go on where they were
 *
 * Right: with a timer each millisecond, a multicall of 4000 calls, mmu_update of 4000 requests and
 * mmuext_op of 4000 operations each do every part exactly once, in order; done counts all. ABI:
 * multicall, mmu_update in xen.h.
 */
#include "guest.h"

#define MANY 4000

static multicall_entry_t calls[MANY];
static mmu_update_t reqs[MANY];
static mmuext_op_t ops[MANY];
static u64 *pages;

static unsigned int count_wrong(u64 base)
{
	unsigned int wrong = 0;

	for (int i = 0; i < MANY; i++)
		wrong += LIVE(pages[i]) != base + i;
	return wrong;
}

/*
 * Exactly once: sends on an IPI port that is masked would show as one; so each call writes its own
 * word.
 */
static void multicalls(void)
{
	for (int i = 0; i < MANY; i++) {
		reqs[i] = (mmu_update_t){ maddr_of(&pages[i]), 1000000 + i };
		calls[i] = (multicall_entry_t){ .op = __HYPERVISOR_mmu_update,
						.result = 5,
						.args = { (u64)&reqs[i], 1, 0, DOMID_SELF } };
	}
	check_eq(HC(multicall, .calls = calls, .count = MANY), 0, "multicall of %d", MANY);
	check_eq(count_wrong(1000000), 0, "each call happened");
	for (int i = 0; i < MANY; i++)
		calls[i].op = i & 1 ? 63 : __HYPERVISOR_xen_version;
	check_eq(HC(multicall, .calls = calls, .count = MANY), 0, "with unknown calls between");
	check(calls[MANY - 1].result == (u64)-XEN_ENOSYS, "the last has its result");
}

static void updates(void)
{
	u32 done = 0;

	for (int i = 0; i < MANY; i++)
		reqs[i].val = 2000000 + i;
	check_eq(HC(mmu_update, .reqs = reqs, .count = MANY, .done = &done, .foreign = DOMID_SELF),
		 0, "mmu_update of %d", MANY);
	check_eq(done, MANY, "done");
	check_eq(count_wrong(2000000), 0, "each happened");
	reqs[MANY - 10].ptr = 0xfffffffff000;
	for (int i = 0; i < MANY; i++)
		reqs[i].val++;
	check_eq(HC(mmu_update, .reqs = reqs, .count = MANY, .done = &done, .foreign = DOMID_SELF),
		 -XEN_EINVAL, "one near the end is bad");
	check_eq(done, MANY - 10, "done");
}

/*
 * Every frame is pinned by one operation and unpinned by a later one: twice or not at all would
 * fail.
 */
static void extended(void)
{
	u32 done = 0;
	u64 *table = page_alloc();

	set_readonly(table);
	for (int i = 0; i < MANY; i++) {
		ops[i].cmd = i & 1 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE;
		ops[i].arg1.mfn = mfn_of(table);
	}
	check_eq(HC(mmuext_op, .ops = ops, .count = MANY, .done = &done, .foreign = DOMID_SELF), 0,
		 "mmuext_op of %d", MANY);
	check_eq(done, MANY, "done");
	check_eq(unpin(mfn_of(table)), -XEN_EINVAL, "nothing stays pinned");
}

void test_main(void)
{
	vcpu_set_periodic_timer_t op = { .period_ns = 1000000 };
	u32 timer;

	pages = pages_alloc(MANY * 8 / PAGE_SIZE + 1);
	event_init();
	timer = bind_virq(VIRQ_TIMER, 0);
	event_port_on(timer);
	HC(vcpu_op, .cmd = VCPUOP_set_periodic_timer, .vcpuid = 0, .arg = &op);
	events_enable();
	multicalls();
	updates();
	extended();
	events_disable();
	check(LIVE(event_count[timer]), "%u events came meanwhile", event_count[timer]);
}
