/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring1-child - another domain whose kernel runs at ring 1, too
 *
 * Right: it is shown to its controller as any domain is; its user mode's system call or page fault that finds no kernel stack ends
 * it alone, with the registers of user mode.  ABI: "struct iret_context" and what is before it in xen-x86_64.h.
 *
 * Boot: --initrd ./ring1-child.elf --hv-args ring1=all
 */
#include "child.h"

enum { HOW };
enum { RING, SELECTOR };
enum { STAYS, SYSCALL, FAULT, WAYS };

USER_TEXT static void user_syscall(void)
{
	__asm__ volatile("movl $0x77, %ebx; movl %ebx, %eax; syscall; ud2");
}

USER_TEXT static void user_fault(void)
{
	__asm__ volatile("movl $0x77, %ebx; movl %ebx, %eax; movq 0x400000, %rcx; ud2");
}

/* Both roots have user mode's pages, and its kernel has no stack. */
static void lose_stack(const void *code)
{
	u64 *third, *user;
	struct regs r;

	user_init();
	user = va_of_mfn((*(u64 *)va_of_mfn(user_root) & PTE_ADDR) >> 12);
	third = entry_of((u64)image_start, 3) - table_index((u64)image_start, 3);
	if (entry_set(&third[table_index(USER_VA, 3)], user[table_index(USER_VA, 3)]) ||
	    HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = UNMAPPED + PAGE_SIZE))
		return;
	user_regs(&r, code);
	user_run(&r);
}

void child_main(void)
{
	u16 cs;

	__asm__("movw %%cs, %0" : "=r"(cs));
	mail.reply[RING] = cs & 3;
	mail.reply[SELECTOR] = cs;
	if (mail.word[HOW] == SYSCALL)
		lose_stack(user_syscall);
	if (mail.word[HOW] == FAULT)
		lose_stack(user_fault);
}

static void run(unsigned int how)
{
	static vcpu_guest_context_t ctx;
	struct xen_domctl op = { .u.vcpucontext.vcpu = 0 };
	struct mail *m;
	struct child c;

	child_make(&c, 1, "");
	m = child_map(&c, &mail);
	m->word[HOW] = how;
	check_eq(child_unpause(&c), 0, "way %u: it runs", how);
	check_eq(child_wait(&c, 5 * SECOND), how == STAYS ? SHUTDOWN_poweroff : SHUTDOWN_crash, "to its end");
	check_eq(m->reply[RING], 1, "at ring 1");
	op.u.vcpucontext.ctxt.p = &ctx;
	check_eq(domctl(XEN_DOMCTL_getvcpucontext, c.id, &op), 0, "its registers are read");
	if (how == STAYS) {
		check_eq(ctx.user_regs.cs, FLAT_KERNEL_CS, "CS is the ABI's");
		check_eq(ctx.user_regs.ss, FLAT_KERNEL_SS, "SS, too");
	} else {
		check_eq(ctx.user_regs.rbx, 0x77, "they are user mode's");
		check_eq(ctx.user_regs.rax, 0x77, "as they were");
		check(ctx.user_regs.rip >= USER_CODE && ctx.user_regs.rip < USER_STACK - PAGE_SIZE, "RIP, too");
	}
	child_unmap(m);
	check_eq(child_destroy(&c), 0, "it goes");
}

void test_main(void)
{
	for (unsigned int how = STAYS; how < WAYS; how++)
		run(how);
}
