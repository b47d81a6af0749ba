/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user-root-cr3 - writing CR3 in the guest kernel
 *
 * Right: MOV to CR3 is MMUEXT_NEW_BASEPTR by another name: a pinned root is taken, frames that are
 * none are #GP and change nothing; the frame of a virtual address of the hypervisor's is no root
 * either.  ABI: MMUEXT_NEW_BASEPTR in xen.h.
 */
#include "guest.h"

#define WRITE(val) TRY("movq %[v], %%cr3", NO_RESULT, GIVEN([v] "r"((u64)(val))))

void test_main(void)
{
	u64 *copy = page_alloc(), *junk = page_alloc();
	u64 old = xen_pfn_to_cr3(root_mfn()), v = 0;

	memcpy(copy, (void *)start_info->pt_base, PAGE_SIZE);
	for (int i = 256; i < 272; i++)
		copy[i] = 0;
	set_readonly(copy);
	check_fault(WRITE(xen_pfn_to_cr3(mfn_of(copy))), NO_FAULT, "a second root");
	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	check_eq(v, xen_pfn_to_cr3(mfn_of(copy)), "is in use");
	check_fault(WRITE(old), NO_FAULT, "back to the first");
	junk[0] = ~0UL;
	check_fault(WRITE(xen_pfn_to_cr3(mfn_of(junk))), X_GP, "a writable page is no root");
	check_fault(WRITE(0xfffffffff000), X_GP, "a frame that does not exist");
	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	check_eq(v, old, "the root is the same");
}
