/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * descriptor - update_descriptor
 *
 * Right: ordinary code and data descriptors are taken, DPL 0 becomes 3; system descriptors (TSS,
 * LDT, interrupt gates) and call gates to the hypervisor are refused, and no call gate works; so
 * are addresses not aligned, not ours, of page tables; the entry is written even though the frame
 * is read-only to the guest.  ABI: __HYPERVISOR_update_descriptor in xen.h.
 */
#include "guest.h"

static long set(u64 maddr, u64 desc)
{
	return HC(update_descriptor, .maddr = maddr, .desc = desc);
}

/*
 * A call gate with ring 3's code as its target is harmless.  It may be refused; Xen takes it and
 * clears its DPL, so that the processor refuses to go through it.
 */
static void call_gate(u64 *table)
{
	struct {
		u32 offset;
		u16 sel;
	} to = { 0, 6 << 3 | 3 };
	long rc = set(maddr_of(&table[6]), 0x0000ec00e0331234);

	if (rc)
		check(rc == -XEN_EINVAL && !table[6], "a call gate to the guest is refused");
	else
		check_eq(table[6] >> 45 & 3, 0, "a call gate to the guest has lost its DPL");
	check_fault(TRY("lcall *%[to]", NO_RESULT, GIVEN([to] "m"(to))), X_GP,
		    "nobody goes through it");
}

void test_main(void)
{
	u64 *table = page_alloc(), *plain = page_alloc(), frame = mfn_of(table);

	set_readonly(table);
	check_eq(HC(set_gdt, .frames = &frame, .entries = 512), 0, "a GDT");
	check_eq(set(maddr_of(&table[3]), 0x00cff3000000ffff), 0, "data, DPL 3");
	check_eq(table[3], 0x00cff3000000ffff, "is in the table");
	check_eq(set(maddr_of(&table[4]), 0x00af9b000000ffff), 0, "64-bit code, DPL 0");
	check_eq(table[4] >> 45 & 3, 3, "has DPL 3 in the table");
	check_eq(set(maddr_of(&table[5]), 0), 0, "nothing");
	check_eq(set(maddr_of(&table[5]), 0x0000890000000067), -XEN_EINVAL, "a TSS");
	check_eq(set(maddr_of(&table[5]), 0x0000820000000fff), -XEN_EINVAL, "an LDT");
	check_eq(set(maddr_of(&table[5]), 0x0000ee0000081234), -XEN_EINVAL, "an interrupt gate");
	check_eq(set(maddr_of(&table[5]), 0x0000ef0000081234), -XEN_EINVAL, "a trap gate");
	check_eq(set(maddr_of(&table[5]), 0x0000e50000080000), -XEN_EINVAL, "a task gate");
	check_eq(set(maddr_of(&table[5]), 0x0000ec00e0081234), -XEN_EINVAL,
		 "a call gate to ring 0 of the hypervisor");
	check_eq(table[5], 0, "leave the entry as it was");
	call_gate(table);
	check_eq(set(maddr_of(&table[3]) + 4, 0), -XEN_EINVAL, "an address that is not aligned");
	check_eq(set(root_mfn() << 12, 0), -XEN_EINVAL, "an entry of a page table");
	check_eq(set(0xfffffffff000, 0), -XEN_EINVAL, "a frame that does not exist");
	check_eq(set(maddr_of(plain) + 8, 0x00cff3000000ffff), 0, "a plain page is written too");
	check_eq(plain[1], 0x00cff3000000ffff, "with what was asked");
}
