/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-grants2 - version 2 of the grant table between three domains: parts of pages, and grants passed on
 *
 * Right: a part of a page can be copied, within its bounds, and not be mapped.  What one domain grants a second
 * the second can grant on to us: then a copy reaches the first one's page.  The status word, apart from the entry,
 * tells the granter of a mapping.  When either of the two ends, copies by way of it are refused, and what is
 * mapped stays in place until it is unmapped.  ABI: grant_table.h.
 *
 * Boot: --initrd ./child-grants2.elf --memory 256
 */
#include "child.h"
#include "grant.h"

enum { GO, WHO, FIRST_ID, SECOND_ID };
enum { READY, STATUS };
enum { REF_PAGE = 8, REF_PART, REF_VIA, REF_PASSED_ON };

#define PART_START	256
#define PART_LENGTH	128
#define MARK		0x7777UL

static u64 page[512] __attribute__((aligned(4096)));
static u64 here[512] __attribute__((aligned(4096)));

static void give(grant_ref_t ref, domid_t to, u16 flags)
{
	grants2[ref].hdr.domid = to;
	barrier();
	grants2[ref].hdr.flags = flags;
}

static void first(domid_t second)
{
	for (int i = 0; i < 512; i++)
		page[i] = MARK + i;
	grants2[REF_PAGE].full_page.frame = mfn_of(page);
	give(REF_PAGE, 0, GTF_permit_access);
	grants2[REF_PART].sub_page.frame = mfn_of(page);
	grants2[REF_PART].sub_page.page_off = PART_START;
	grants2[REF_PART].sub_page.length = PART_LENGTH;
	give(REF_PART, 0, GTF_permit_access | GTF_sub_page | GTF_readonly);
	grants2[REF_VIA].full_page.frame = mfn_of(page);
	give(REF_VIA, second, GTF_permit_access);
}

static void second(domid_t first_id)
{
	grants2[REF_PASSED_ON].transitive.trans_domid = first_id;
	grants2[REF_PASSED_ON].transitive.gref = REF_VIA;
	give(REF_PASSED_ON, 0, GTF_transitive);
}

void child_main(void)
{
	grant_init2();
	if (mail.word[WHO] == 1)
		first(mail.word[SECOND_ID]);
	else
		second(mail.word[FIRST_ID]);
	LIVE(mail.reply[READY]) = 1;
	while (!LIVE(mail.word[GO]))
		HC(sched_op, .cmd = SCHEDOP_yield);
	mail.reply[STATUS] = grant_status[REF_PAGE];
	LIVE(mail.reply[READY]) = 2;
	for (;;)
		HC(sched_op, .cmd = SCHEDOP_block);
}

/* ---- the initial domain ----------------------------------------------------------------------------- */

static struct child one, two;
static struct mail *box_one, *box_two;

static struct mail *prepare(struct child *c, u64 who)
{
	struct mail *box = child_map(c, &mail);

	box->word[WHO] = who;
	box->word[FIRST_ID] = one.id;
	box->word[SECOND_ID] = two.id;
	child_unpause(c);
	if (!child_wait_word(&box->reply[READY], 1, 10 * SECOND))
		bail_out("a child does not start");
	return box;
}

static void both(void)
{
	child_make(&one, 1, "");
	child_make(&two, 1, "");
	box_one = prepare(&one, 1);
	box_two = prepare(&two, 2);
	here[0] = 0;
}

static int copy(struct child *from, grant_ref_t ref, u16 offset, u16 len)
{
	gnttab_copy_t c = { .flags = GNTCOPY_source_gref, .len = len };

	c.source.u.ref = ref;
	c.source.domid = from->id;
	c.source.offset = offset;
	c.dest.u.gmfn = mfn_of(here);
	c.dest.domid = DOMID_SELF;
	return grant_op(GNTTABOP_copy, &c) ? 1 : c.status;
}

static int map(struct child *from, grant_ref_t ref, u32 flags, void *at, grant_handle_t *handle)
{
	gnttab_map_grant_ref_t m = { .host_addr = (u64)at, .flags = GNTMAP_host_map | flags, .ref = ref,
				     .dom = from->id };

	if (grant_op(GNTTABOP_map_grant_ref, &m))
		return 1;
	*handle = m.handle;
	return m.status;
}

static void gone(struct child *c, struct mail *box, const char *name)
{
	child_unmap(box);
	check_eq(child_destroy(c), 0, "%s is destroyed", name);
}

static void copy_points(void *at)
{
	grant_handle_t h;

	check_eq(copy(&one, REF_PART, PART_START + 8, 16), GNTST_okay, "a piece of the part");
	check_eq(here[0], MARK + PART_START / 8 + 1, "it is that");
	check(copy(&one, REF_PART, PART_START - 8, 16) != GNTST_okay, "not what begins before");
	check(copy(&one, REF_PART, PART_START + PART_LENGTH - 8, 16) != GNTST_okay, "nor what ends behind");
	check(map(&one, REF_PART, GNTMAP_readonly, at, &h) != GNTST_okay, "a part cannot be mapped");
	check_eq(copy(&two, REF_PASSED_ON, 80, 16), GNTST_okay, "what the second passes on");
	check_eq(here[0], MARK + 10, "is the first one's");
	check(map(&two, REF_PASSED_ON, GNTMAP_readonly, at, &h) != GNTST_okay, "and cannot be mapped");
	check(copy(&one, REF_VIA, 0, 16) != GNTST_okay, "nor had without the second");
}

void test_main(void)
{
	grant_handle_t h = 0;
	void *at;
	u64 before;

	event_init();
	grant_init();
	at = page_alloc();
	both();
	if (map(&one, REF_PAGE, 0, at, &h) || grant_unmap(h, (u64)at))
		bail_out("a grant cannot be mapped");
	gone(&one, box_one, "the first");
	gone(&two, box_two, "the second");
	if (!child_is_gone(&one) || !child_is_gone(&two))
		bail_out("children that stay");
	before = free_pages_settled();

	both();
	copy_points(at);
	check_eq(map(&one, REF_PAGE, 0, at, &h), GNTST_okay, "a page mapped");
	LIVE(*(u64 *)at) = 0x99;
	LIVE(box_one->word[GO]) = 1;
	check(child_wait_word(&box_one->reply[READY], 2, 10 * SECOND), "the first looks");
	check_eq(box_one->reply[STATUS], GTF_reading | GTF_writing, "its status says so");
	gone(&one, box_one, "the first");
	check_eq(LIVE(*(u64 *)at), 0x99, "what is mapped is there");
	LIVE(*(u64 *)at) = 0x98;
	check_eq(grant_unmap(h, (u64)at), GNTST_okay, "unmapped");
	pte_set((u64)at, PTE(mfn_of(at), PTE_DATA));
	check(child_is_gone(&one), "the first is gone");
	check(copy(&two, REF_PASSED_ON, 0, 16) != GNTST_okay, "the second has nothing to pass on");
	check(copy(&one, REF_PART, PART_START, 16) != GNTST_okay, "the first grants nothing");
	gone(&two, box_two, "the second");
	check(child_is_gone(&two), "and gone");

	both();
	gone(&two, box_two, "the second, before the first,");
	check(child_is_gone(&two), "is gone");
	check(copy(&two, REF_PASSED_ON, 0, 16) != GNTST_okay, "nobody passes on");
	check_eq(copy(&one, REF_PART, PART_START, 16), GNTST_okay, "the first still grants");
	gone(&one, box_one, "the first");
	check(child_is_gone(&one), "and gone");
	check_free_pages(before);
}
