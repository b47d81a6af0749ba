/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * roots-apart - each mode sees its own root table, and all of it
 *
 * Right: whatever slots the kernel's root and the user's have alike, apart or only one of them, what either mode reads is
 * what its own root names, however often they take turns; a slot set is there at once, one that is changed or
 * cleared when the TLB was flushed.  Many slots in use, so that a hypervisor that keeps some at hand must
 * change them.  ABI: MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR in xen.h.
 */
#include "guest.h"

#define SLOTS	12
#define ROUNDS	50

static struct chain kernels[SLOTS], users[SLOTS], shared;
static u64 *roots[2];			/* the kernel's and the user's, as both are seen by the kernel */

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

/* The same, and back by a system call; or then by a page fault. */
USER_TEXT static void user_read_call(void)
{
	__asm__ volatile("movq (%rdi), %rax; syscall; ud2");
}

USER_TEXT static void user_read_fault(void)
{
	__asm__ volatile("movq (%rdi), %rax; movq (%rsi), %rbx; ud2");
}

/* Far apart, in both halves. */
static u64 address(int i)
{
	u64 slot = i & 1 ? 300 + 7 * i : 3 + 5 * i;

	return (slot > 255 ? 0xffffUL << 48 : 0) | slot << 39 | 0x123456000;
}

static long attach(u64 *root, u64 va, const struct chain *c)
{
	return entry_set(&root[table_index(va, 4)], c ? PTE(mfn_of(c->tables[3]), PTE_TABLE) : 0);
}

/* The word at va, by each mode; 0: a page fault. */
static u64 by_user(u64 va)
{
	struct regs r;

	static u32 turn;
	u64 vector;

	user_regs(&r, ++turn % 3 == 0 ? user_read : turn % 3 == 1 ? user_read_call : user_read_fault);
	r.rdi = va;
	r.rsi = USER_DATA - 0x100000;
	vector = user_run(&r);
	return vector == 0x80 || vector == VEC_SYSCALL || (vector == X_PF && this_cpu()->cr2 == r.rsi) ? r.rax : 0;
}

static u64 by_kernel(u64 va)
{
	u64 v = 0;

	return TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(va))) == NO_FAULT ? v : 0;
}

static void make(struct chain *c, u64 va, u64 word)
{
	chain_make(c, va);
	*(u64 *)c->page = word;
}

static void both_apart(void)
{
	int user = 0, kernel = 0, other = 0;

	for (int i = 0; i < SLOTS; i++) {
		make(&kernels[i], address(i), 1000 + i);
		make(&users[i], address(i), 2000 + i);
		if (attach(roots[0], address(i), &kernels[i]) || attach(roots[1], address(i), &users[i]))
			bail_out("a slot cannot be set");
	}
	for (int n = 0; n < ROUNDS; n++)
		for (int i = 0; i < SLOTS; i++) {
			user += by_user(address(i)) == 2000u + i;
			kernel += by_kernel(address(i)) == 1000u + i;
			other += by_kernel(address((i + n) % SLOTS)) == 1000u + (i + n) % SLOTS;
		}
	check_eq(user, ROUNDS * SLOTS, "user mode reads its own");
	check_eq(kernel, ROUNDS * SLOTS, "the kernel its own, after it");
	check_eq(other, ROUNDS * SLOTS, "and others");
}

static void one_only(void)
{
	u64 a = address(2), b = address(3);

	check_eq(attach(roots[1], a, NULL), 0, "the user's entry goes");
	check_eq(attach(roots[0], b, NULL), 0, "in another slot the kernel's");
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	for (int n = 0; n < 3; n++) {
		check_eq(by_user(a), 0, "user mode: gone");
		check_eq(by_kernel(a), 1002, "the kernel's is there");
		check_eq(by_kernel(b), 0, "kernel: gone");
		check_eq(by_user(b), 2003, "the user's is there");
	}
}

static void alike(void)
{
	u64 va = address(4);

	make(&shared, va, 3000);
	check_eq(attach(roots[0], va, &shared), 0, "another table in the kernel's slot");
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	check_eq(by_kernel(va), 3000, "is seen by the kernel");
	check_eq(by_user(va), 2004, "alone");
	check_eq(attach(roots[1], va, &shared), 0, "and in the user's");
	for (int n = 0; n < 3; n++) {
		check_eq(by_user(va), 3000, "user mode sees it");
		check_eq(by_kernel(va), 3000, "the kernel, too");
	}
	check_eq(attach(roots[0], va, &kernels[4]), 0, "the kernel's as before");
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	check_eq(by_user(va), 3000, "user mode sees it still");
	check_eq(by_kernel(va), 1004, "the kernel what it had");
}

/* Another root in the place of each, with all slots of the first but one. */
static void other_roots(void)
{
	u64 *copy[2], va = address(5);

	for (int i = 0; i < 2; i++) {
		copy[i] = page_alloc();
		memcpy(copy[i], roots[i], PAGE_SIZE);
		for (int slot = 256; slot < 272; slot++)
			copy[i][slot] = 0;
		copy[i][table_index(va, 4)] = 0;
		set_readonly(copy[i]);
	}
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(copy[1])), 0, "another user root");
	check_eq(by_user(va), 0, "has one slot less");
	check_eq(by_user(address(6)), 2006, "and the others");
	check_eq(by_kernel(va), 1005, "the kernel's is as it was");
	check_eq(set_root(mfn_of(copy[0])), 0, "another kernel root");
	check_eq(by_kernel(va), 0, "has one less");
	check_eq(by_user(address(6)), 2006, "user mode as before");
	check_eq(by_kernel(address(6)), 1006, "and the others");
	check_eq(set_root(mfn_of(roots[0])), 0, "the first again");
	check_eq(by_kernel(va), 1005, "has it");
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(roots[1])), 0, "for user mode, too");
	check_eq(by_user(va), 2005, "where it is there");
}

void test_main(void)
{
	user_init();
	roots[0] = (u64 *)start_info->pt_base;
	roots[1] = M2P[user_root] * PAGE_SIZE + (void *)((u64)roots[0] - pfn_of(roots[0]) * PAGE_SIZE);
	if (mfn_of(roots[1]) != user_root)
		bail_out("the user root is not where it was thought");
	both_apart();
	one_only();
	alike();
	other_roots();
}
