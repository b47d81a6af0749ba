/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: extents given, taken back and exchanged; the heap below it.
 */
#include "fake/fake.h"
#include "tap.h"

#define NOT_MEMORY	2UL

static struct domain *d, *dom0_d;
static u64 before;

static void setup(void)
{
	fake_start(1);
	dom0_d = fake_domain(0, 1, true);
	d = fake_domain(1, 1, false);
	fake_run(0, d->vcpu[0]);
	before = heap_free_pages();
}

static long reserve(u32 cmd, u64 *list, u64 nr, u32 order)
{
	xen_memory_reservation_t r = { .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return fake_call(HC_memory_op, cmd, (u64)&r, 0, 0);
}

static void test_populate(void)
{
	u64 list[8];

	setup();
	for (u64 i = 0; i < 8; i++)
		list[i] = 100 + 4 * i;
	is_int(reserve(XENMEM_populate_physmap, list, 8, 2), 8, "eight extents of four");
	is_int(d->mm.tot_pages, 32, "are charged");
	is_int(m2p_get(list[3] + 2), 114, "and have their pfns");
	is_int(reserve(XENMEM_decrease_reservation, list, 8, 2), 8, "given back");
	is_int(heap_free_pages(), before, "all of them");
	is_int(m2p_get(list[3] + 2), INVALID_M2P, "and their pfns are gone");
	is_int(reserve(XENMEM_decrease_reservation, list, 8, 2), 0, "not twice");
	is_int(reserve(XENMEM_increase_reservation, list, 3, 0), 3, "three pages");
	list[1] = NOT_MEMORY;
	is_int(reserve(XENMEM_decrease_reservation, list, 3, 0), 1, "up to the bad one");
	is_int(reserve(XENMEM_increase_reservation, NULL, 2, 0), 2, "without a list");
	is_int(mm_audit(d), 0, "audit is clean");
}

static void test_limits(void)
{
	xen_memory_reservation_t r = { .nr_extents = 1, .extent_order = 0, .domid = 7 };
	u64 list[4] = { 1, 2, 3, 4 };

	setup();
	d->mm.max_pages = 2;
	is_int(reserve(XENMEM_populate_physmap, list, 4, 0), 2, "as many as allowed");
	is_int(reserve(XENMEM_populate_physmap, list, 1, 10), 0, "no extents of order 10");
	is_int(reserve(XENMEM_populate_physmap, list, 1, ~0u), 0, "nor of any order");
	is_int(reserve(XENMEM_populate_physmap, list, 1UL << 40, 0), 0, "nor too many of them");
	is_int(reserve(XENMEM_populate_physmap, (u64 *)FAKE_BAD_VA, 1, 0), 0, "nor to an unmapped list");
	is_int(reserve(XENMEM_populate_physmap, (u64 *)HV_START, 1, 0), 0, "nor to the hypervisor's");
	is_int(fake_call(HC_memory_op, XENMEM_populate_physmap, FAKE_BAD_VA, 0, 0), 0, "no structure");
	is_int(fake_call(HC_memory_op, XENMEM_populate_physmap, (u64)&r, 0, 0), 0, "no such domain");
	r.domid = 0;
	is_int(fake_call(HC_memory_op, XENMEM_populate_physmap, (u64)&r, 0, 0), 0, "another domain");
	is_int(heap_free_pages(), before - 2, "nothing else was given");
	is_int(mm_audit(d), 0, "audit is clean");
}

static void test_preempted(void)
{
	u64 list[8];

	setup();
	for (u64 i = 0; i < 8; i++)
		list[i] = i;
	fake_preempt_at = 3;
	is_int(reserve(XENMEM_populate_physmap, list, 8, 0), 8, "goes on after a restart");
	is_int(fake_restarts, 1, "which there was");
	is_int(d->mm.tot_pages, 8, "and does nothing twice");
	fake_preempt_asked = 0;
	is_int(reserve(XENMEM_decrease_reservation, list, 8, 0), 8, "also when giving back");
	is_int(heap_free_pages(), before, "all of them");
}

static long exchange(u64 *in, u64 nr_in, u32 in_order, u64 *out, u64 nr_out, u32 out_order, u64 *done)
{
	xen_memory_exchange_t e = {
		.in = { .nr_extents = nr_in, .extent_order = in_order, .domid = DOMID_SELF },
		.out = { .nr_extents = nr_out, .extent_order = out_order, .domid = DOMID_SELF },
	};
	long rc;

	set_xen_guest_handle(e.in.extent_start, (xen_pfn_t *)in);
	set_xen_guest_handle(e.out.extent_start, (xen_pfn_t *)out);
	rc = fake_call(HC_memory_op, XENMEM_exchange, (u64)&e, 0, 0);
	*done = e.nr_exchanged;
	return rc;
}

static void test_exchange(void)
{
	u64 list[8], out[2] = { 40, 44 }, back[8], done;

	setup();
	is_int(reserve(XENMEM_increase_reservation, list, 8, 0), 8, "eight pages");
	is_int(exchange(list, 8, 0, out, 2, 2, &done), 0, "for two extents of four");
	is_int(done, 8, "all exchanged");
	is_int(out[0] & 3, 0, "aligned");
	is_int(m2p_get(out[1] + 3), 47, "with the pfns asked for");
	is_int(d->mm.tot_pages, 8, "and none more than before");
	for (u64 i = 0; i < 8; i++)
		back[i] = i;
	fake_preempt_asked = 0;
	fake_preempt_at = 1;
	is_int(exchange(out, 2, 2, back, 8, 0, &done), 0, "and back, preempted");
	is_int(done, 2, "all of them");
	is_int(m2p_get(back[7]), 7, "to the last");
	is_int(mm_audit(d), 0, "audit is clean");

	ok(frame_get(mfn_to_frame(back[2]), d), "one in use");
	is_int(exchange(back, 8, 0, out, 2, 2, &done), -EINVAL, "stops it");
	is_int(done, 0, "before anything was done");
	frame_put(mfn_to_frame(back[2]));
	is_int(exchange(back, 8, 0, out, 1, 2, &done), -EINVAL, "sizes must match");
	is_int(exchange(back, 8, 0, out, 1, 10, &done), -EPERM, "and be allowed");
	is_int(exchange((u64 *)FAKE_BAD_VA, 8, 0, out, 2, 2, &done), -EFAULT, "lists must be there");
	is_int(exchange(back, ~0UL, 1, out, ~0UL, 1, &done), -EINVAL, "and fit the world");
	is_int(mm_audit(d), 0, "audit is clean");
	while (frames_relinquish(d))
		;
	is_int(heap_free_pages(), before, "the heap has all back");
}

static void test_numbers(void)
{
	domid_t self = DOMID_SELF, none = 99, other = 0;
	xen_machphys_mapping_t map;
	xen_memory_map_t e820;
	u8 buffer[64];
	u64 start;

	setup();
	is_int(fake_call(HC_memory_op, XENMEM_maximum_ram_page, 0, 0, 0), FAKE_FRAMES, "the last frame");
	is_int(fake_call(HC_memory_op, XENMEM_current_reservation, (u64)&self, 0, 0), 0, "pages");
	is_int(fake_call(HC_memory_op, XENMEM_maximum_reservation, (u64)&self, 0, 0), FAKE_FRAMES, "limit");
	is_int(fake_call(HC_memory_op, XENMEM_current_reservation, (u64)&none, 0, 0), -ESRCH, "nobody's");
	is_int(fake_call(HC_memory_op, XENMEM_current_reservation, (u64)&other, 0, 0), -EPERM, "another's");
	is_int(fake_call(HC_memory_op, XENMEM_current_reservation, FAKE_BAD_VA, 0, 0), -EFAULT, "no id");
	is_int(fake_call(HC_memory_op, XENMEM_current_reservation | 1 << 6, (u64)&self, 0, 0), -EINVAL,
	       "an extent where there is none");
	is_int(fake_call(HC_memory_op, XENMEM_machphys_mapping, (u64)&map, 0, 0), 0, "the M2P");
	is_int(map.v_start, HV_START, "where it is");
	is_int(map.max_mfn, FAKE_FRAMES - 1, "and how far it goes");
	is_int(fake_call(HC_memory_op, XENMEM_memory_map, (u64)&e820, 0, 0), -ENOSYS, "no map of its own");
	is_int(fake_call(HC_memory_op, XENMEM_machine_memory_map, (u64)&e820, 0, 0), -EPERM,
	       "nor the machine's");
	is_int(fake_call(HC_memory_op, 60, 0, 0, 0), -ENOSYS, "an unknown command");

	fake_run(0, dom0_d->vcpu[0]);
	e820.nr_entries = 3;
	set_xen_guest_handle(e820.buffer, (void *)buffer);
	is_int(fake_call(HC_memory_op, XENMEM_machine_memory_map, (u64)&e820, 0, 0), 0, "dom0's");
	is_int(e820.nr_entries, 2, "has two entries");
	memcpy(&start, buffer + 20, sizeof(start));
	is_int(start, FAKE_FIRST * PAGE_SIZE, "as the machine has them");
}

/* ---- heap ------------------------------------------------------------------------------------------- */

static void test_heap(void)
{
	struct frame *f[16];
	u64 all;
	void *p[100];

	fake_start(1);
	all = heap_free_pages();
	for (unsigned int i = 0; i < 10; i++)
		f[i] = heap_alloc(i, MEMF_NO_SCRUB);
	is_int(heap_free_pages(), all - 1023, "blocks of ten sizes");
	for (unsigned int i = 0; i < 10; i++)
		ok(f[i] && !(frame_to_mfn(f[i]) & (BIT(i) - 1)), "order %u is aligned", i);
	for (unsigned int i = 0; i < 10; i += 2)
		heap_free(f[i], i);
	for (unsigned int i = 1; i < 10; i += 2)
		heap_free(f[i], i);
	is_int(heap_free_pages(), all, "are given back");
	f[0] = heap_alloc(11, MEMF_NO_SCRUB);
	ok(f[0], "and joined again");
	heap_free(f[0], 11);
	ok(!heap_alloc(12, 0), "no more than there is");
	ok(!heap_alloc(HEAP_MAX_ORDER + 1, 0), "nor beyond any order");

	for (unsigned int i = 0; i < 100; i++) {
		p[i] = zalloc(1 + i * 77);
		for (unsigned int j = 0; j < 1 + i * 77; j++)
			if (((char *)p[i])[j])
				ok(false, "object %u is not zero", i);
		memset(p[i], 0xee, 1 + i * 77);
	}
	for (unsigned int i = 0; i < 100; i += 3)
		zfree(p[i]);
	for (unsigned int i = 0; i < 100; i++)
		if (i % 3)
			zfree(p[i]);
	zfree(NULL);
	is_int(heap_free_pages(), all, "objects are given back to the last page");
	f[0] = heap_alloc(0, 0);
	ok(!*(u64 *)mfn_to_hv(frame_to_mfn(f[0])), "pages come cleared");
	heap_free(f[0], 0);
	if (!fake_panics())
		heap_free(f[0] + 1, 3);
	ok(!fake_panic_expected, "a block that is none is a panic");
}

int main(void)
{
	test_populate();
	test_limits();
	test_preempted();
	test_exchange();
	test_numbers();
	test_heap();
	return tap_done();
}
