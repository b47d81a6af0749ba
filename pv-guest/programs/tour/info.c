/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

void chapter_info(void)
{
	const start_info_t *si = start_info;

	expect(!strncmp(si->magic, "xen-3.0-x86_64", 14), "magic \"%s\"", si->magic);
	say("memory %lu pages, flags %#x%s%s", si->nr_pages, si->flags,
	    si->flags & SIF_PRIVILEGED ? " privileged" : "",
	    is_initial_domain() ? " initial-domain" : "");
	say("command line \"%s\"", (const char *)si->cmd_line);
	expect(si->nr_pages >= 1024 && si->nr_pt_frames >= 4, "page tables at %lx, %lu frames",
	       si->pt_base, si->nr_pt_frames);
	expect(si->mfn_list >= KERNEL_BASE, "P2M list at %lx", si->mfn_list);
	expect(!(si->shared_info & ~PAGE_MASK) && si->shared_info,
	       "shared page at machine address %lx", si->shared_info);
	expect(M2P[va_to_mfn(si)] == va_to_pfn(si),
	       "M2P and P2M agree on this very page: pfn %lx, mfn %lx", va_to_pfn(si),
	       va_to_mfn(si));
	if (!is_initial_domain())
		say("store: mfn %lx port %u; console: mfn %lx port %u", si->store_mfn,
		    si->store_evtchn, si->console.domU.mfn, si->console.domU.evtchn);
	say("the shared page holds %zu words of events; wall clock; and our vcpu_info moved to %lx",
	    ARRAY_SIZE(SHARED->evtchn_pending), (u64)&this_cpu()->port.info);
	irq_disable();
	expect(this_cpu()->port.info.evtchn_upcall_mask == 1, "masking events: a store, no call");
	irq_enable();
	cost(MEASURE(1000, irq_disable(); irq_enable()), "mask and unmask events");
}
