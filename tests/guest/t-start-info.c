/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start-info - what the guest finds in start_info
 *
 * Right: the magic names the 64-bit ABI; nr_pages is dom0_mem (64 MiB); the initial domain is
 * privileged and has no console or store ring but a VGA description, which may be empty; page
 * tables, P2M and command line are where the fields say.  ABI: struct start_info in xen.h.
 *
 * Arguments: colour=blue two
 */
#include "guest.h"

void test_main(void)
{
	const start_info_t *si = start_info;

	check(starts_with(si->magic, "xen-3.0-x86_64"), "magic is %s", si->magic);
	check_eq(si->nr_pages, 64 << 8, "nr_pages is the memory asked for");
	check(si->shared_info && !(si->shared_info & (PAGE_SIZE - 1)), "shared_info is a page");
	check(si->flags & SIF_PRIVILEGED, "the initial domain is privileged");
	check(si->flags & SIF_INITDOMAIN, "the initial domain knows that it is");
	check_eq(si->store_mfn, 0, "no store ring");
	check_eq(si->console.dom0.info_size == 0 || si->console.dom0.info_off >= sizeof(*si), 1,
		 "the description of a VGA console is empty, or behind start_info");
	check(!((u64)si & (PAGE_SIZE - 1)), "start_info begins a page");
	check_eq(si->mod_len, 0, "no ramdisk");
	check(starts_with((const char *)si->cmd_line, "colour=blue two"), "command line: %s",
	      (const char *)si->cmd_line);
	check_eq(strlen((const char *)si->cmd_line), 15, "and nothing more");
	check(si->nr_pt_frames >= 4 && si->nr_pt_frames < 64, "nr_pt_frames is %lu",
	      si->nr_pt_frames);
	check_eq(entry_of(si->pt_base, 1) ? *entry_of(si->pt_base, 1) >> 12 & 0xffffffffff : 0,
		 root_mfn(), "pt_base is mapped by the table that it is");
}
