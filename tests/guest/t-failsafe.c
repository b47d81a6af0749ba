/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failsafe - a data segment that is gone when the vCPU runs again
 *
 * Right: vCPU 0 has a selector in ES and then takes its descriptor away.  As long as it runs
 * nothing happens; after another vCPU ran on the same processor, ES cannot be loaded, and the
 * failsafe callback is entered, with the selectors as they were on its stack, at the interrupted
 * context; with CALLBACKF_mask_events with events masked.  ABI: CALLBACKTYPE_failsafe in
 * callback.h.
 *
 * Boot: --smp 1 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

static u64 *table;
static unsigned int count;
static struct regs seen;
static u8 mask;

static bool on_failsafe(struct regs *regs)
{
	extern u64 failsafe_words[4];

	seen = *regs;
	mask = this_vcpu_info()->evtchn_upcall_mask;
	for (int i = 0; i < 4; i++)
		this_cpu()->failsafe_sel[i] = failsafe_words[i];
	count++;
	return true;
}

static void other(void)
{
	for (;;)
		HC(sched_op, .cmd = SCHEDOP_yield);
}

static void lose_es(void)
{
	u64 end = now() + 2000000000;

	HC(update_descriptor, .maddr = maddr_of(&table[1]), .desc = 0x00cff3000000ffff);
	__asm__ volatile("movl %0, %%es" : : "r"(0x0b));
	HC(update_descriptor, .maddr = maddr_of(&table[1]), .desc = 0);
	count = 0;
	while (!LIVE(count) && now() < end)
		HC(sched_op, .cmd = SCHEDOP_yield);
	__asm__ volatile("movl %0, %%es" : : "r"(0));
}

void test_main(void)
{
	u64 frame;
	u16 ds;

	table = page_alloc();
	frame = mfn_of(table);
	set_readonly(table);
	trap_hooks[VEC_FAILSAFE] = on_failsafe;
	__asm__ volatile("movw %%ds, %0" : "=r"(ds));
	check_eq(HC(set_gdt, .frames = &frame, .entries = 512), 0, "a GDT");
	check_eq(callback(CALLBACKTYPE_failsafe, 0, entry_failsafe), 0, "the callback");
	check_eq(vcpu_start(1, other), 0, "a second vCPU on the same processor");
	events_enable();
	lose_es();
	check_eq(count, 1, "the callback came once");
	check_eq(this_cpu()->failsafe_sel[1], 0x0b, "ES is on its stack");
	check_eq(this_cpu()->failsafe_sel[0], ds, "DS too");
	check_eq(seen.cs & 0xffff, FLAT_KERNEL_CS & ~3, "from the kernel");
	check_eq(mask, 0, "events are on");
	check_eq(callback(CALLBACKTYPE_failsafe, CALLBACKF_mask_events, entry_failsafe), 0,
		 "masking events");
	lose_es();
	check_eq(count, 1, "the callback came once");
	check_eq(mask, 1, "events are masked");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 0, "and on after it");
}
