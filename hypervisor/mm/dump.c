/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console key 'm': who has how many frames, and what they are used as.
 */
#include "dev/console.h"
#include "domain/domain.h"
#include "mm/frame-state.h"
#include "mm/heap.h"
#include "mm/memmap.h"

static const char *const names[] = {
	[FT_NONE] = "untyped", [FT_WRITABLE] = "writable", [FT_L1] = "L1", [FT_L2] = "L2",
	[FT_L3] = "L3", [FT_L4] = "L4", [FT_SEGDESC] = "descriptors",
};

/* No lock: each number is right for its own moment. */
static void domain_frames_dump(struct domain *d)
{
	u64 n[ARRAY_SIZE(names)] = { 0 };

	for (u32 i = 0; i < ram_count; i++)
		for (mfn_t mfn = ram[i].start; mfn < ram[i].end; mfn++) {
			const struct frame *f = mfn_to_frame(mfn);

			if (READ_ONCE(f->owner) == d && frame_refs(f))
				n[frame_type(f)]++;
		}
	log_info("d%u: %lu frames of at most %lu", d->id, d->mm.tot_pages, d->mm.max_pages);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (n[i])
			log_info("  %lu %s", n[i], names[i]);
}

void memory_dump(void)
{
	log_info("heap: %lu of %lu frames free", heap_free_pages(), heap_total_pages());
	domains_each(domain_frames_dump);
}
