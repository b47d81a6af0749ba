/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

static void write_m2p(void *arg)
{
	*(volatile unsigned long *)&M2P[(u64)arg] = 0;
}

static void lists_agree(void)
{
	unsigned long pfn, bad = 0, n = MIN(start_info->nr_pages, LINEAR_SIZE >> PAGE_SHIFT);

	for (pfn = 0; pfn < n; pfn++)
		bad += M2P[P2M[pfn]] != pfn;
	expect(!bad, "M2P[P2M[pfn]] == pfn for %lu pages; %lu are not", n, bad);
}

static long reserve(unsigned int cmd, xen_pfn_t *extent)
{
	xen_memory_reservation_t op = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(op.extent_start, extent);
	return HC(memory_op, .cmd = cmd, .arg = &op);
}

static long map(void *va, pte_t pte)
{
	return HC(update_va_mapping, .va = (u64)va, .val = pte, .flags = UVMF_INVLPG | UVMF_ALL);
}

/* A frame goes back to the hypervisor, and one comes: likely another, at the same place for us. */
static void give_and_take(void)
{
	void *page = page_alloc();
	pfn_t pfn = va_to_pfn(page);
	xen_pfn_t extent = pfn_to_mfn(pfn);
	domid_t self = DOMID_SELF;
	long before = HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &self);

	say("page %lx is frame %lx", pfn, extent);
	expect_code(reserve(XENMEM_decrease_reservation, &extent), 1,
		    "decrease_reservation while mapped: accepted, freed with the last mapping");
	expect_code(map(page, 0), 0, "update_va_mapping: unmap it");
	extent = pfn;
	if (!expect_code(reserve(XENMEM_populate_physmap, &extent), 1,
			 "populate_physmap: a frame for page %lx", pfn))
		return;
	((unsigned long *)P2M)[pfn] = extent;
	expect(M2P[extent] == pfn, "the hypervisor wrote M2P[%lx] = %lx; P2M is ours to write",
	       extent, pfn);
	expect_code(map(page, pte_make(pfn, PTE_P | PTE_W)), 0, "update_va_mapping: map it");
	expect(*(volatile u64 *)page == 0, "it comes without what was in it before");
	expect_code(HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &self), before,
		    "current_reservation is what it was");
	page_free(page);
}

static void exchange(void)
{
	void *page = page_alloc();
	xen_pfn_t in = va_to_mfn(page), out = va_to_pfn(page);
	xen_memory_exchange_t op = {
		.in = { .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .domid = DOMID_SELF },
	};

	set_xen_guest_handle(op.in.extent_start, &in);
	set_xen_guest_handle(op.out.extent_start, &out);
	CHECK(!map(page, 0));
	if (expect_code(HC(memory_op, .cmd = XENMEM_exchange, .arg = &op), 0,
			"exchange: frame %lx for another, in one step", in)) {
		((unsigned long *)P2M)[va_to_pfn(page)] = out;
		expect(M2P[out] == va_to_pfn(page), "the new one is %lx", out);
	}
	CHECK(!map(page, pte_make(va_to_pfn(page), PTE_P | PTE_W)));
	page_free(page);
}

void chapter_memory(void)
{
	domid_t self = DOMID_SELF;
	long have;

	lists_agree();
	expect_trap(TRAP_PF, write_m2p, (void *)P2M[100], "write to the M2P");
	have = HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &self);
	expect(have >= (long)start_info->nr_pages, "current_reservation -> %ld pages", have);
	expect(HC(memory_op, .cmd = XENMEM_maximum_reservation, .arg = &self) >= have,
	       "maximum_reservation is no less");
	expect(HC(memory_op, .cmd = XENMEM_maximum_ram_page) > 0, "maximum_ram_page -> %lx",
	       HC(memory_op, .cmd = XENMEM_maximum_ram_page));
	give_and_take();
	exchange();
	expect_code(HC(memory_op, .cmd = 63), -38, "a command it does not know");
	cost(MEASURE(1000, HC(memory_op, .cmd = XENMEM_maximum_ram_page)),
	     "memory_op(maximum_ram_page)");
}
