/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables of both versions. */
#include "grant.h"

grant_entry_v1_t *grants;
grant_entry_v2_t *grants2;
grant_status_t *grant_status;

long grant_op(u32 cmd, void *op)
{
	return HC(grant_table_op, .cmd = cmd, .uop = op, .count = 1);
}

void *map_frame(u64 mfn)
{
	void *page = page_alloc();

	if (pte_set((u64)page, PTE(mfn, PTE_DATA)))
		bail_out("a frame cannot be mapped");
	return page;
}

long grant_version(u32 version)
{
	gnttab_set_version_t op = { .version = version };

	return grant_op(GNTTABOP_set_version, &op);
}

static u64 first_frame(void)
{
	xen_pfn_t frame = 0;
	gnttab_setup_table_t op = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list.p = &frame };

	if (grant_op(GNTTABOP_setup_table, &op) || op.status)
		bail_out("setup_table");
	return frame;
}

void grant_init(void)
{
	if (grant_version(1))
		bail_out("grant tables of version 1");
	grants = map_frame(first_frame());
	grants2 = NULL;
}

void grant_init2(void)
{
	u64 frame = 0;
	gnttab_get_status_frames_t op = { .dom = DOMID_SELF,
					  .nr_frames = 1,
					  .frame_list.p = &frame };

	if (grant_version(2))
		bail_out("grant tables of version 2");
	grants2 = map_frame(first_frame());
	if (grant_op(GNTTABOP_get_status_frames, &op) || op.status)
		bail_out("get_status_frames");
	grant_status = map_frame(frame);
}

void grant_give(grant_ref_t ref, domid_t to, u64 mfn, u16 flags)
{
	if (grants2) {
		grants2[ref].full_page.frame = mfn;
		grants2[ref].hdr.domid = to;
		barrier();
		LIVE(grants2[ref].hdr.flags) = GTF_permit_access | flags;
		return;
	}
	grants[ref].frame = mfn;
	grants[ref].domid = to;
	barrier();
	LIVE(grants[ref].flags) = GTF_permit_access | flags;
}

void grant_take(grant_ref_t ref)
{
	if (grants2)
		LIVE(grants2[ref].hdr.flags) = 0;
	else
		LIVE(grants[ref].flags) = 0;
}

u16 grant_flags(grant_ref_t ref)
{
	return grants2 ? LIVE(grant_status[ref]) : LIVE(grants[ref].flags);
}

/* The number of the initial domain: a map names the granting domain, DOMID_SELF will not do. */
#define OURSELVES 0

int grant_map(grant_ref_t ref, u32 flags, u64 host_addr, grant_handle_t *handle)
{
	gnttab_map_grant_ref_t op = {
		.host_addr = host_addr, .flags = flags, .ref = ref, .dom = OURSELVES, .status = 77
	};
	long rc = grant_op(GNTTABOP_map_grant_ref, &op);

	*handle = op.handle;
	return rc ? rc : op.status;
}

int grant_unmap(grant_handle_t handle, u64 host_addr)
{
	gnttab_unmap_grant_ref_t op = { .host_addr = host_addr, .handle = handle, .status = 77 };
	long rc = grant_op(GNTTABOP_unmap_grant_ref, &op);

	return rc ? rc : op.status;
}
