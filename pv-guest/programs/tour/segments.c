/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define DATA_RING3 0x00cff3000000ffffUL
#define DATA_SHORT 0x0040f30000000fffUL /* limit 0xfff */
#define CODE_RING0 0x00af9b000000ffffUL
#define TASK_STATE 0x0000e90000000067UL

static u32 limit_of(u16 selector)
{
	u32 limit = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"((u32)selector) : "cc");
	return limit;
}

static void gdt(void)
{
	u64 *table = page_alloc_zeroed(), frame = va_to_mfn(table);
	u64 at = va_to_maddr(&table[1]);
	long rc;

	table[1] = DATA_RING3;
	expect_refused(HC(set_gdt, .frames = &frame, .entries = 8),
		       "set_gdt with a frame we can write");
	CHECK(!HC(update_va_mapping, .va = (u64)table, .val = frame << PAGE_SHIFT | PTE_P,
		  .flags = UVMF_INVLPG | UVMF_ALL));
	expect_code(HC(set_gdt, .frames = &frame, .entries = 8), 0, "set_gdt with it read-only");
	expect(limit_of(8 | 3) == 0xffffffff, "lsl of selector 0x0b: limit %x", limit_of(8 | 3));
	expect_code(HC(update_descriptor, .maddr = at, .desc = DATA_SHORT), 0, "update_descriptor");
	expect(limit_of(8 | 3) == 0xfff && table[1], "now it is %x", limit_of(8 | 3));
	rc = HC(update_descriptor, .maddr = at, .desc = CODE_RING0);
	expect(rc < 0 || (table[1] >> 45 & 3) == 3, "update_descriptor: code for ring 0 -> %s",
	       rc < 0 ? "refused" : "made code for ring 3");
	expect_refused(HC(update_descriptor, .maddr = at, .desc = TASK_STATE),
		       "update_descriptor: a task state");
	expect_code(HC(set_gdt, .entries = 0), 0,
		    "set_gdt with no entries: only the reserved ones are left");
	port_table_release(table);
	page_free(table);
}

static void bases(void)
{
	static u64 there = 0x1234;
	u64 seen;

	expect_code(HC(set_segment_base, .which = SEGBASE_FS, .base = (u64)&there), 0,
		    "set_segment_base: FS on a variable");
	__asm__ volatile("movq %%fs:0, %0" : "=r"(seen));
	expect(seen == there, "%%fs:0 reads %lx", seen);
	expect_refused(HC(set_segment_base, .which = SEGBASE_FS, .base = 0x8000000000000000),
		       "set_segment_base: a non-canonical one");
	cost(MEASURE(1000, HC(set_segment_base, .which = SEGBASE_FS, .base = 0)),
	     "set_segment_base");
}

void chapter_segments(void)
{
	u16 cs, ss;

	__asm__ volatile("mov %%cs, %0\n\tmov %%ss, %1" : "=r"(cs), "=r"(ss));
	expect(cs == FLAT_KERNEL_CS && ss == FLAT_KERNEL_SS, "we run with cs %x ss %x: ring %d", cs,
	       ss, cs & 3);
	gdt();
	bases();
}
