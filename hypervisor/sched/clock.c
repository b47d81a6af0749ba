/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time: the hypervisor's own, what guests read of it, and the date.
 *
 * System time is the TSC scaled to nanoseconds since boot, with one scale and one offset for all CPUs
 * and for ever.  Guests scale the TSC by the very same numbers (pvclock), so what they read is the
 * hypervisor's time to the nanosecond and cannot step back, whichever vCPU reads it; their vDSO may use
 * it too (PVCLOCK_TSC_STABLE_BIT), wherever all CPUs' TSCs were seen to agree, also when the TSC is not
 * declared invariant.
 *
 * ABI: struct vcpu_time_info and wc_* of struct shared_info in xen.h.
 */
#include "cpu/insn.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "domain/domain.h"
#include "mm/guest-copy.h"

#define NS_PER_SEC	1000000000UL

struct clock_scale clock_scale;
static u64 last_ns;			/* unstable TSC only: the latest time any CPU has read */
static u64 wall_base;			/* date at system time 0, ns since 1970; atomic */

static u64 tsc_to_ns(u64 tsc)
{
	u64 delta = tsc - clock_scale.tsc_base;

	if (clock_scale.shift < 0)
		delta >>= -clock_scale.shift;
	else
		delta <<= clock_scale.shift;
	return (u64)(((unsigned __int128)delta * clock_scale.mul) >> 32);
}

