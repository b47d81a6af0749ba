/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start_info: the page that tells a guest where everything is.  ABI: struct start_info in xen.h.
 */
#include "domain/build.h"
#include "lib/string.h"

static void set_ramdisk(struct build *b, struct start_info *si)
{
	si->mod_len = b->initrd_size;
	if (!b->initrd_size)
		return;
	if (b->va_initrd) {
		si->mod_start = b->va_initrd;
	} else {
		si->mod_start = b->pfn_initrd;
		si->flags |= SIF_MOD_START_PFN;
	}
}

void build_start_info(struct build *b)
{
	struct start_info *si = build_page(b, build_pfn(b, b->va_start_info));
	size_t n = strlen(b->cmdline);

	memset(si, 0, PAGE_SIZE);
	str_copy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = hv_to_maddr(b->d->shared);
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = b->va_tables;
	si->nr_pt_frames = b->nr_tables;
	si->mfn_list = b->va_p2m;
	if (b->nr_p2m_frames) {
		si->first_p2m_pfn = b->pfn_p2m;
		si->nr_p2m_frames = b->nr_p2m_frames;
	}
	set_ramdisk(b, si);
	if (n >= sizeof(si->cmd_line))
		n = sizeof(si->cmd_line) - 1;
	memcpy(si->cmd_line, b->cmdline, n);
}
