/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * m2p-user - the M2P in user mode
 *
 * Right: the table is for guest kernels; on the root table of user mode it is not readable. ABI:
 * MACH2PHYS_VIRT_START in xen-x86_64.h says where it is, stock hypervisors keep it out of user
 * tables.
 */
#include "guest.h"

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

void test_main(void)
{
	struct regs r;

	user_init();
	user_regs(&r, user_read);
	r.rdi = (u64)&M2P[mfn_of((void *)test_main)];
	check_eq(user_run(&r), X_PF, "user mode reads the M2P");
	note("error 0x%lx", r.error);
	check_eq(r.error & 6, 4, "the error code says: user, read");
	check_eq(M2P[mfn_of((void *)test_main)], pfn_of((void *)test_main), "the kernel still can");
}
