/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-many - a domain that has mapped very many grants asks about a frame that is none of them
 *
 * Right: cache_flush looks at all mappings and refuses the frame; an event that comes while it looks is delivered
 * there and then, and the call made again.  The event's frame then says that the guest stands before the SYSCALL.
 * ABI: GNTTABOP_cache_flush in grant_table.h.
 *
 * Boot: --timeout 120
 */
#include "grant.h"

#define REFS  500
#define EACH  120		/* Xen counts to 127 */
#define TRIES 30

static gnttab_map_grant_ref_t maps[EACH];
static u32 before_syscall;
static const u8 call_at[] = { 0x0f, 0x05 }; /* SYSCALL */

static bool on_event(struct regs *regs)
{
	before_syscall += !memcmp((void *)regs->rip, call_at, sizeof(call_at));
	LIVE(this_vcpu_info()->evtchn_upcall_pending) = 0;
	return true;
}

static long cache_flush(u64 mfn)
{
	gnttab_cache_flush_t f = { .a.dev_bus_addr = mfn << 12, .length = 64, .op = GNTTAB_CACHE_CLEAN };

	return HC(grant_table_op, .cmd = GNTTABOP_cache_flush, .uop = &f, .count = 1);
}

static unsigned int map_many(u64 mfn)
{
	unsigned int good = 0;

	for (int ref = 9; ref < 9 + REFS; ref++) {
		grant_give(ref, 0, mfn, 0);
		for (int i = 0; i < EACH; i++)
			maps[i] = (gnttab_map_grant_ref_t){ .flags = GNTMAP_device_map, .ref = ref, .dom = 0 };
		HC(grant_table_op, .cmd = GNTTABOP_map_grant_ref, .uop = maps, .count = EACH);
		for (int i = 0; i < EACH; i++)
			good += maps[i].status == GNTST_okay;
	}
	return good;
}

void test_main(void)
{
	u64 nobodys = 0x210;	/* in the image of the hypervisor */
	u32 timer;
	long rc;

	grant_init();
	rc = cache_flush(mfn_of(maps));
	if (rc)
		skip_all("cache_flush is not offered");
	check_eq(map_many(mfn_of(page_alloc())), REFS * EACH, "mappings");
	check_eq(cache_flush(nobodys), -XEN_EPERM, "a frame of nobody's is refused");
	event_init();
	trap_hooks[VEC_EVENT] = on_event;
	timer = bind_virq(VIRQ_TIMER, 0);
	event_port_on(timer);
	for (int i = 0; i < TRIES && !before_syscall; i++) {
		vcpu_set_singleshot_timer_t t = { .timeout_abs_ns = now() + (i + 1) * 50000 };

		LIVE(shared_info->evtchn_pending[timer / 64]) = 0;
		LIVE(this_vcpu_info()->evtchn_pending_sel) = 0;
		HC(vcpu_op, .cmd = VCPUOP_set_singleshot_timer, .vcpuid = 0, .arg = &t);
		events_enable();
		rc = cache_flush(nobodys);
		events_disable();
		if (rc != -XEN_EPERM)
			break;
	}
	check_eq(rc, -XEN_EPERM, "while events come, too");
	if (on_xen())
		check_skipped("one of which came in the middle", "Xen looks at the owner's table, which is short");
	else
		check(before_syscall, "one of which came in the middle");
}
