/* SPDX-License-Identifier: GPL-2.0-only */
#include "drivers/grant.h"
#include "kernel/errno.h"
#include "programs/tour/pv.h"

static volatile grant_entry_v1_t *table;
static grant_ref_t ro, rw; /* of one page, read-only and writable */
static domid_t self;

static long ask(unsigned int cmd, void *op)
{
	return HC(grant_table_op, .cmd = cmd, .uop = op, .count = 1);
}

static const char *status_name(int status)
{
	switch (status) {
	case GNTST_okay: return "okay";
	case GNTST_general_error: return "general error";
	case GNTST_bad_gntref: return "bad reference";
	case GNTST_bad_handle: return "bad handle";
	case GNTST_permission_denied: return "permission denied";
	case GNTST_bad_copy_arg: return "bad copy";
	case GNTST_address_too_big: return "address too big";
	}
	return "another error";
}

/* These calls succeed as a whole; each operation has a status of its own. */
static void expect_status(int got, int want, const char *what)
{
	expect(got == want, "%s -> %s", what, status_name(got));
}

static void expect_error(int got, const char *what)
{
	expect(got < 0, "%s -> %s", what, status_name(got));
}

/* Our own number, which calls that take two domains want: the far end of a loop tells it. */
static domid_t own_domid(void)
{
	evtchn_alloc_unbound_t near = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_status_t status = { .dom = DOMID_SELF };

	CHECK(!HC(event_channel_op, .cmd = EVTCHNOP_alloc_unbound, .arg = &near));
	status.port = near.port;
	CHECK(!HC(event_channel_op, .cmd = EVTCHNOP_status, .arg = &status));
	evtchn_close(near.port);
	return status.u.unbound.dom;
}

static void setup(u64 *page)
{
	gnttab_query_size_t size = { .dom = DOMID_SELF };
	long rc;

	rc = ask(GNTTABOP_query_size, &size);
	expect(!rc && size.status == GNTST_okay, "query_size: %u frames of at most %u",
	       size.nr_frames, size.max_nr_frames);
	expect_code(grants_init(), 0,
		    "setup_table, and map its frames; %zu entries of 8 bytes in each",
		    PAGE_SIZE / sizeof(*table));
	table = grants_table();
	self = own_domid();
	say("we are domain %u", self);
	ro = grant_page(self, page, true);
	rw = grant_page(self, page, false);
	expect(table[ro].flags == (GTF_permit_access | GTF_readonly),
	       "entry %u grants it read-only", ro);
}

static gnttab_map_grant_ref_t map(void *window, grant_ref_t ref, u32 flags)
{
	gnttab_map_grant_ref_t op = {
		.host_addr = (u64)window,
		.flags = GNTMAP_host_map | flags,
		.ref = ref,
		.dom = self,
	};

	CHECK(!ask(GNTTABOP_map_grant_ref, &op));
	return op;
}

static int unmap(void *window, grant_handle_t handle)
{
	gnttab_unmap_grant_ref_t op = { .host_addr = (u64)window, .handle = handle };

	CHECK(!ask(GNTTABOP_unmap_grant_ref, &op));
	return op.status;
}

static void write_long(void *arg)
{
	*(volatile u64 *)arg = 99;
}

static void mapping(void *window, u64 *page)
{
	gnttab_map_grant_ref_t m;

	m = map(window, ro, GNTMAP_readonly);
	expect_status(m.status, GNTST_okay, "map_grant_ref, read-only");
	expect(*(volatile u64 *)window == *page, "we see the page through it");
	expect_trap(TRAP_PF, write_long, window, "a write through it");
	expect(table[ro].flags & GTF_reading, "the entry says: being read");
	expect_code(grant_end(ro), -EBUSY, "so the grant cannot be ended");
	expect_status(unmap(window, m.handle), GNTST_okay, "unmap_grant_ref");
	expect(!(table[ro].flags & GTF_reading), "the entry says: not any more");
	m = map(window, rw, 0);
	expect_status(m.status, GNTST_okay, "map_grant_ref of a writable grant");
	*(volatile u64 *)window = 77;
	expect(*page == 77, "a write through it arrives");
	expect_status(unmap(window, m.handle), GNTST_okay, "unmap_grant_ref");
	expect_status(unmap(window, m.handle), GNTST_bad_handle, "unmap it again");
}

static void refusals(void *window)
{
	grant_ref_t root = grant_page(self, kernel_space.root, false);

	expect_error(map(window, ro, 0).status, "map the read-only grant writable");
	expect_error(map(window, root - 1, 0).status, "map an entry that grants nothing");
	expect_error(map(window, 1 << 30, 0).status, "map an entry beyond the table");
	expect_error(map(window, root, 0).status, "map a page table writable, by a grant of it");
	expect_code(grant_end(root), 0, "end that grant");
}

static int copy(grant_ref_t from, u64 *to, u16 offset, u16 len)
{
	gnttab_copy_t op = {
		.source = { .u.ref = from, .domid = self, .offset = offset },
		.dest = { .u.gmfn = va_to_mfn(to), .domid = DOMID_SELF },
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	CHECK(!ask(GNTTABOP_copy, &op));
	return op.status;
}

static void copying(u64 *page)
{
	u64 *to = page_alloc_zeroed();

	page[3] = 0xabcdef;
	expect_status(copy(ro, to, 24, 8), GNTST_okay, "copy 8 bytes out of a granted page");
	expect(*to == 0xabcdef, "they are here");
	expect_error(copy(ro, to, PAGE_SIZE - 4, 8), "copy 8 bytes across its end");
	cost(MEASURE(200, copy(ro, to, 0, 4096)), "copy a page");
	page_free(to);
}

static void costs(void *window)
{
	cost(MEASURE(200, unmap(window, map(window, rw, 0).handle)), "map a grant and unmap it");
}

/*
 * Version 2: entries of 16 bytes, what is in use stands in frames of its own.  The change empties the table,
 * and with it the list of free entries: it grows when the next one is wanted.
 */
static void version_2(void)
{
	gnttab_set_version_t set = { .version = 2 };
	gnttab_get_version_t get = { .dom = DOMID_SELF };
	xen_pfn_t frames[4];
	gnttab_get_status_frames_t status = { .dom = DOMID_SELF, .nr_frames = 1 };
	long rc;

	expect_code(grant_end(ro) ?: grant_end(rw), 0, "end the grants");
	expect_code(ask(GNTTABOP_set_version, &set), 0, "set_version 2");
	rc = ask(GNTTABOP_get_version, &get);
	expect(!rc && get.version == 2, "get_version -> %u", get.version);
	set_xen_guest_handle(status.frame_list, frames);
	rc = ask(GNTTABOP_get_status_frames, &status);
	expect(!rc && status.status == GNTST_okay, "get_status_frames: the first is %lx",
	       frames[0]);
	set.version = 1;
	expect_code(ask(GNTTABOP_set_version, &set), 0, "set_version 1");
	set.version = 3;
	expect_refused(ask(GNTTABOP_set_version, &set), "set_version 3");
}

void chapter_grants(void)
{
	void *window = window_reserve(1);
	u64 *page = page_alloc_zeroed();

	*page = 55;
	setup(page);
	mapping(window, page);
	refusals(window);
	copying(page);
	costs(window);
	version_2();
	page_free(page);
}
