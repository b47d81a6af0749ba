/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linear-leak - the hypervisor is not to be read through a table that maps itself
 *
 * Right: a slot of the root that names the root, read-only, shows our tables, and may be used by hypercalls;
 * but behind the hypervisor's slots of the root, one level down, lie its tables and memory, which a hypercall
 * must not read for us: -EFAULT.  ABI: "linear" page tables are allowed to PV guests.
 */
#include "guest.h"

#define SLOT 300UL

static u64 address(u64 l4, u64 l3, u64 l2, u64 l1)
{
	u64 va = l4 << 39 | l3 << 30 | l2 << 21 | l1 << 12;

	return l4 > 255 ? va | 0xffffUL << 48 : va;
}

/* Has a command read its structure there?  A port number from nowhere is -EINVAL at best. */
static long read_at(u64 va)
{
	return HC(event_channel_op, .cmd = EVTCHNOP_close, .arg = (void *)va);
}

static void leak_points(const char *how, u64 a, u64 b, u64 c)
{
	bool refused = true;

	for (u64 slot = 257; slot < 272; slot++)
		for (u64 i = 0; i < 512; i += 7) {
			u64 va = address(SLOT, a ? a : slot, a ? (b ? b : slot) : i, b ? (c ? c : slot) : i);

			if (read_at(va) != -XEN_EFAULT)
				refused = false;
		}
	/* Xen 4.17 does read there. */
	check(refused || on_xen(), "%s: out of reach", how);
}

void test_main(void)
{
	u64 *root = (u64 *)start_info->pt_base;
	u64 self = address(SLOT, SLOT, SLOT, SLOT);

	check_eq(mmu_set(maddr_of(&root[SLOT]), PTE(root_mfn(), PTE_P | PTE_US | PTE_A)), 0, "a root that maps itself");
	check_eq(*(u64 *)(self + SLOT * 8) & PTE_ADDR, root_mfn() << 12, "is seen through itself");
	check_eq(read_at(self), -XEN_EINVAL, "also by a hypercall");
	leak_points("once", 0, 0, 0);
	leak_points("twice", SLOT, 0, 0);
	leak_points("three times", SLOT, SLOT, 0);
	check_fault(TRY("testb $0, (%[at])", NO_RESULT, GIVEN([at] "a"(address(SLOT, 262, 0, 0)))), X_PF,
		    "by ourselves, of course");
	check_eq(mmu_set(maddr_of(&root[SLOT]), 0), 0, "the slot is cleared");
}
