/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct-write - a store to a read-only L1 is carried out after the same checks
 *
 * Right: writing, exchanging and comparing entries of a live L1 through its read-only map works as
 * mmu_update would; what that refuses is a page fault; the entry then is as before. The guest need
 * not ask for the assist. Higher levels are not emulated.  ABI: VMASST_TYPE_writable_pagetables in
 * xen.h; PEERS: stock kernels rely on it.
 */
#include "guest.h"

static u64 *window, *entry;

static void good(void)
{
	u64 *a = page_alloc(), *b = page_alloc(), old;

	a[0] = 1;
	b[0] = 2;
	check_fault(TRY("movq %[v], (%[p])", NO_RESULT,
			GIVEN([p] "r"(entry), [v] "r"(PTE(mfn_of(a), PTE_DATA)))),
		    NO_FAULT, "MOV");
	flush(window);
	check_eq(LIVE(window[0]), 1, "the page is there");
	old = PTE(mfn_of(b), PTE_DATA);
	check_fault(TRY("xchgq %[v], (%[p])", RESULT([v] "+r"(old)), GIVEN([p] "r"(entry))),
		    NO_FAULT, "XCHG");
	check_eq(old >> 12 & 0xffffffff, mfn_of(a), "returns the old entry");
	flush(window);
	check_eq(LIVE(window[0]), 2, "the other page is there");
	old = *entry;
	check_fault(TRY("lock cmpxchgq %[v], (%[p])", RESULT("+a"(old)),
			GIVEN([p] "r"(entry), [v] "r"(PTE(mfn_of(a), PTE_RO)))),
		    NO_FAULT, "CMPXCHG");
	check_eq(LIVE(*entry) >> 12 & 0xffffffff, mfn_of(a), "exchanged");
	check_fault(TRY("lock andq $~2, (%[p])", NO_RESULT, GIVEN([p] "r"(entry))), NO_FAULT,
		    "AND");
	check_fault(TRY("movq $0, (%[p])", NO_RESULT, GIVEN([p] "r"(entry))), NO_FAULT, "zero");
	check_eq(LIVE(*entry), 0, "is there");
	check_fault(TRY("movq $0x1000, (%[p])", NO_RESULT, GIVEN([p] "r"(entry))), NO_FAULT,
		    "an entry that is not present");
	check_eq(LIVE(*entry), 0x1000, "is there");
}

/* One way to write down a MOV or XCHG of RAX (or R9): where the address is differs. */
#define FORM(insn, reg, base_reg, add)                                                             \
	do {                                                                                       \
		register u64 base __asm__(base_reg) = (u64)entry - (add);                          \
		register u64 val __asm__(reg) = PTE(mfn_of(page), PTE_DATA);                       \
		u64 is = LIVE(*entry), got;                                                        \
                                                                                                   \
		__asm__ volatile(insn : "+r"(val) : "r"(base) : "memory");                         \
		got = val;                                                                         \
		check_eq(LIVE(*entry) >> 12, mfn_of(page), insn);                                  \
		if (insn[0] == 'x')                                                                \
			check_eq(got, (long)is, "gives the old entry");                            \
		check_eq(entry_set(entry, 0x5000), 0, "not present again");                        \
	} while (0)

static void forms(void)
{
	u64 *page = page_alloc();

	FORM("movq %%rax, (%%rdi)", "rax", "rdi", 0);
	FORM("movq %%r9, (%%r8)", "r9", "r8", 0);
	FORM("movq %%rax, 8(%%rdi)", "rax", "rdi", 8);
	FORM("movq %%rax, -8(%%r13)", "rax", "r13", -8);
	FORM("movq %%rax, (%%r13)", "rax", "r13", 0);
	FORM("movq %%rax, (%%r12)", "rax", "r12", 0);
	FORM("movq %%r9, 0x1000(%%rdi)", "r9", "rdi", 0x1000);
	FORM("xchgq %%rax, (%%rdi)", "rax", "rdi", 0);
	FORM("xchgq %%r9, (%%r10)", "r9", "r10", 0);
	FORM("xchgq %%rax, -0x10(%%rdi)", "rax", "rdi", -0x10);
	FORM("xchgq %%rax, (%%r12)", "rax", "r12", 0);
	FORM("xchgq %%r9, 0x1000(%%r11)", "r9", "r11", 0x1000);
	check_eq(entry_set(entry, 0), 0, "and empty");
}

