/* SPDX-License-Identifier: GPL-2.0-only */
/* System time by vcpu_time_info, as xen.h explains it. */
#include "guest.h"

static u64 scaled(u64 ticks, const struct vcpu_time_info *t)
{
	ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
	return (unsigned __int128)ticks * t->tsc_to_system_mul >> 32;
}

u64 time_of(const struct vcpu_time_info *from)
{
	struct vcpu_time_info t;
	u64 tsc;

	do {
		t = *(const volatile struct vcpu_time_info *)from;
		barrier();
		__asm__ volatile("lfence");
		tsc = rdtsc();
		barrier();
	} while ((t.version & 1) || t.version != LIVE(from->version));
	return t.system_time + (tsc > t.tsc_timestamp ? scaled(tsc - t.tsc_timestamp, &t) : 0);
}

u64 now(void)
{
	return time_of(&this_vcpu_info()->time);
}

void spin(u64 ns)
{
	u64 end = now() + ns;

	while (now() < end)
		;
}
