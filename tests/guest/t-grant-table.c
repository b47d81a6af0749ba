/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-table - size, versions and frames of the table
 *
 * Right: query_size tells the limits; setup_table gives frames that can be mapped writable, the
 * same each time; more than the most is an error; versions 1 and 2 can be chosen while nothing is
 * mapped, others are -EINVAL; status frames belong to version 2.  ABI: GNTTABOP_query_size,
 * setup_table, set_version, get_version, get_status_frames in grant_table.h.
 */
#include "grant.h"

static int setup(u32 n, u64 *frames)
{
	gnttab_setup_table_t op = { .dom = DOMID_SELF, .nr_frames = n, .frame_list.p = frames };
	long rc = grant_op(GNTTABOP_setup_table, &op);

	return rc ? rc : op.status;
}

static u32 version(void)
{
	gnttab_get_version_t op = { .dom = DOMID_SELF };

	check_eq(grant_op(GNTTABOP_get_version, &op), 0, "get_version");
	return op.version;
}

void test_main(void)
{
	gnttab_query_size_t size = { .dom = DOMID_SELF };
	void *window;
	u64 frames[4] = { 0 }, again[4] = { 0 };
	gnttab_get_status_frames_t status = { .dom = DOMID_SELF,
					      .nr_frames = 1,
					      .frame_list.p = frames };

	check_eq(grant_op(GNTTABOP_query_size, &size), 0, "query_size");
	check_eq(size.status, GNTST_okay, "status");
	check(size.max_nr_frames >= 32, "at least 32 frames: %u", size.max_nr_frames);
	check_eq(grant_version(1), 0, "version 1");
	check_eq(version(), 1, "is in use");
	check_eq(setup(4, frames), GNTST_okay, "setup_table, four frames");
	check_eq(setup(2, again), GNTST_okay, "two of them");
	check(again[0] == frames[0] && again[1] == frames[1], "are the same");
	check_eq(again[2], 0, "and no more");
	check_eq(grant_op(GNTTABOP_query_size, &size), 0, "query_size");
	check(size.nr_frames >= 4, "there are %u frames", size.nr_frames);
	check_eq(setup(size.max_nr_frames + 1, frames), GNTST_general_error, "too many");
	check_eq(setup(0, (void *)NONCANONICAL), -XEN_EFAULT, "a list that is no address");
	check_eq(grant_op(GNTTABOP_get_status_frames, &status), 0, "status frames of version 1");
	check_eq(status.status, GNTST_general_error, "there are none");
	grants = map_frame(again[0]);
	LIVE(grants[100].frame) = 5;
	check_eq(LIVE(grants[100].frame), 5, "the table can be written");
	check_eq(grant_version(0), -XEN_EINVAL, "version 0");
	check_eq(grant_version(3), -XEN_EINVAL, "version 3");
	check_eq(grant_version(2), 0, "version 2");
	check_eq(version(), 2, "is in use");
	check_eq(grant_op(GNTTABOP_get_status_frames, &status), 0, "status frames");
	check_eq(status.status, GNTST_okay, "status");
	window = page_alloc();
	check_eq(pte_set((u64)window, PTE(frames[0], PTE_DATA)), 0, "can be mapped");
	check_eq(grant_version(1), -XEN_EBUSY, "version 1 while it is");
	pte_set((u64)window, 0);
	check_eq(grant_version(1), 0, "version 1 when it is not");
	size.dom = 0x1234;
	check_eq(grant_op(GNTTABOP_query_size, &size), 0, "another domain");
	check_eq(size.status, GNTST_bad_domain, "there is none");
}
