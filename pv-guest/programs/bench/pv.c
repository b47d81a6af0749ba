/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls alone.
 */
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "port/pv/pv.h"
#include "programs/bench/bench.h"
#include "programs/measure.h"

#define BATCH 32

static void bench_batch(void)
{
	multicall_entry_t calls[BATCH];

	memset(calls, 0, sizeof(calls));
	for (int i = 0; i < BATCH; i++)
		calls[i].op = HC_xen_version; /* command 0 */
	bench_line("hypercall_in_multicall_32",
		   MEASURE(200, HC(multicall, .calls = calls, .count = BATCH)) / BATCH);
}

static void bench_tables(void)
{
	void *va = window_reserve(BATCH), *page = page_alloc_zeroed();
	mmu_update_t req[BATCH];
	pte_t pte = pte_make(va_to_pfn(page), PTE_P | PTE_A);
	unsigned int flip = 0;

	for (int i = 0; i < BATCH; i++)
		req[i].ptr = va_to_maddr(window_slot((char *)va + i * PAGE_SIZE));
#define FLIP() (flip++ & 1 ? 0 : pte)
	bench_line("update_va_mapping",
		   MEASURE(1000, HC(update_va_mapping, .va = (u64)va, .val = FLIP())));
	bench_line("update_va_mapping_invlpg",
		   MEASURE(1000, HC(update_va_mapping, .va = (u64)va, .val = FLIP(),
				    .flags = UVMF_INVLPG)));
	bench_line("mmu_update_1",
		   MEASURE(1000, req[0].val = FLIP();
			   HC(mmu_update, .reqs = req, .count = 1, .foreign = DOMID_SELF)));
	flip = 0;
	bench_line("mmu_update_in_32",
		   MEASURE(100, pte_t val = FLIP();
			   for (int i = 0; i < BATCH; i++) req[i].val = val;
			   HC(mmu_update, .reqs = req, .count = BATCH, .foreign = DOMID_SELF)) /
			   BATCH);
	bench_line("tlb_flush_local", MEASURE(1000, mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0)));
	memset(req, 0, sizeof(req));
	page_free(page);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void bench_events(void)
{
	evtchn_bind_ipi_t ipi = { .vcpu = 0 };

	CHECK(!HC(event_channel_op, .cmd = EVTCHNOP_bind_ipi, .arg = &ipi));
	evtchn_open(ipi.port, 0, nothing, NULL);
	bench_line("event_to_self", MEASURE(1000, evtchn_send(ipi.port)));
	irq_disable();
	evtchn_send(ipi.port);
	bench_line("event_already_pending", MEASURE(1000, evtchn_send(ipi.port)));
	irq_enable();
	evtchn_close(ipi.port);
}

void bench_port(void)
{
	bench_line("hypercall", MEASURE(1000, HC(xen_version, .cmd = XENVER_version)));
	bench_line("hypercall_enosys", MEASURE(1000, hypercall_regs(63, (const uint64_t[6]){ 0 })));
	bench_batch();
	bench_tables();
	bench_events();
	bench_line("sched_yield", MEASURE(1000, HC(sched_op, .cmd = SCHEDOP_yield)));
	bench_line("stack_switch", MEASURE(1000, port_set_kernel_stack(KERNEL_IMAGE)));
}
