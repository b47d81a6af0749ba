/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ldt - a local descriptor table
 *
 * Right: MMUEXT_SET_LDT takes an aligned address and up to 8192 entries; its pages are looked at
 * on first use: a page that can be made a descriptor page serves, a selector behind the limit is
 * #GP with its own error code; an entry on a page that cannot serve is #PF at its address; a page
 * in use cannot be mapped writable until the LDT is gone.  ABI: MMUEXT_SET_LDT in xen.h.
 */
#include "guest.h"

static long set_ldt(const void *base, u32 entries)
{
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT,
			   .arg1.linear_addr = (u64)base,
			   .arg2.nr_ents = entries };

	return HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

#define LOAD(sel) TRY("movl %[s], %%es", NO_RESULT, GIVEN([s] "r"((u32)(sel))))
#define SEL(n)	  ((n) << 3 | 4 | 3)

void test_main(void)
{
	u64 *table = pages_alloc(2), *writable = page_alloc();
	u32 limit = 0;

	table[1] = 0x00cff3000000ffff;
	table[2] = 0x0000f30000000010; /* 16 bytes and one */
	table[512] = 0x00cff3000000ffff;
	writable[1] = 0x00cff3000000ffff;
	set_readonly(table);
	set_readonly(table + 512);
	check_fault(LOAD(SEL(1)), X_GP, "no LDT, no selector");
	check_eq(this_cpu()->caught.error, SEL(1) & ~3, "the selector is the error code");
	check_eq(set_ldt(table, 513), 0, "a table of two pages");
	check_fault(LOAD(SEL(1)), NO_FAULT, "entry 1");
	check_fault(LOAD(SEL(512)), NO_FAULT, "entry 512, on the second page");
	check_fault(LOAD(SEL(513)), X_GP, "entry 513 is behind the limit");
	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"((u32)SEL(2)));
	check_eq(limit, 16, "the limit of entry 2");
	__asm__ volatile("movl %0, %%es" : : "r"(0));
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), -XEN_EBUSY,
		 "a page in use cannot be mapped writable");
	check_eq(set_ldt(table, 8193), -XEN_EINVAL, "8193 entries");
	check_eq(set_ldt((char *)table + 8, 16), -XEN_EINVAL, "not aligned");
	check_eq(set_ldt((void *)HYPERVISOR_VA, 16), -XEN_EINVAL, "in the hypervisor");
	check_eq(set_ldt((void *)NONCANONICAL, 16), -XEN_EINVAL, "not canonical");
	check_eq(set_ldt(NULL, 0), 0, "no LDT");
	check_fault(LOAD(SEL(1)), X_GP, "no selector");
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), 0, "and the page is free");
	check_eq(set_ldt(writable, 16), 0, "a table on a writable page");
	check_eq(LOAD(SEL(1)), X_PF, "cannot be used: a page fault");
	check_eq(this_cpu()->cr2, (long)&writable[1], "at the entry's address");
	check_eq(set_ldt((void *)UNMAPPED, 16), 0, "a table where nothing is");
	check_eq(LOAD(SEL(1)), X_PF, "cannot be used: a page fault");
	check_eq(this_cpu()->cr2, UNMAPPED + 8, "at the entry's address");
	set_ldt(NULL, 0);
}
