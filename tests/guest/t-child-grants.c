/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-grants - grants between two domains, and what becomes of them when one ends
 *
 * Right: what a domain grants another can map or copy, as it was granted and by that other only; an
 * entry taken back while mapped stays in use until the unmap; a domain that dies leaves what is mapped of
 * it in place until it is unmapped, and only then is gone.  ABI: grant_table.h.
 *
 * Boot: --initrd ./child-grants.elf --memory 256
 */
#include "child.h"
#include "grant.h"

enum { READY, FLAGS_NOW, ENTRY };
enum { GO };
enum { REF_RW = 8, REF_RO, REF_OTHER };

static u64 page_rw[512] __attribute__((aligned(4096)));
static u64 page_ro[512] __attribute__((aligned(4096)));

void child_main(void)
{
	grant_init();
	page_rw[0] = 0x1111;
	page_ro[0] = 0x2222;
	grant_give(REF_RW, 0, mfn_of(page_rw), 0);
	grant_give(REF_RO, 0, mfn_of(page_ro), GTF_readonly);
	grant_give(REF_OTHER, 77, mfn_of(page_rw), 0);
	LIVE(mail.reply[READY]) = 1;
	while (!LIVE(mail.word[GO]))
		HC(sched_op, .cmd = SCHEDOP_yield);
	/* The end of access, as a guest that waits for nobody would have it. */
	mail.reply[FLAGS_NOW] = grant_flags(REF_RW);
	mail.reply[ENTRY] = page_rw[1];
	LIVE(mail.reply[READY]) = 2;
	for (;;)
		HC(sched_op, .cmd = SCHEDOP_block);
}

static int map_of(domid_t dom, grant_ref_t ref, u32 flags, void *at, grant_handle_t *handle)
{
	gnttab_map_grant_ref_t m = { .host_addr = (u64)at, .flags = flags, .ref = ref, .dom = dom };

	if (grant_op(GNTTABOP_map_grant_ref, &m))
		return 1;
	*handle = m.handle;
	return m.status;
}

static int copy_from(domid_t dom, grant_ref_t ref, void *to)
{
	gnttab_copy_t c = { .flags = GNTCOPY_source_gref, .len = 64 };

	c.source.u.ref = ref;
	c.source.domid = dom;
	c.dest.u.gmfn = mfn_of(to);
	c.dest.domid = DOMID_SELF;
	return grant_op(GNTTABOP_copy, &c) ? 1 : c.status;
}

void test_main(void)
{
	struct xen_domctl_getdomaininfo info;
	grant_handle_t h = 0, h2 = 0, h3 = 0;
	u64 before;
	volatile u64 *at, *at2;
	struct mail *box;
	struct child c;
	u64 *copy;

	/* The first mapping of all makes room to keep mappings in, which stays. */
	map_of(0x1234, REF_RW, GNTMAP_host_map, page_alloc(), &h);
	grant_init();
	grant_give(REF_RW, 0, mfn_of(page_rw), 0);
	at = page_alloc();
	if (map_of(0, REF_RW, GNTMAP_host_map, (void *)at, &h) == GNTST_okay)
		grant_unmap(h, (u64)at);
	before = free_pages();

	child_make(&c, 1, "");
	box = child_map(&c, &mail);
	child_unpause(&c);
	if (!child_wait_word(&box->reply[READY], 1, 10 * SECOND))
		bail_out("the child does not answer");
	at2 = page_alloc();
	copy = page_alloc();
	check_eq(map_of(c.id, REF_RW, GNTMAP_host_map, (void *)at, &h), GNTST_okay, "map a grant");
	check_eq(at[0], 0x1111, "it is the child's page");
	at[1] = 0x3333;
	check_eq(map_of(c.id, REF_RO, GNTMAP_host_map, (void *)at2, &h2), GNTST_general_error,
		 "a read-only grant is not mapped writable");
	check_eq(map_of(c.id, REF_RO, GNTMAP_host_map | GNTMAP_readonly, (void *)at2, &h2), GNTST_okay,
		 "but read-only");
	check_eq(at2[0], 0x2222, "with its content");
	check_eq(map_of(c.id, REF_OTHER, GNTMAP_host_map, (void *)copy, &h3), GNTST_general_error,
		 "what is another's is not ours");
	check_eq(map_of(0x1234, REF_RW, GNTMAP_host_map, (void *)copy, &h3), GNTST_bad_domain, "nobody's grant");
	check_eq(copy_from(c.id, REF_RO, copy), GNTST_okay, "copy from a grant");
	check_eq(copy[0], 0x2222, "the content");
	box->word[GO] = 1;
	child_wait_word(&box->reply[READY], 2, 5 * SECOND);
	check_eq(box->reply[ENTRY], 0x3333, "the child sees what we wrote");
	check_eq(box->reply[FLAGS_NOW] & (GTF_reading | GTF_writing), GTF_reading | GTF_writing,
		 "and that its entry is in use");
	child_unmap(box);

	check_eq(child_destroy(&c), 0, "destroy the child");
	check_eq(child_info(&c, &info), 0, "it stays as long as we map its pages");
	check_eq(info.tot_pages, 2, "two of them");
	check_eq(at[1], 0x3333, "whose content is there");
	at[2] = 1;
	check_eq(grant_unmap(h, (u64)at), GNTST_okay, "unmap one");
	check_eq(child_info(&c, &info), 0, "still there");
	check_eq(grant_unmap(h2, (u64)at2), GNTST_okay, "unmap the other");
	check(child_is_gone(&c), "gone");
	check_eq(map_of(c.id, REF_RW, GNTMAP_host_map, (void *)copy, &h3), GNTST_bad_domain, "nothing to map");
	check_free_pages(before);
}
