/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Softirqs: work that an interrupt handler or another CPU leaves for the way out to the guest, where
 * no lock is held and interrupts are on.
 */
#include "cpu/apic.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "domain/domain.h"

static void (*const handlers[SOFTIRQ_COUNT])(void) = {
	[SOFTIRQ_TIMER] = timer_softirq,
	[SOFTIRQ_SCHEDULE] = schedule,
	[SOFTIRQ_SHUTDOWN] = machine_end,
	[SOFTIRQ_CONSOLE] = console_softirq,
	[SOFTIRQ_REAP] = domains_reap,
};

void softirq_raise(enum softirq nr)
{
	__atomic_fetch_or(&cpu_info()->softirq_pending, (u32)BIT(nr), __ATOMIC_SEQ_CST);
}

/*
 * A bit that is set already needs no IPI: who set it sent one, or it was that CPU itself, which looks
 * before it halts or leaves.
 */
void softirq_raise_on(u32 cpu, enum softirq nr)
{
	u32 *word = &pcpu_of(cpu)->info->softirq_pending;
	u32 old = __atomic_fetch_or(word, (u32)BIT(nr), __ATOMIC_SEQ_CST);

	if (cpu != this_cpu() && !(old & BIT(nr)))
		lapic_send_ipi(cpu, VEC_KICK);
}

void softirq_run(void)
{
	u32 *word = &cpu_info()->softirq_pending;
	u32 bits;

	while ((bits = __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST)))
		for (; bits; bits &= bits - 1)
			handlers[__builtin_ctz(bits)]();
}
