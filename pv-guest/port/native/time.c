/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time (native): the TSC, and the APIC's timer, both measured against the oldest clock there is, whose
 * rate is known.
 */
#include "kernel/print.h"
#include "port/native/native.h"

#define PIT_HZ	   1193182
#define MEASURE_MS 50
#define MEASURE_NS (MEASURE_MS * 1000000UL)
#define LONGEST_NS 10000000000UL /* a longer wait is done in parts */

static u64 tsc_start, ns_per_tsc; /* the latter times 2^32 */
static u64 apic_per_measure;

/* Count down MEASURE_MS on channel 2, the one whose end can be read at port 0x61. */
static void pit_wait(void)
{
	u32 count = PIT_HZ * MEASURE_MS / 1000;

	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, count & 0xff);
	outb(0x42, count >> 8);
	while (!(inb(0x61) & 0x20))
		;
}

void port_time_init(void)
{
	u64 tsc;

	apic_write(APIC_LVT_TIMER, 0x10000 | VEC_TIMER); /* masked */
	apic_write(APIC_COUNT, UINT32_MAX);
	tsc = rdtsc();
	pit_wait();
	tsc = rdtsc() - tsc;
	apic_per_measure = UINT32_MAX - apic_read(APIC_CURRENT);
	apic_write(APIC_COUNT, 0);
	apic_write(APIC_LVT_TIMER, VEC_TIMER);
	CHECK(tsc && apic_per_measure);
	ns_per_tsc = (MEASURE_NS << 32) / tsc;
	tsc_start = rdtsc();
}

u64 port_time_ns(void)
{
	return ((unsigned __int128)(rdtsc() - tsc_start) * ns_per_tsc) >> 32;
}

void port_timer_set(u64 deadline)
{
	u64 now = port_time_ns();
	u64 ns = deadline > now ? deadline - now : 0;
	u64 count = ns < LONGEST_NS ? ns * apic_per_measure / MEASURE_NS + 1 : UINT32_MAX;

	apic_write(APIC_COUNT, MIN(count, UINT32_MAX));
}