/* TSCs that differ: at least never go back. */
static u64 not_before_last(u64 ns)
{
	u64 last = READ_ONCE(last_ns);

	do {
		if (ns <= last)
			return last;
	} while (!__atomic_compare_exchange_n(&last_ns, &last, ns, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return ns;
}

ns_t now_ns(void)
{
	u64 ns = tsc_to_ns(rdtsc_ordered());

	return likely(tsc_is_stable) ? ns : not_before_last(ns);
}

/* Rounded up, so that the time has come when the TSC is there; ~0 for times out of range. */
u64 ns_to_tsc_deadline(ns_t t)
{
	unsigned __int128 delta;

	if (t < 0)
		t = 0;
	/* (t << 32) / mul in two steps, each of 64 bits. */
	delta = (unsigned __int128)((u64)t / clock_scale.mul) << 32;
	delta += (((u64)t % clock_scale.mul << 32) + clock_scale.mul - 1) / clock_scale.mul;
	if (clock_scale.shift < 0)
		delta <<= -clock_scale.shift;
	else
		delta >>= clock_scale.shift;
	delta += clock_scale.tsc_base + 1;
	return delta >= ~0UL ? ~0UL : (u64)delta;
}

/* mul is a fraction of 2^32: the shift brings the rate between 1 and 2 GHz, where it is most exact. */
static void set_scale(u64 hz)
{
	s8 shift = 0;

	while (hz > 2 * NS_PER_SEC) {
		hz >>= 1;
		shift--;
	}
	while (hz <= NS_PER_SEC) {
		hz <<= 1;
		shift++;
	}
	clock_scale.shift = shift;
	clock_scale.mul = (NS_PER_SEC << 32) / hz;
}

/* ---- pvclock ------------------------------------------------------------------------------------ */

/*
 * The time is told from some seconds ago on: there are kernels (NetBSD's) that wait by system_time alone, or for the
 * next version.  Only from such TSCs as come out even in nanoseconds, so that all that is ever told, to whomever,
 * means the very same time; and never from one that the slowest CPU's TSC may not have reached.
 */
static struct vcpu_time_info time_info(u32 version)
{
	u32 even = 32 - MIN(clock_scale.shift, 0);
	u64 steps = (rdtsc() - clock_scale.tsc_base) >> even;
	u64 from = clock_scale.tsc_base + ((steps - !!steps) << even);

	return (struct vcpu_time_info){
		.version = version,
		.tsc_timestamp = from,
		.system_time = tsc_to_ns(from),
		.tsc_to_system_mul = clock_scale.mul,
		.tsc_shift = clock_scale.shift,
		.flags = tsc_is_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
}

/* Odd version, body, even version: the guest reads again when it saw an odd one or a change. */
static void write_area(guest_va_t va, u32 version)
{
	struct vcpu_time_info t = time_info(version | 1);

	if (copy_to_guest(va, &t.version, sizeof(t.version)) || copy_to_guest(va, &t, sizeof(t)))
		return;
	version = (version | 1) + 1;
	/* A place that cannot be written is the guest's loss. */
	if (copy_to_guest(va, &version, sizeof(version)))
		return;
}

void clock_update_vcpu(struct vcpu *v)
{
	struct vcpu_info *info = v->evtchn.info;
	u32 version = READ_ONCE(info->time.version) & ~1u;
	struct vcpu_time_info t = time_info(version + 1);

	v->sched.clock_in = info;
	WRITE_ONCE(info->time.version, version + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	info->time = t;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(info->time.version, version + 2);
	/* User mode's tables have it not: the next tick will do. */
	if (v->sched.time_area && current->domain == v->domain && current->pv.kernel_mode)
		write_area(v->sched.time_area, version);
}

/* ---- the date ----------------------------------------------------------------------------------- */

/* The date at system time 0. */
static void write_date(struct shared_info *s, u64 base, s64 offset)
{
	u64 sec = base / NS_PER_SEC + (u64)offset;
	u32 version = (READ_ONCE(s->wc_version) & ~1u) + 1;

	WRITE_ONCE(s->wc_version, version);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(s->wc_sec, (u32)sec);
	WRITE_ONCE(s->wc_sec_hi, (u32)(sec >> 32));
	WRITE_ONCE(s->wc_nsec, (u32)(base % NS_PER_SEC));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(s->wc_version, version + 1);
}

/* Locks: takes d->lock, under which shared_info of a dying domain goes. */
void clock_update_wallclock(struct domain *d)
{
	spin_lock(&d->lock);
	if (d->shared)
		write_date(d->shared, READ_ONCE(wall_base), d->control.time_offset);
	spin_unlock(&d->lock);
}

/**
 * clock_set_wallclock - it was @sec, @nsec (since 1970) at @system_time
 *
 * Domains see it when clock_update_wallclock() is called for them.
 */
void clock_set_wallclock(u64 sec, u32 nsec, ns_t system_time)
{
	WRITE_ONCE(wall_base, sec * NS_PER_SEC + nsec - (u64)system_time);
}

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define RTC_REG_A	0x0a		/* bit 7: about to change */
#define RTC_REG_B	0x0b		/* bit 2: binary; bit 1: 24 hours */

static u8 cmos_read(u8 reg)
{
	outb(CMOS_INDEX, reg);
	return inb(CMOS_DATA);
}

static u32 from_bcd(u8 v) { return (v >> 4) * 10 + (v & 15); }

/* Days from 1970-01-01 to a date, by the Gregorian calendar; the year begins in March here. */
static u64 days_since_1970(u32 year, u32 month, u32 day)
{
	u32 y = month > 2 ? year : year - 1;
	u32 m = month > 2 ? month - 3 : month + 9;

	return (u64)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Seconds since 1970 by the battery clock, which keeps UTC; the year is taken as 1970 to 2069. */
static u64 cmos_seconds(void)
{
	static const u8 regs[6] = { 0, 2, 4, 7, 8, 9 };	/* s min h day month year */
	u32 v[6];
	u8 mode = cmos_read(RTC_REG_B), hour;

	for (unsigned int tries = 0; tries < 100000 && (cmos_read(RTC_REG_A) & 0x80); tries++)
		cpu_relax();
	for (unsigned int i = 0; i < 6; i++)
		v[i] = cmos_read(regs[i]);
	hour = v[2];
	v[2] &= 0x7f;
	for (unsigned int i = 0; i < 6 && !(mode & 4); i++)
		v[i] = from_bcd(v[i]);
	if (!(mode & 2))		/* 12 hours: bit 7 is PM, and 12 comes before 1 */
		v[2] = v[2] % 12 + (hour & 0x80 ? 12 : 0);
	if (v[4] < 1 || v[4] > 12 || v[3] < 1)
		return 0;		/* no battery */
	return ((days_since_1970(v[5] + (v[5] < 70 ? 2000 : 1900), v[4], v[3]) * 24 + v[2]) * 60 +
		v[1]) * 60 + v[0];
}

/* ---- start -------------------------------------------------------------------------------------- */

void clock_init(u64 khz)
{
	set_scale(tsc_hz ? tsc_hz : khz * 1000);
	clock_scale.tsc_base = rdtsc_ordered();
	clock_set_wallclock(cmos_seconds(), 0, now_ns());
}

void clock_cpu_init(u32 cpu)
{
	if (cpu && !tsc_is_stable)
		log_warn("clock: TSC of CPU %u differs", cpu);
}