/* ANDB of byte `byte` of the entry, and of the same in ordinary memory: all that it leaves is the same. */
#define AND(insn, base_reg, byte)                                                                  \
	do {                                                                                       \
		u64 flags[2];                                                                      \
                                                                                                   \
		check_eq(entry_set(entry, PTE(mfn_of(page), PTE_DATA)), 0, "a page");              \
		plain = LIVE(*entry);                                                              \
		for (int i = 0; i < 2; i++) {                                                      \
			register u64 at __asm__(base_reg) = (u64)(i ? &plain : entry) + (byte);    \
                                                                                                   \
			__asm__ volatile("stc; " insn "; pushfq; popq %0"                          \
					 : "=r"(flags[i]) : "r"(at) : "memory", "cc");             \
		}                                                                                  \
		check_eq(LIVE(*entry), (long)plain, insn);                                         \
		check_eq(flags[0] & 0x8c5, (long)flags[1] & 0x8c5, "and its flags");               \
	} while (0)

static void ands(void)
{
	static u64 plain;
	u64 *page = page_alloc();

	AND("lock andb $0xfd, (%%rdi)", "rdi", 0);
	AND("lock andb $0xfd, (%%r9)", "r9", 0);
	AND("lock andb $0xfd, (%%r12)", "r12", 0);
	AND(".byte 0x3e; andb $0xfd, (%%r12)", "r12", 0);
	AND(".byte 0x3e; andb $0xfd, (%%rbx)", "rbx", 0);
	AND("andb $0xfd, (%%rsi)", "rsi", 0);
	AND("andb $0, (%%rdx)", "rdx", 0);
	AND("andb $0, (%%r13)", "r13", 0);
	AND("andb $0x9f, (%%r14)", "r14", 0);
	AND("andb $0xf0, (%%r8)", "r8", 1);
	AND("lock andb $0x7f, (%%r10)", "r10", 7);
	AND("andb $0xfd, 0x10(%%rdi)", "rdi", -0x10);
	check_eq(entry_set(entry, 0), 0, "and empty");
}

static void bad(void)
{
	u64 old;

	check_eq(entry_set(entry, PTE(mfn_of(window), PTE_DATA)), 0, "the first page");
	old = *entry;
	check_eq(TRY("movq %[v], (%[p])", NO_RESULT,
		     GIVEN([p] "r"(entry), [v] "r"(PTE(root_mfn(), PTE_DATA)))),
		 X_PF, "a writable map of the root is a fault");
	check_eq(this_cpu()->caught.error, 3, "error code: write, present");
	check_eq(this_cpu()->cr2, (long)entry, "at the entry");
	check_eq(LIVE(*entry), old, "the entry is as it was");
	check_eq(TRY("movq %[v], (%[p])", NO_RESULT,
		     GIVEN([p] "r"(entry), [v] "r"(PTE(0xfffffffff, PTE_DATA)))),
		 X_PF, "a frame that does not exist is a fault");
	check_eq(LIVE(*entry), old, "the entry is as it was");
	check_eq(TRY("movq %[v], (%[p])", NO_RESULT,
		     GIVEN([p] "r"(entry_of((u64)window, 2) + 100), [v] "r"(0UL))),
		 X_PF, "a store to a table of level 2 is a fault");
}

void test_main(void)
{
	window = page_alloc();
	entry = entry_of((u64)window, 1);
	good();
	forms();
	ands();
	bad();
}
