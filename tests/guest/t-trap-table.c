/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap-table - set_trap_table itself
 *
 * Right: a table ends with an entry without address; single entries are changed without touching
 * others; the flag TI_GET_IF (bit 2) makes the handler start with events masked, and iret restores
 * the mask; a non-canonical handler is refused; NULL clears everything, after which a second table
 * works.  ABI: struct trap_info in xen.h.
 */
#include "guest.h"

extern char entry_3[], entry_6[], entry_14[];

static long one(u8 vector, u8 flags, u64 address)
{
	trap_info_t table[2] = { { vector, flags, FLAT_KERNEL_CS, address }, { 0 } };

	return HC(set_trap_table, .traps = table);
}

static void masking(void)
{
	struct cpu *c = this_cpu();

	check_eq(one(X_UD, 0, (u64)entry_6), 0, "an entry alone");
	LIVE(this_vcpu_info()->evtchn_upcall_mask) = 0;
	check_eq(TRY("ud2", NO_RESULT, NOTHING), X_UD, "it is used");
	check_eq(c->mask_inside, 0, "events stay on inside");
	check_eq(TRY("int3", NO_RESULT, NOTHING), X_BP, "the other entries are as they were");
	check_eq(one(X_UD, 4, (u64)entry_6), 0, "the same with the masking flag");
	check_eq(TRY("ud2", NO_RESULT, NOTHING), X_UD, "it is used");
	check_eq(c->mask_inside, 1, "events are masked inside");
	check_eq(c->caught.saved_mask, 0, "the frame says that they were on");
	check_eq(LIVE(this_vcpu_info()->evtchn_upcall_mask), 0, "iret turns them on again");
	events_disable();
}

void test_main(void)
{
	masking();
	check_eq(one(X_UD, 0, NONCANONICAL), -XEN_EINVAL, "a non-canonical handler is refused");
	check_eq(one(X_UD, 0, 0xffff7fffffffffff), -XEN_EINVAL,
		 "one just below the upper half too");
	check_eq(TRY("ud2", NO_RESULT, NOTHING), X_UD, "and the old one stays");
	check_eq(HC(set_trap_table, .traps = (void *)HYPERVISOR_VA), -XEN_EFAULT,
		 "a table of the hypervisor's");
	check_eq(HC(set_trap_table, .traps = (void *)0x400000000000), -XEN_EFAULT,
		 "a table that is not mapped");
	check_eq(HC(set_trap_table, .traps = NULL), 0, "NULL clears the table");
	trap_init();
	check_eq(TRY("int3", NO_RESULT, NOTHING), X_BP, "a new table works");
}
