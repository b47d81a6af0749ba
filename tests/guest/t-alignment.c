/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alignment - alignment checks in the guest
 *
 * Right: guests run at ring 3, so RFLAGS.AC with CR0.AM makes an unaligned access #AC with error
 * code 0, in the kernel as in user mode. An emulator that does not check alignment cannot show it:
 * then the points are skipped, by a look at user mode, where nobody but the processor has a say.
 * ABI: SDM volume 3, 6.15; CR0.AM is set in the 0x80050033 that Xen starts guests with.
 */
#include "guest.h"

USER_TEXT static void user_unaligned(void)
{
	__asm__ volatile("movq 1(%rdi), %rax; int $0x80");
}

void test_main(void)
{
	struct regs r;
	u64 v = 0, cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	check_eq(cr0 & 0x40000, 0x40000, "CR0.AM is set: 0x%lx", cr0);
	user_init();
	user_regs(&r, user_unaligned);
	r.rdi = USER_DATA;
	r.rflags |= 0x40000;
	user_run(&r);
	check_eq(r.rflags & 0x40000, 0x40000, "RFLAGS.AC is shown");
	if (r.vector == 0x80) {
		check_skipped("#AC", "this processor does not check alignment");
		return;
	}
	check_eq(r.vector, X_AC, "user mode: #AC");
	check_eq(r.error, 0, "error code");
	check_fault(TRY("pushfq; orq $0x40000, (%%rsp); popfq; movq 1(%[p]), %[v]",
			RESULT([v] "=r"(v)), GIVEN([p] "r"(user_data))),
		    X_AC, "kernel: #AC");
}
