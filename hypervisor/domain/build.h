/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initial domain under construction: shared by build.c, build-tables.c and start-info.c.
 *
 * Guest frame numbers count from virt_base.  The mapped region [virt_base, v_end) holds, ascending:
 * image, ramdisk (unless wanted by frame number), P2M list (unless INIT_P2M places it), start_info,
 * page tables, boot stack; v_end is a multiple of 4 MiB with at least 512 KiB to spare.  Frames
 * above v_end: ramdisk by frame number, then P2M pages and the tables that map them at INIT_P2M.
 */
#ifndef HV_DOMAIN_BUILD_H
#define HV_DOMAIN_BUILD_H

#include "domain/domain.h"
#include "domain/elf.h"

struct build {
	struct domain *d;
	struct vcpu *v;
	struct guest_image img;
	const char *cmdline;
	maddr_t initrd;
	u64 initrd_size;
	u64 nr_pages;
	u64 *p2m;			/* scratch copy, nr_pages entries */

	u64 va_initrd, va_p2m, va_start_info, va_tables, va_stack, v_end;
	u64 nr_tables;			/* of the mapped region */
	pfn_t pfn_initrd;		/* first frame of the ramdisk, when not mapped */
	pfn_t pfn_p2m;			/* INIT_P2M: first P2M page; its tables follow the pages */
	u64 nr_p2m_frames;		/* pages and tables; 0 without INIT_P2M */
	pfn_t pfn_end;			/* frames needed in all */

	pfn_t next_table;		/* build-tables.c: next frame to take for a table */
	u64 *l4;
};

static inline pfn_t build_pfn(const struct build *b, u64 va)
{
	return (va - b->img.virt_base) >> PAGE_SHIFT;
}

static inline void *build_page(const struct build *b, pfn_t pfn)
{
	return mfn_to_hv(b->p2m[pfn]);
}

/* Number of L1 to L3 tables that map [start, end). */
u64 tables_for(u64 start, u64 end);
/* Make the page tables in the frames set aside for them. */
void build_tables(struct build *b);
void build_start_info(struct build *b);

#endif
