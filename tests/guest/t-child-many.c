/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-many - a hundred domains at once, and the same numbers used again
 *
 * Right: each is found in the list of domains, each runs, and when all are destroyed the machine has as many
 * free pages as before.  A new round finds numbers, and makes its last domain as fast as its first (told, not
 * judged).  ABI: domctl.h; sysctl.h, getdomaininfolist.
 *
 * Boot: --initrd ./child-many.elf --memory 1024 --timeout 120
 */
#include "child.h"

#define MANY	100
#define BATCH	16

static struct child children[MANY];

void child_main(void)
{
	mail.reply[0] = mail.word[0] * 2;
	guest_exit(SHUTDOWN_poweroff);
}

static unsigned int listed(domid_t from)
{
	static struct xen_domctl_getdomaininfo infos[BATCH];
	struct xen_sysctl op = { 0 };
	unsigned int n = 0;

	for (;;) {
		op.u.getdomaininfolist.first_domain = from;
		op.u.getdomaininfolist.max_domains = BATCH;
		set_xen_guest_handle(op.u.getdomaininfolist.buffer, infos);
		if (sysctl(XEN_SYSCTL_getdomaininfolist, &op) || !op.u.getdomaininfolist.num_domains)
			return n;
		n += op.u.getdomaininfolist.num_domains;
		from = infos[op.u.getdomaininfolist.num_domains - 1].domain + 1;
	}
}

static bool make_one(u64 i)
{
	struct child *c = &children[i];
	struct mail *box;

	child_make(c, 1, "");
	box = child_map(c, &mail);
	box->word[0] = i;
	child_unmap(box);
	return !child_unpause(c);
}

static bool answered(u64 i)
{
	struct mail *box;
	bool good;

	if (child_wait(&children[i], 20 * SECOND) != SHUTDOWN_poweroff)
		return false;
	box = child_map(&children[i], &mail);
	good = box->reply[0] == 2 * i;
	return !child_unmap(box) && good;
}

/* getdomaininfo of a number that nobody has tells of the next domain. */
static void next_points(const char *name)
{
	struct xen_domctl op = { 0 };

	check_eq(domctl(XEN_DOMCTL_getdomaininfo, 0, &op), 0, "%s: the initial domain", name);
	check_eq(child_destroy(&children[1]), 0, "%s: one leaves", name);
	check(child_is_gone(&children[1]), "%s: gone", name);
	check_eq(domctl(XEN_DOMCTL_getdomaininfo, children[1].id, &op), 0, "%s: asking for it", name);
	check(op.domain > children[1].id, "%s: tells of the next", name);
	check_eq(op.domain, op.u.getdomaininfo.domain, "%s: which is named twice", name);
	if (!make_one(1) || !answered(1))
		bail_out("a domain in its place");
}

static void round(const char *name)
{
	u64 first, last, begin, good = 0, gone = 0;

	begin = now();
	make_one(0);
	first = now() - begin;
	for (u64 i = 1; i < MANY - 1; i++)
		make_one(i);
	begin = now();
	make_one(MANY - 1);
	last = now() - begin;
	for (u64 i = 0; i < MANY; i++)
		good += answered(i);
	check_eq(good, MANY, "%s: all did their work", name);
	check_eq(listed(1), MANY, "%s: all are listed", name);
	next_points(name);
	begin = now();
	for (u64 i = 0; i < MANY; i++)
		gone += !child_destroy(&children[i]) && child_is_gone(&children[i]);
	check_eq(gone, MANY, "%s: all are gone", name);
	check_eq(listed(0), 1, "%s: one is left", name);
	note("first %lu us, last %lu us, destroyed in %lu us each", first / 1000, last / 1000,
	     (now() - begin) / 1000 / MANY);
}

void test_main(void)
{
	u64 before;

	child_make(&children[0], 1, "");
	child_destroy(&children[0]);
	child_is_gone(&children[0]);
	before = free_pages_settled();
	round("first round");
	check_free_pages(before);
	round("second round");
	check_free_pages(before);
}
