/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grant table: free entries form a list through their own frame fields, which nobody reads while
 * the flags are zero.  The table grows by one frame when none is left.
 */
#include "drivers/grant.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

#define FRAMES_MAX	32
#define REFS_A_FRAME	(PAGE_SIZE / sizeof(grant_entry_v1_t))
#define LINGER_INTERVAL (20 * MSEC)

static struct spinlock lock; /* guards all below */
static volatile grant_entry_v1_t *table;
static unsigned int frames, frames_max, given;
static grant_ref_t first_free; /* GRANT_NONE: none */

/* Grants whose peer did not let go yet, and what to free then. */
struct lingering {
	struct lingering *next;
	grant_ref_t ref;
	void *page;
};
static struct lingering *lingering;
static unsigned int lingering_count;
static bool reaper_runs;

static long ask(unsigned int cmd, void *op, unsigned int n)
{
	return HC(grant_table_op, .cmd = cmd, .uop = op, .count = n);
}

/* The hypervisor lists all frames there are then; only the last one is new. */
static int table_grow(void)
{
	xen_pfn_t list[FRAMES_MAX];
	gnttab_setup_table_t op = { .dom = DOMID_SELF, .nr_frames = frames + 1 };
	grant_ref_t ref = frames * REFS_A_FRAME, end = ref + REFS_A_FRAME;
	int rc;

	if (frames == frames_max)
		return -ENOSPC;
	set_xen_guest_handle(op.frame_list, list);
	if (ask(GNTTABOP_setup_table, &op, 1) || op.status != GNTST_okay)
		return -ENOMEM;
	rc = window_set((u8 *)table + frames * PAGE_SIZE,
			list[frames] << PAGE_SHIFT | PTE_P | PTE_W | PTE_NX);
	if (rc)
		return rc;
	frames++;
	for (ref = ref < GNTTAB_NR_RESERVED_ENTRIES ? GNTTAB_NR_RESERVED_ENTRIES : ref; ref < end;
	     ref++) {
		table[ref].frame = first_free;
		first_free = ref;
	}
	return 0;
}

int grants_init(void)
{
	gnttab_query_size_t size = { .dom = DOMID_SELF };
	void *window;
	bool irqs;
	int rc = 0;

	if (table)
		return 0;
	if (ask(GNTTABOP_query_size, &size, 1) || size.status != GNTST_okay)
		return -ENODEV;
	window = window_reserve(MIN(size.max_nr_frames, FRAMES_MAX));
	irqs = spin_lock(&lock);
	if (!table) {
		frames_max = MIN(size.max_nr_frames, FRAMES_MAX);
		table = window;
		rc = table_grow();
	}
	spin_unlock(&lock, irqs);
	return rc;
}

volatile grant_entry_v1_t *grants_table(void)
{
	return table;
}

/* The flags come last: they make the entry valid. */
grant_ref_t grant_page(domid_t peer, const void *page, bool readonly)
{
	bool irqs = spin_lock(&lock);
	grant_ref_t ref;

	if (first_free == GRANT_NONE && table_grow()) {
		spin_unlock(&lock, irqs);
		return GRANT_NONE;
	}
	ref = first_free;
	first_free = table[ref].frame;
	given++;
	spin_unlock(&lock, irqs);
	table[ref].domid = peer;
	table[ref].frame = va_to_mfn(page);
	__atomic_store_n(&table[ref].flags, GTF_permit_access | (readonly ? GTF_readonly : 0),
			 __ATOMIC_RELEASE);
	return ref;
}

/* In one step from "not in use" to "no grant": the peer may map it at any moment before. */
int grant_end(grant_ref_t ref)
{
	u16 flags = table[ref].flags;
	bool irqs;

	do {
		if (flags & (GTF_reading | GTF_writing))
			return -EBUSY;
	} while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	irqs = spin_lock(&lock);
	table[ref].frame = first_free;
	first_free = ref;
	given--;
	spin_unlock(&lock, irqs);
	return 0;
}

/* Look at all that linger once.  Return: how many are left */
static unsigned int reap(void)
{
	struct lingering *all, *l, *kept = NULL;
	unsigned int n = 0;
	bool irqs = spin_lock(&lock);

	all = lingering;
	lingering = NULL;
	spin_unlock(&lock, irqs);
	while ((l = all)) {
		all = l->next;
		if (grant_end(l->ref)) {
			l->next = kept;
			kept = l;
			n++;
			continue;
		}
		if (l->page)
			page_free(l->page);
		heap_free(l, sizeof(*l));
	}
	irqs = spin_lock(&lock);
	while ((l = kept)) {
		kept = l->next;
		l->next = lingering;
		lingering = l;
	}
	for (n = 0, l = lingering; l; l = l->next)
		n++;
	lingering_count = n;
	reaper_runs = n;
	spin_unlock(&lock, irqs);
	return n;
}

static void reaper(void *arg)
{
	(void)arg;
	while (reap())
		thread_sleep(LINGER_INTERVAL);
}

void grant_end_later(grant_ref_t ref, void *page)
{
	struct lingering *l;
	bool irqs, start;

	if (!grant_end(ref)) {
		if (page)
			page_free(page);
		return;
	}
	l = heap_alloc(sizeof(*l));
	*l = (struct lingering){ .ref = ref, .page = page };
	irqs = spin_lock(&lock);
	l->next = lingering;
	lingering = l;
	lingering_count++;
	start = !reaper_runs;
	reaper_runs = true;
	spin_unlock(&lock, irqs);
	if (start)
		thread_start("grants", 0, reaper, NULL, NULL);
}

unsigned int grants_given(void)
{
	return READ_ONCE(given);
}

unsigned int grants_lingering(void)
{
	return READ_ONCE(lingering_count);
}
