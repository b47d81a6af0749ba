/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-descriptors - domains that take turns on a CPU see their own descriptor tables only
 *
 * Right: with three pages of GDT and two of LDT here, and one of each in the child, the child finds
 * nothing behind its first pages, and we find all of ours again, however often the CPU changes hands; so
 * too when the child gives its tables up.  ABI: __HYPERVISOR_set_gdt and MMUEXT_SET_LDT in xen.h.
 *
 * Boot: --initrd ./child-descriptors.elf --memory 256
 */
#include "child.h"

enum { ROUND };			/* mail.word: how far the parent is; mail.reply[0]: how far the child is, */
enum { DONE, SEEN };		/* and from SEEN on what each round of it saw */

#define DATA64		0x00cff3000000ffffUL	/* ring 3 data, flat */
#define GDT_SEL(page)	((page) * 512 * 8 + 8 + 3)
#define LDT_SEL(page)	((page) * 512 * 8 + 8 + 4 + 3)
#define ROUNDS		6
#define MINE		0x37UL			/* GDT pages 0 to 2, LDT pages 0 and 1 */
#define CHILDS		0x11UL			/* the first of each */

static bool lar(u32 sel)
{
	u32 rights = 0;
	bool good;

	__asm__ volatile("lar %k2, %0\n\tsetz %1" : "+r"(rights), "=r"(good) : "r"(sel) : "cc");
	return good;
}

/* Pages of the GDT from bit 0, of the LDT from bit 4, whose entry 1 is there. */
static u64 seen(void)
{
	u64 pages = 0;

	for (u32 page = 0; page < 4; page++)
		pages |= (u64)lar(GDT_SEL(page)) << page | (u64)lar(LDT_SEL(page)) << (4 + page);
	return pages;
}

/* So many pages with a descriptor in each; LDT pages are taken at their first use. */
static bool tables_set(u32 gdt, u32 ldt)
{
	u64 *pages = pages_alloc(gdt + ldt + 1), frames[4];
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (u64)(pages + gdt * 512), .arg2.nr_ents = ldt * 512 };

	for (u32 i = 0; i < gdt + ldt; i++) {
		pages[i * 512 + 1] = DATA64;
		if (i < gdt)
			frames[i] = mfn_of(pages + i * 512);
		set_readonly(pages + i * 512);
	}
	if (HC(set_gdt, .frames = frames, .entries = gdt * 512) ||
	    HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF))
		return false;
	for (u32 i = 0; i < ldt; i++)
		if (TRY("movl %[s], %%es", NO_RESULT, GIVEN([s] "r"(LDT_SEL(i)))) != NO_FAULT)
			return false;
	__asm__ volatile("movl %0, %%es" : : "r"(0));
	return true;
}

static void tables_gone(void)
{
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT };

	HC(set_gdt, .frames = NULL, .entries = 0);
	HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

void child_main(void)
{
	if (!tables_set(1, 1))
		return;
	for (u64 round = 1; round <= ROUNDS; round++) {
		while (LIVE(mail.word[ROUND]) != round)
			HC(sched_op, .cmd = SCHEDOP_yield);
		if (round == ROUNDS)
			tables_gone();
		LIVE(mail.reply[SEEN + round]) = seen();
		LIVE(mail.reply[DONE]) = round;
	}
}

void test_main(void)
{
	struct mail *box;
	struct child c;

	check(tables_set(3, 2), "three pages of GDT, two of LDT");
	check_eq(seen(), MINE, "are there");
	child_make(&c, 1, "");
	box = child_map(&c, &mail);
	child_unpause(&c);
	for (u64 round = 1; round <= ROUNDS; round++) {
		LIVE(box->word[ROUND]) = round;
		if (!child_wait_word(&box->reply[DONE], round, 10 * SECOND))
			bail_out("the child does not answer");
		check_eq(box->reply[SEEN + round], round == ROUNDS ? 0 : CHILDS, "round %lu: the child sees its own", round);
		check_eq(seen(), MINE, "and we ours");
	}
	check_eq(child_wait(&c, 10 * SECOND), SHUTDOWN_poweroff, "the child ends");
	child_unmap(box);
	child_destroy(&c);
	check(child_is_gone(&c), "and is gone");
	tables_gone();
	check_eq(seen(), 0, "no tables, no descriptors");
}
