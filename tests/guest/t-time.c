/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * time - system time on several vCPUs
 *
 * Right: time never goes back, not even from one vCPU to another (by 100 us: Xen's vCPUs on an
 * emulator differ by some); it runs as the wall clock; a registered time area shows the same time. The
 * vCPU is told the time anew within seconds, as long as it has timers: kernels wait by system_time alone, or for
 * the next version.
 * ABI: struct vcpu_time_info in xen.h; VCPUOP_register_vcpu_time_memory_area in vcpu.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define SLACK 100000

static u64 shared, rounds, back_other, stop;
static struct vcpu_time_info area;

/*
 * Each takes a time after the one the other published; how often that was smaller by more than the
 * slack.
 */
static u64 race(u64 until)
{
	u64 back = 0, other, mine;

	do {
		other = __atomic_load_n(&shared, __ATOMIC_SEQ_CST);
		mine = now();
		back += mine + SLACK < other;
		__atomic_store_n(&shared, mine, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&rounds, 1, __ATOMIC_SEQ_CST);
	} while (mine < until && !LIVE(stop));
	return back;
}

static void other_vcpu(void)
{
	back_other = race(~0UL);
	LIVE(stop) = 2;
}

static void alone(void)
{
	u64 last = now(), t, back = 0;

	for (int i = 0; i < 200000; i++) {
		t = now();
		back += t < last;
		last = t;
	}
	check_eq(back, 0, "time does not go back on one vCPU");
}

/* With the ticker that a vCPU starts with, or with no more than a timer that is set again and again. */
static void time_told_anew(const char *how, bool timer)
{
	const struct vcpu_time_info *t = &this_vcpu_info()->time;
	u32 version = LIVE(t->version);
	u64 told = LIVE(t->system_time), last = now(), end = last + 10000000000UL, next = 0, back = 0, n;

	while ((LIVE(t->version) == version || LIVE(t->system_time) == told) && last < end) {
		if (timer && last >= next) {		/* after it has come: setting it anew takes it back */
			HC(set_timer_op, .timeout = last + 10000000);
			next = last + 30000000;
		}
		n = now();
		back += n < last;
		last = n;
	}
	note("%s: version %u, then %u; told %lu, then %lu; it is %lu", how, version, LIVE(t->version), told,
	     LIVE(t->system_time), last);
	check(last < end && !(LIVE(t->version) & 1), "system_time and the version move, %s", how);
	check(LIVE(t->system_time) > told, "forward");
	check_eq(back, 0, "time does not go back over that");
	n = now();
	check(n >= last && n < last + 1000000000, "and is as it was");
}

void test_main(void)
{
	vcpu_register_time_memory_area_t reg = { .addr.h.p = &area };
	u64 end, back;
	long rc;

	alone();
	check_eq(vcpu_start(1, other_vcpu), 0, "a second vCPU");
	back = race(now() + 500000000);
	LIVE(stop) = 1;
	end = now() + 2000000000;
	while (LIVE(stop) != 2 && now() < end)
		;
	check_eq(LIVE(stop), 2, "the other took part");
	check_eq(back, 0, "time does not go back from vCPU 1 to 0");
	check_eq(back_other, 0, "nor from 0 to 1");
	rc = HC(vcpu_op, .cmd = VCPUOP_register_vcpu_time_memory_area, .vcpuid = 0, .arg = &reg);
	check_eq(rc, 0, "a time area");
	back = now();
	end = time_of(&area);
	check(end >= back - SLACK && end < back + 100000000, "shows the same time");
	time_told_anew("with the ticker on", false);
	check_eq(HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0), 0, "the ticker is off");
	time_told_anew("with a timer", true);
}
