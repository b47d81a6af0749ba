/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pte-bits - which bits of an entry count
 *
 * Right: an entry that is not present may hold anything; a present one keeps NX, PAT, PCD, PWT and
 * the bits for software; the User bit is added where it lacks and Global is taken from such a
 * kernel entry; bits above the physical address are refused. NX is honoured.  ABI: 64-bit PV
 * kernels run at ring 3, so that each entry needs the User bit: xen-x86_64.h; SDM volume 3, 4.5.
 */
#include "guest.h"

static u64 *page, *entry;

static void kept(u64 bits, const char *name)
{
	check_eq(entry_set(entry, PTE(mfn_of(page), PTE_RO | bits)), 0, "%s", name);
	check_eq(LIVE(*entry) & bits, bits, "is kept");
}

static void not_present(void)
{
	static const u64 junk[] = { ~1UL, 0x8000000000000000, 0xfffffffffffff000, 2 };

	for (unsigned int i = 0; i < ARRAY_SIZE(junk); i++) {
		check_eq(entry_set(entry, junk[i]), 0, "not present: 0x%lx", junk[i]);
		check_eq(LIVE(*entry), junk[i], "is kept");
	}
}

static void execute(void)
{
	u8 *code = page_alloc();

	code[0] = 0xc3; /* RET */
	pte_set((u64)code, PTE(mfn_of(code), PTE_DATA));
	check_fault(TRY("call *%[p]", NO_RESULT, GIVEN([p] "r"(code))), NO_FAULT,
		    "a page with code");
	check_eq(pte_set((u64)code, PTE(mfn_of(code), PTE_DATA | PTE_NX)), 0, "no execute");
	TRY("jmp *%[p]", NO_RESULT, GIVEN([p] "r"(code)));
	check_eq(this_cpu()->caught.vector, X_PF, "a jump to it faults");
	check_eq(this_cpu()->caught.error & 0x11, 0x11, "error code: fetch, present");
	check_eq(this_cpu()->caught.rip, (long)code, "RIP is the target");
}

void test_main(void)
{
	page = page_alloc();
	entry = entry_of((u64)page, 1);
	kept(PTE_NX, "no execute");
	kept(PTE_PWT, "write-through");
	kept(PTE_PCD, "cache disabled");
	kept(0xe00, "three bits for software");
	kept(0x7ffUL << 52, "eleven more");
	check_eq(entry_set(entry, PTE(mfn_of(page), PTE_P)), 0, "without User");
	check_eq(LIVE(*entry) & PTE_US, PTE_US, "it is added");
	check_eq(entry_set(entry, PTE(mfn_of(page), PTE_P | PTE_G)), 0, "Global, without User");
	check_refused(entry_set(entry, PTE(mfn_of(page), PTE_RO) | 1UL << 51),
		      "bit 51 of the address");
	not_present();
	execute();
}
