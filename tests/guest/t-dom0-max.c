/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0-max - the initial domain grows up to what the command line lets it
 *
 * Right: with dom0_mem=64M,max:66M it begins with 64 MiB, is told that 66 are the most, gets two more and not
 * one frame beyond, whether asked for singly or in larger extents.  What it gives back it may have
 * again.  ABI: XENMEM_maximum_reservation, increase_reservation in memory.h.
 *
 * Boot: --dom0-mem 64M,max:66M
 */
#include "guest.h"

#define MIB_PAGES 256UL

static u64 frames[2 * MIB_PAGES + 1];

static long query(u64 cmd)
{
	domid_t self = DOMID_SELF;

	return HC(memory_op, .cmd = cmd, .arg = &self);
}

static long change(u64 cmd, u64 n, u32 order)
{
	xen_memory_reservation_t r = { .nr_extents = n, .extent_order = order, .domid = DOMID_SELF,
				       .extent_start.p = frames };

	return HC(memory_op, .cmd = cmd, .arg = &r);
}

void test_main(void)
{
	long now = query(XENMEM_current_reservation);
	long max = query(XENMEM_maximum_reservation);
	u64 room = max - now;

	check_eq(start_info->nr_pages, 64 * MIB_PAGES, "64 MiB at first");
	check_eq(max, 66 * MIB_PAGES, "66 MiB are the most");
	check(room <= 2 * MIB_PAGES && room > 2 * MIB_PAGES - 16, "%lu frames more may be had", room);
	check_eq(change(XENMEM_increase_reservation, room + 1, 0), room, "as many are given, and no more");
	check_eq(query(XENMEM_current_reservation), max, "that is the most");
	check_eq(change(XENMEM_increase_reservation, 1, 0), 0, "not one more");
	check_eq(change(XENMEM_decrease_reservation, room, 0), room, "all are taken back");
	check_eq(change(XENMEM_increase_reservation, 3, 8), room / MIB_PAGES, "of three times 1 MiB as many as fit");
	check_eq(change(XENMEM_decrease_reservation, room / MIB_PAGES, 8), room / MIB_PAGES, "and back");
	check_eq(query(XENMEM_current_reservation), now, "as at first");
}
