/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start and end (pv): from the start_info page to all memory in the linear map.
 */
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "port/pv/pv.h"

const char port_name[] = "pv";

start_info_t *start_info;
u8 shared_page[PAGE_SIZE] __attribute__((section(".bss.pages"), aligned(4096)));
u8 boot_stack[STACK_SIZE] __attribute__((section(".bss.pages"), aligned(4096)));

static void *va_of(pfn_t pfn)
{
	return (void *)(KERNEL_BASE + (pfn << PAGE_SHIFT));
}

/**
 * port_start - first C of the domain's first vCPU
 * GS and the interrupt byte come first, all else relies on them.
 */
void port_start(start_info_t *si)
{
	vcpu_register_vcpu_info_t reg = { .offset = PORT_CPU_OFFSET };

	start_info = si;
	HC(set_segment_base, .which = SEGBASE_GS_KERNEL, .base = (u64)&boot_cpu);
	cpu_init(&boot_cpu, 0);
	reg.mfn = va_to_mfn(&boot_cpu);
	CHECK(!HC(vcpu_op, .cmd = VCPUOP_register_vcpu_info, .vcpuid = 0, .arg = &reg));
	CHECK(!HC(update_va_mapping, .va = (u64)shared_page,
		  .val = si->shared_info | PTE_P | PTE_W | PTE_NX, .flags = UVMF_INVLPG));
	console_find();
	kernel_main();
}

const char *port_cmdline(void)
{
	return (const char *)start_info->cmd_line;
}

/* Mapped by the builder as the image is, and before the page tables: never in the allocator. */
const void *port_module(u64 *bytes)
{
	*bytes = start_info->mod_len;
	return start_info->mod_len ? (const void *)start_info->mod_start : NULL;
}

/* The entry of the level-2 table for va, found from the root the builder made. */
static pte_t *l2_slot(u64 va)
{
	pte_t *table = (pte_t *)start_info->pt_base;

	table = va_of(pte_pfn(table[(va >> 39) & 511]));
	table = va_of(pte_pfn(table[(va >> 30) & 511]));
	return &table[(va >> 21) & 511];
}

/* Map 2 MiB of memory with a new level-1 table: filled as ordinary memory, then given away. */
static void map_chunk(pfn_t pfn, pfn_t end, pte_t *l2, pfn_t table_pfn)
{
	pte_t *l1 = va_of(table_pfn);
	int i;

	for (i = 0; i < 512; i++)
		l1[i] = pfn + i < end ? pte_make(pfn + i, PTE_P | PTE_W) : 0;
	port_table_prepare(l1);
	CHECK(!port_entry_set(l2, pte_make(table_pfn, PTE_P | PTE_W | PTE_U)));
}

/* Pages of a 2 MiB piece that the builder mapped in part. */
static void map_rest(pfn_t pfn, pfn_t end, pte_t *l1)
{
	int i;

	for (i = 0; i < 512 && pfn + i < end; i++)
		if (!(l1[i] & PTE_P))
			CHECK(!port_entry_set(&l1[i], pte_make(pfn + i, PTE_P | PTE_W)));
}

/*
 * Tools that save or dump a domain find its memory by a tree: a page that names pages, which name
 * those of the list from our page numbers to machine frames.
 */
static void p2m_publish(pfn_t pages)
{
	xen_pfn_t *top = page_alloc_zeroed(), *mid = NULL;
	unsigned long i, n = ROUND_UP(pages * sizeof(*P2M), PAGE_SIZE) / PAGE_SIZE;

	for (i = 0; i < n; i++) {
		if (i % 512 == 0) {
			mid = page_alloc_zeroed();
			top[i / 512] = va_to_mfn(mid);
		}
		mid[i % 512] = va_to_mfn((const u8 *)P2M + i * PAGE_SIZE);
	}
	SHARED->arch.pfn_to_mfn_frame_list_list = va_to_mfn(top);
	SHARED->arch.max_pfn = pages;
}

/*
 * The builder's mapping ends at least half a megabyte behind its boot stack; what follows is
 * free.  One new table maps the memory for the next 511.
 */
void port_memory_init(void)
{
	pfn_t end = MIN(start_info->nr_pages, LINEAR_SIZE >> PAGE_SHIFT), pfn;
	pfn_t first =
		(start_info->pt_base - KERNEL_BASE) / PAGE_SIZE + start_info->nr_pt_frames + 1;

	for (pfn = 0; pfn < end; pfn += 512) {
		pte_t *l2 = l2_slot(KERNEL_BASE + pfn * PAGE_SIZE);

		if (*l2 & PTE_P)
			map_rest(pfn, end, va_of(pte_pfn(*l2)));
		else
			map_chunk(pfn, end, l2, first++);
	}
	pages_init(first, end);
	pages_add(first, end);
	pages_add(1, (KERNEL_IMAGE - KERNEL_BASE) >> PAGE_SHIFT);
	p2m_publish(start_info->nr_pages);
}

static void shutdown(unsigned int reason)
{
	sched_shutdown_t op = { .reason = reason };

	for (;;)
		HC(sched_op, .cmd = SCHEDOP_shutdown, .arg = &op);
}

void port_power_off(void)
{
	shutdown(SHUTDOWN_poweroff);
	__builtin_unreachable();
}

void port_crash(void)
{
	shutdown(SHUTDOWN_crash);
	__builtin_unreachable();
}
