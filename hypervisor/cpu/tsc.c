/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time-stamp counter's rate, measured against a timer whose rate is known, and a look at whether the
 * counters of two CPUs agree.
 */
#include "cpu/acpi.h"
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "mm/mm.h"

#define CALIBRATE_MS	10
#define SYNC_US		500

u64 tsc_khz, tsc_hz;
bool tsc_is_stable = true;

/* ---- reference timers --------------------------------------------------------------------------------- */

/* A counter of `hz`, `mask` wide, counting up. */
struct reference {
	const char *name;
	u64 (*read)(void);
	u64 hz, mask;
};

#define HPET_CAPS	0		/* high half: femtoseconds a tick */
#define HPET_CONFIG	0x10
#define HPET_COUNTER	0xf0
static volatile u32 *hpet;

static u64 __init hpet_read(void)
{
	return hpet[HPET_COUNTER / 4];
}

static bool __init hpet_open(struct reference *r)
{
	u32 period;

	if (!acpi.hpet || !cmdline_bool("hpet", true))
		return false;
	hpet = hv_map_io(acpi.hpet, 0x400);
	if (!hpet)
		return false;
	period = hpet[HPET_CAPS / 4 + 1];
	if (period < 100000 || period > 100000000)	/* 10 GHz to 10 MHz, by its specification */
		return false;
	hpet[HPET_CONFIG / 4] |= 1;
	*r = (struct reference){ "HPET", hpet_read, 1000000000000000UL / period, 0xffffffff };
	return true;
}

static u64 __init pm_timer_read(void)
{
	return inl(acpi.pm_timer);
}

static bool __init pm_timer_open(struct reference *r)
{
	*r = (struct reference){ "ACPI timer", pm_timer_read, 3579545,
				 acpi.pm_timer_32bit ? 0xffffffff : 0xffffff };
	return acpi.pm_timer;
}

#define PIT_HZ		1193182
#define PIT_CHANNEL2	0x42
#define PIT_MODE	0x43
#define PIT_GATE	0x61

/* Channel 2 counts down from 0xffff once; that is 55 ms. */
static u64 __init pit_read(void)
{
	u32 count;

	outb(PIT_MODE, 0x80);			/* latch channel 2 */
	count = inb(PIT_CHANNEL2);
	count |= (u32)inb(PIT_CHANNEL2) << 8;
	return 0xffff - count;
}

static bool __init pit_open(struct reference *r)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1);	/* counting on, speaker off */
	outb(PIT_MODE, 0xb0);				/* channel 2, both bytes, mode 0 */
	outb(PIT_CHANNEL2, 0xff);
	outb(PIT_CHANNEL2, 0xff);
	*r = (struct reference){ "PIT", pit_read, PIT_HZ, 0xffff };
	return true;
}

/* ---- calibration ---------------------------------------------------------------------------------------- */

struct sample {
	u64 tsc, ref;
};

/* The pair read closest together of a few: an emulator or SMI may come in between. */
static struct sample __init take_sample(const struct reference *r)
{
	struct sample best = { 0, 0 };
	u64 least = ~0UL;

	for (unsigned int i = 0; i < 5; i++) {
		u64 before = rdtsc_ordered(), ref = r->read(), after = rdtsc_ordered();

		if (after - before < least) {
			least = after - before;
			best = (struct sample){ before + (after - before) / 2, ref };
		}
	}
	return best;
}

void __init tsc_calibrate(void)
{
	struct reference r;
	struct sample a, b;
	u64 ticks, wanted;

	if (!hpet_open(&r) && !pm_timer_open(&r))
		pit_open(&r);
	wanted = r.hz * CALIBRATE_MS / 1000;
	a = take_sample(&r);
	/* A timer that stands still must not hang the boot: 2^32 cycles are at most some seconds. */
	do {
		b.tsc = rdtsc_ordered();
		ticks = (r.read() - a.ref) & r.mask;
	} while (ticks < wanted && b.tsc - a.tsc < BIT(33));
	b = take_sample(&r);
	ticks = (b.ref - a.ref) & r.mask;
	if (ticks < wanted)
		boot_fail("the %s does not count", r.name);
	tsc_hz = (b.tsc - a.tsc) * r.hz / ticks;	/* some 2^27 cycles, at most 2^34 Hz */
	tsc_khz = (tsc_hz + 500) / 1000;
	log_debug("TSC: %lu.%03lu MHz by %s", tsc_khz / 1000, tsc_khz % 1000, r.name);
}

void tsc_delay_us(u64 us)
{
	u64 end = rdtsc() + us * tsc_khz / 1000;

	while ((s64)(rdtsc() - end) < 0)
		cpu_relax();
}

/* ---- agreement between CPUs ------------------------------------------------------------------------------- */

static volatile u32 sync_in;		/* CPUs that have arrived */
static volatile u64 sync_last;		/* newest value anybody read */
static volatile u64 sync_warp;		/* how far back another then read */

/*
 * Two CPUs take turns in reading their counters: neither may ever read less than the other just did.
 */
void tsc_sync_check(bool is_boot_cpu)
{
	static volatile u32 turn;
	u64 end;

	__atomic_add_fetch(&sync_in, 1, __ATOMIC_SEQ_CST);
	while (sync_in < 2)
		cpu_relax();
	end = rdtsc() + SYNC_US * tsc_khz / 1000;
	while ((s64)(rdtsc() - end) < 0) {
		u64 now, last;

		while (__atomic_exchange_n(&turn, 1, __ATOMIC_ACQUIRE))
			cpu_relax();
		last = sync_last;
		now = rdtsc_ordered();
		sync_last = now;
		__atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
		if (now < last && last - now > sync_warp)
			sync_warp = last - now;
	}
	/* The boot CPU leaves last and clears the board for the next pair. */
	__atomic_add_fetch(&sync_in, 1, __ATOMIC_SEQ_CST);
	if (!is_boot_cpu)
		return;
	while (sync_in < 4)
		cpu_relax();
	if (sync_warp)
		tsc_is_stable = false;
	sync_last = sync_warp = 0;
	sync_in = 0;
}
