/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gdt - set_gdt and its limits
 *
 * Right: frames must be the guest's and not writable anywhere; then their entries are in use, the
 * reserved ones from 0xe000 stay; 14 frames (7168 entries) are the most; the frames cannot be
 * mapped writable while they are in use; no entries leave only the reserved ones. ABI:
 * __HYPERVISOR_set_gdt in xen.h, FIRST_RESERVED_GDT_* in arch-x86/xen.h.
 */
#include "guest.h"

#define DATA64 0x00cff3000000ffffUL /* ring 3 data, flat */
#define DATA0  0x00cf93000000ffffUL /* ring 0 data, flat */

static long set_gdt(const u64 *frames, u32 entries)
{
	return HC(set_gdt, .frames = frames, .entries = entries);
}

static bool lar(u16 sel, u32 *rights)
{
	bool good;

	*rights = 0;
	__asm__ volatile("lar %k2, %0\n\tsetz %1"
			 : "+r"(*rights), "=r"(good)
			 : "r"((u32)sel)
			 : "cc");
	return good;
}

void test_main(void)
{
	u64 *table = page_alloc();
	u64 frames[15];
	u32 rights;

	for (int i = 0; i < 15; i++)
		frames[i] = mfn_of(table);
	table[1] = DATA64;
	table[2] = DATA0;
	check_eq(set_gdt(frames, 512), -XEN_EINVAL, "a writable frame is refused");
	set_readonly(table);
	check_eq(set_gdt(frames, 512), 0, "a read-only one is taken");
	check(lar(0x0b, &rights), "entry 1 is in use");
	check_eq(TRY("movl %[s], %%es", NO_RESULT, GIVEN([s] "r"(0x0b))), NO_FAULT, "and loads");
	__asm__ volatile("movl %0, %%es" : : "r"(0));
	check(lar(0x13, &rights) && (rights >> 13 & 3) == 3, "an entry with DPL 0 got DPL 3");
	check(lar(FLAT_RING3_CS64, &rights), "the reserved entries are there");
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), -XEN_EBUSY,
		 "the frame cannot be mapped writable");
	check_eq(set_gdt(frames, 14 * 512), 0, "14 frames");
	check_eq(set_gdt(frames, 14 * 512 + 1), -XEN_EINVAL, "one entry more");
	check_eq(set_gdt(frames, 8192), -XEN_EINVAL, "8192 entries");
	frames[0] = ~0UL >> 12;
	check_eq(set_gdt(frames, 512), -XEN_EINVAL, "a frame that does not exist");
	frames[0] = root_mfn();
	check_eq(set_gdt(frames, 512), -XEN_EINVAL, "a page table");
	check(lar(0x0b, &rights), "the old table is still in use");
	check_eq(HC(set_gdt, .frames = (void *)HYPERVISOR_VA, .entries = 512), -XEN_EFAULT,
		 "a list in the hypervisor");
	check_eq(set_gdt(frames, 0), 0, "no entries");
	check(!lar(0x0b, &rights), "entry 1 is gone");
	check(lar(FLAT_RING3_CS64, &rights), "the reserved ones are not");
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), 0, "and the frame is free");
}
