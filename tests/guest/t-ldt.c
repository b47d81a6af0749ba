/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ldt - a local descriptor table
 *
 * Right: MMUEXT_SET_LDT takes an aligned address and up to 8192 entries; its pages are looked at
 * on first use: a page that can be made a descriptor page serves, a selector behind the limit is
 * #GP with its own error code; an entry on a page that cannot serve is #PF at its address; a page
 * in use cannot be mapped writable until the LDT is gone.  With another root, however it is loaded, the pages are those at the
 * same address there.  ABI: MMUEXT_SET_LDT in xen.h.
 */
#include "guest.h"

static long set_ldt(const void *base, u32 entries)
{
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT,
			   .arg1.linear_addr = (u64)base,
			   .arg2.nr_ents = entries };

	return HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

static u32 limit_of(u32 selector)
{
	u32 limit = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(selector));
	return limit;
}

#define LOAD(sel) TRY("movl %[s], %%es", NO_RESULT, GIVEN([s] "r"((u32)(sel))))
#define SEL(n)	  ((n) << 3 | 4 | 3)

/* A copy of the root in which the LDT's address shows another page. */
static void other_root(void)
{
	u64 *root = (u64 *)start_info->pt_base, *copy = page_alloc();
	struct chain c[2];

	memcpy(copy, root, PAGE_SIZE);
	memset(copy + 256, 0, 16 * sizeof(*copy));
	for (int i = 0; i < 2; i++) {
		chain_make(&c[i], CHAIN_VA);
		((u64 *)c[i].page)[1] = 0x0000f30000000010 + i;
		set_readonly(c[i].page);
		check_eq(entry_set(&c[i].tables[1][table_index(CHAIN_VA, 1)], PTE(mfn_of(c[i].page), PTE_RO)), 0, "read-only");
	}
	check_eq(entry_set(&root[table_index(CHAIN_VA, 4)], PTE(mfn_of(c[0].tables[3]), PTE_TABLE)), 0, "one root's");
	copy[table_index(CHAIN_VA, 4)] = PTE(mfn_of(c[1].tables[3]), PTE_TABLE);
	set_readonly(copy);
	check_eq(set_ldt((void *)CHAIN_VA, 16), 0, "a table there");
	check_eq(limit_of(SEL(1)), 16, "its limit");
	check_eq(set_root(mfn_of(copy)), 0, "another root by hypercall");
	check_eq(limit_of(SEL(1)), 17, "has its own");
	for (int i = 0; i < 2; i++) {
		check_fault(TRY("movq %[v], %%cr3", NO_RESULT, GIVEN([v] "r"(mfn_of(i ? copy : root) << 12))), NO_FAULT, "by MOV");
		check_eq(limit_of(SEL(1)), 16 + i, "too");
	}
	set_ldt(NULL, 0);
	set_root(mfn_of(root));
}

void test_main(void)
{
	u64 *table = pages_alloc(2), *writable = page_alloc();

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
	check_eq(limit_of(SEL(2)), 16, "the limit of entry 2");
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
	other_root();
}
