/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * short-ways-high - user mode and its kernel laid out as Linux', where both roots have the user's half alike
 *
 * Right: system calls, page faults and returns show what they always show, also when the kernel's stack lies in a slot of the
 * root that was not used for long.  A hypervisor may have ways of its own for just this layout, which the other tests, whose
 * kernel lies in the user's half, do not take.  ABI: xen-x86_64.h, struct iret_context.
 */
#include "guest.h"

#define SLOTS  12
#define ROUNDS 50

static struct chain kernels[SLOTS];

static u64 address(int i)
{
	return 0xffffUL << 48 | (300UL + 7 * i) << 39 | 0x123456000;
}

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

USER_TEXT static void user_syscall(void)
{
	__asm__ volatile("movq $0x77, %rax; syscall; ud2");
}

/* this_cpu() goes by the stack: the frame moves to where the library wants it. */
u64 far_saved[2];
extern char far_syscall[], far_fault[], entry_14[];
__asm__(".macro FAR name, words, to\n"
	"\\name:\n\t"
	"movq %rsi, far_saved(%rip); movq %rdi, far_saved+8(%rip)\n\t"
	"movq %rsp, %rsi; leaq stacks+8192-8*\\words(%rip), %rdi\n\t"
	".set nth, 0\n\t"
	".rept \\words\n\t"
	"movq nth(%rsi), %rcx; movq %rcx, nth(%rdi)\n\t"
	".set nth, nth + 8\n\t"
	".endr\n\t"
	"movq %rdi, %rsp; movq far_saved(%rip), %rsi; movq far_saved+8(%rip), %rdi; jmp \\to\n"
	".endm\n"
	".globl far_syscall, far_fault\n"
	"FAR far_syscall, 7, entry_syscall\n"
	"FAR far_fault, 8, entry_14\n");

static void to_stack(u64 sp, const char *syscall, const char *fault)
{
	struct trap_info t[2] = { { .vector = 14, .cs = FLAT_KERNEL_CS, .address = (u64)fault } };

	check_eq(HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = sp) | HC(set_trap_table, .traps = t) |
		 callback(CALLBACKTYPE_syscall, 0, syscall), 0, "another stack");
}

/* Touch as many slots as it takes that the stack's is not at hand. */
static void forget_stack(void)
{
	for (int i = 6; i < SLOTS; i++)
		LIVE(*(u64 *)address(i));
}

/* What user mode does shows on a kernel stack in a slot that must be fetched first. */
static void stack_elsewhere(void)
{
	int wrong = 0;
	struct regs r;

	to_stack(address(1) + PAGE_SIZE, far_syscall, far_fault);
	for (int n = 0; n < ROUNDS; n++) {
		user_regs(&r, user_syscall);
		r.rflags |= 1;
		forget_stack();
		wrong += user_run(&r) != VEC_SYSCALL || r.rax != 0x77 || r.rcx != r.rip || r.r11 != r.rflags ||
			 (r.rflags & 0x201) != 0x201 || (r.cs & 0xffff) != USER_CS || r.rsp != USER_STACK - 16;
	}
	check_eq(wrong, 0, "system calls come by it as they are");
	for (int n = 0; n < ROUNDS; n++) {
		user_regs(&r, user_read);
		r.rdi = USER_DATA - 0x100000;
		r.rcx = 0xcc;
		r.r11 = 0x11;
		r.rbx = 0xbb;
		forget_stack();
		wrong += user_run(&r) != X_PF || this_cpu()->cr2 != USER_DATA - 0x100000 || r.error != 4 || r.rcx != 0xcc ||
			 r.r11 != 0x11 || r.rbx != 0xbb || (r.cs & 0xffff) != USER_CS || r.rsp != USER_STACK - 16;
	}
	check_eq(wrong, 0, "page faults, too");
	for (int n = 0; n < ROUNDS; n++) {
		user_regs(&r, n & 1 ? user_syscall : user_read);
		r.rflags &= ~0x200UL;
		r.rdi = USER_DATA - 0x100000;
		forget_stack();
		wrong += user_run(&r) != (n & 1 ? VEC_SYSCALL : X_PF) || r.saved_mask != 1 || (r.rflags & 0x200);
	}
	check_eq(wrong, 0, "and that events were masked, where user mode ran so");
	to_stack((u64)&stacks[0] + STACK_SIZE / 2, entry_syscall, entry_14);
}

/* More slots that both have than a hypervisor keeps at hand: each access of user mode is made, none is a fault. */
static void many_shared(u64 *root, u64 *user)
{
	int wrong = 0, refused = 0;
	struct chain c;
	struct regs r;

	for (u64 i = 0; i < SLOTS; i++) {
		chain_make(&c, (3 + 5 * i) << 39);
		*(u64 *)c.page = 1000 + i;
		for (int of = 0; of < 2; of++)
			refused += !!entry_set(&(of ? user : root)[3 + 5 * i], PTE(mfn_of(c.tables[3]), PTE_TABLE));
	}
	check_eq(refused, 0, "more slots that both have");
	for (u64 i = 0; i < ROUNDS * SLOTS; i++) {
		user_regs(&r, user_read);
		r.rdi = (3 + 5 * (i % SLOTS)) << 39;
		wrong += user_run(&r) != 0x80 || r.rax != 1000 + i % SLOTS;
	}
	check_eq(wrong, 0, "are there for user mode");
}

/* The user's half of its root is the kernel's, too. */
static u64 *share(u64 *root)
{
	u64 *user = (u64 *)((u64)root + (M2P[user_root] - pfn_of(root)) * PAGE_SIZE);

	if (mfn_of(user) != user_root)
		bail_out("the user root is not where it was thought");
	check_eq(entry_set(&root[table_index(USER_VA, 4)], user[table_index(USER_VA, 4)]), 0, "both roots have it");
	return user;
}

void test_main(void)
{
	u64 *root = (u64 *)start_info->pt_base, *user;
	struct regs r;

	user_init();
	user = share(root);
	user_data[1] = 0xabcdef;
	check_eq(LIVE(((u64 *)USER_DATA)[1]), 0xabcdef, "the kernel sees the user's page");
	user_regs(&r, user_read);
	r.rdi = USER_DATA + 8;
	check_eq(user_run(&r), 0x80, "user mode reads it");
	check_eq(r.rax, 0xabcdef, "as it is");
	user_regs(&r, user_read);
	r.rdi = (u64)user_data;
	check_eq(user_run(&r), X_PF, "and not the kernel's");
	check_eq(r.error, 4, "error code: user, read, not present");
	user_regs(&r, user_read);
	r.rdi = (u64)&M2P[user_root];
	check_eq(user_run(&r), X_PF, "nor the M2P");
	for (int i = 0; i < SLOTS; i++) {
		chain_make(&kernels[i], address(i));
		if (entry_set(&root[table_index(address(i), 4)], PTE(mfn_of(kernels[i].tables[3]), PTE_TABLE)))
			bail_out("a slot cannot be set");
	}
	user_regs(&r, user_syscall);
	r.rflags &= ~0x200UL;
	check_eq(user_run(&r), VEC_SYSCALL, "a system call with events masked");
	check_eq(r.saved_mask, 1, "says so");
	check_eq(r.rflags & 0x200, 0, "and has no IF");
	stack_elsewhere();
	many_shared(root, user);
}
