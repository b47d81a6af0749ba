/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-fuzz - a domain that is not privileged makes random hypercalls, and is destroyed
 *
 * Right: whatever becomes of it, the others and the hypervisor go on, every page comes back, and the auditor
 * agrees.  The calls are the fuzz guest's (fuzz.h); a round is a seed, an end in the middle is part of it.
 *
 * Boot: --initrd ./child-fuzz.elf --memory 256 --smp 2 --timeout 120 --hv-args "loglvl=info guest_loglvl=none"
 */
#include "child.h"

#define ROUNDS 8

void fuzz_main(void); /* test_main() of fuzz.c */

void child_main(void)
{
	LIVE(mail.reply[0]) = 1;
	fuzz_main();
	LIVE(mail.reply[0]) = 2;
}

static char arguments[] = "seed=100 count=1500";

static u64 one_round(unsigned int i, u64 *finished)
{
	struct mail *box;
	struct child c;
	long reason;

	arguments[6] = '0' + i / 10;
	arguments[7] = '0' + i % 10;
	child_make(&c, 2, arguments);
	box = child_map(&c, &mail);
	child_unpause(&c);
	/* Some are ended in the middle of it. */
	reason = child_wait(&c, i % 4 ? 20 * SECOND : SECOND / 20);
	*finished += reason == SHUTDOWN_poweroff;
	note("%s: %s, reason %ld", arguments, box->reply[0] == 2 ? "all calls made" : "ended before", reason);
	child_unmap(box);
	return !child_destroy(&c) && child_is_gone(&c);
}

void test_main(void)
{
	u64 before, finished = 0, gone = 0;

	one_round(0, &finished);
	before = free_pages_settled();
	for (unsigned int i = 1; i <= ROUNDS; i++)
		gone += one_round(i, &finished);
	check_eq(gone, ROUNDS, "all are gone");
	check(finished > ROUNDS / 4, "a good part of them came to their end");
	check_free_pages(before);
}
