/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: shares, caps, affinities, waking, over simulated time; and a storm of everything, with
 * the invariants looked at after each step.
 */
#include <stdlib.h>

#include "cpu/insn.h"
#include "fake/sim.h"
#include "lib/errno.h"
#include "tap.h"

#define ONE_WEIGHT	256
#define HARD(mask)	(&(u64){ mask })

/* Part of `of` CPU time that g used, in 1/100 %. */
static long share(struct guest *g, ns_t of)
{
	return sim_used(g) * 10000 / of;
}

static bool near(long is, long should, long by)
{
	return labs(is - should) <= by;
}

static void shares_are(const char *what, struct guest **g, const long *should, u32 n, ns_t of, long by)
{
	for (u32 i = 0; i < n; i++) {
		long is = share(g[i], of);

		ok(near(is, should[i], should[i] * by / 100), "%s: %ld.%02ld %% (%ld.%02ld)", what, is / 100, is % 100,
		   should[i] / 100, should[i] % 100);
	}
	ok(!sim_bad, "%s: all is in order", what);
}

/* n hogs of one vCPU each, alone in their domains. */
static void hogs(struct guest **g, const u16 *weights, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct domain *d = sim_domain(1, weights[i], 0);

		g[i] = sim_guest(d, 0);
		sim_up(d);
	}
}

static const u16 powers[] = { 256, 512, 1024 };

static void test_one_cpu(void)
{
	struct guest *g[3];

	sim_start(1);
	hogs(g, powers, 3);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("256:512:1024, one CPU", g, (long[]){ 1429, 2857, 5714 }, 3, 10000 * MS, 1);
}

/* The third can use one CPU at most, less than its share of 8/7: the others divide the second. */
static void test_two_cpus(void)
{
	struct guest *g[3];

	sim_start(2);
	hogs(g, powers, 3);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("256:512:1024, two CPUs", g, (long[]){ 3333, 6667, 10000 }, 3, 10000 * MS, 1);
}

static void test_feasible_on_two(void)
{
	struct guest *g[4];

	sim_start(2);
	hogs(g, (u16[]){ 256, 512, 512, 768 }, 4);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("1:2:2:3 on two CPUs", g, (long[]){ 2500, 5000, 5000, 7500 }, 4, 10000 * MS, 1);
}

static void test_equal_on_two(void)
{
	struct guest *g[3];

	sim_start(2);
	sim_lateness = 100 * US;
	hogs(g, (u16[]){ 256, 256, 256 }, 3);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("three alike on two CPUs", g, (long[]){ 6667, 6667, 6667 }, 3, 10000 * MS, 1);
	ok(g[0]->moves + g[1]->moves + g[2]->moves < 3000, "without moving all the time: %u", g[0]->moves);
	sim_lateness = 0;
}

static void test_two_vcpus_each(void)
{
	struct guest *g[6];

	sim_start(2);
	for (u32 i = 0; i < 3; i++) {
		struct domain *d = sim_domain(2, powers[i], 0);

		g[2 * i] = sim_guest(d, 0);
		g[2 * i + 1] = sim_guest(d, 1);
		sim_up(d);
	}
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("two vCPUs each", g, (long[]){ 1429, 1429, 2857, 2857, 5714, 5714 }, 6, 5000 * MS * 2, 1);
}

static void test_extreme_weights(void)
{
	struct guest *g[3];

	sim_start(1);
	hogs(g, (u16[]){ 1, 256, 65535 }, 3);
	sim_run(1000 * MS);
	sim_count();
	sim_run(300000 * MS);
	ok(near(share(g[1], 300000 * MS), 39, 4), "256 of 65792: %ld", share(g[1], 300000 * MS));
	ok(sched_cpu_time(&g[0]->v) >= 4 * MS && sim_used(g[0]) <= 10 * MS, "1 of 65792: %ld us of %ld",
	   sim_used(g[0]) / US, sched_cpu_time(&g[0]->v) / US);
	ok(!sim_bad, "and all is in order");
}

/* A vCPU that could not use its share has no claim to the past. */
static void test_no_debts(void)
{
	struct guest *g[4];

	sim_start(2);
	hogs(g, powers, 3);
	sim_run(60000 * MS);
	hogs(g + 3, (u16[]){ 1024 }, 1);
	sim_run(500 * MS);
	sim_count();
	sim_run(2000 * MS);
	shares_are("a second heavy one", g, (long[]){ 1818, 3636, 7273, 7273 }, 4, 2000 * MS, 3);
}

/* Each CPU divides its time among its own; one that moves to the slower side waits for nobody's past. */
static void test_hard_affinity(void)
{
	struct guest *g[5];

	sim_start(2);
	hogs(g, (u16[]){ 256, 1024, 256, 512, 1024 }, 5);
	for (u32 i = 0; i < 5; i++)
		is_int(sched_set_affinity(&g[i]->v, HARD(i < 2 ? 1 : 2)), 0, "bound to a CPU");
	sim_run(5000 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("two on one, three on the other", g, (long[]){ 2000, 8000, 1429, 2857, 5714 }, 5, 10000 * MS, 1);
	is_int(sched_set_affinity(&g[0]->v, HARD(2)), 0, "one moves while it runs or waits");
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	shares_are("one and four", g, (long[]){ 1250, 10000, 1250, 2500, 5000 }, 5, 10000 * MS, 1);
	is_int(sched_set_affinity(&g[1]->v, HARD(4)), -EINVAL, "no such CPU");
	is_int(sched_pin(&g[1]->v, 1), 0, "pinned");
	sim_settle();
	is_int(g[1]->v.sched.cpu, 1, "it goes there");
	is_int(sched_set_affinity(&g[1]->v, HARD(1)), -EBUSY, "and cannot be bound meanwhile");
	is_int(sched_pin(&g[1]->v, 0), -EBUSY, "nor pinned again");
	is_int(sched_unpin(&g[1]->v), 0, "it may go");
	is_int(sched_unpin(&g[1]->v), -EINVAL, "once");
	sim_settle();
	sim_check();
	ok(g[1]->v.sched.hard[0] == 1 && !sim_bad, "and is bound as before");
}

static void test_soft_affinity(void)
{
	struct guest *g[3];

	sim_start(2);
	hogs(g, (u16[]){ 256, 256, 256 }, 2);
	sim_run(100 * MS);
	sched_set_soft_affinity(&g[0]->v, HARD(2));
	sched_set_soft_affinity(&g[1]->v, HARD(1));
	sim_run(100 * MS);
	g[0]->moves = g[1]->moves = 0;
	sim_count();
	sim_run(1000 * MS);
	is_int(sim_used(g[0]) + sim_used(g[1]), 2000 * MS, "both run all the time");
	sched_set_soft_affinity(&g[1]->v, HARD(2));
	sim_run(100 * MS);
	sim_count();
	sim_run(1000 * MS);
	is_int(sim_used(g[0]) + sim_used(g[1]), 2000 * MS, "also where one would rather not");
	vcpu_pause_nosync(&g[0]->v);
	sim_run(100 * MS);
	is_int(g[1]->v.sched.cpu, 1, "it goes home when there is room");
	is_int(sched_set_soft_affinity(&g[1]->v, HARD(0x10)), -EINVAL, "no such CPU");
	ok(!sim_bad, "all in order");
}

static void test_caps(void)
{
	struct domain *d, *wide;
	struct guest *g;

	sim_start(2);
	sim_lateness = 100 * US;
	d = sim_domain(1, 256, 30);
	wide = sim_domain(2, 256, 150);
	sim_up(d);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	g = sim_guest(d, 0);
	ok(near(share(g, 10000 * MS), 3000, 60), "cap 30, alone: %ld", share(g, 10000 * MS));
	sim_up(wide);
	vcpu_pause_nosync(&g->v);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	ok(near(share(sim_guest(wide, 0), 10000 * MS) + share(sim_guest(wide, 1), 10000 * MS), 15000, 300),
	   "cap 150 of two vCPUs: %ld", share(sim_guest(wide, 0), 10000 * MS) + share(sim_guest(wide, 1), 10000 * MS));
	is_int(sim_used(g), 0, "the paused one rests");
	vcpu_unpause(&g->v);
	is_int(sched_domain_params_set(d, 256, 5), 0, "5 %%");
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	ok(near(share(g, 10000 * MS), 500, 10), "cap 5, beside others: %ld", share(g, 10000 * MS));
	/* The end of the slice and of the period are seen at once, and late. */
	sim_lateness = 30 * MS;
	sim_run(2000 * MS);
	sim_count();
	sim_run(10000 * MS);
	ok(near(share(g, 10000 * MS), 500, 25), "on a machine that stalls it goes on: %ld", share(g, 10000 * MS));
	sim_lateness = 100 * US;
	is_int(sched_domain_params_set(d, 256, 0), 0, "none");
	sched_domain_params_set(wide, 256, 0);
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	ok(near(share(g, 10000 * MS), 6667, 70), "no cap: %ld", share(g, 10000 * MS));
	is_int(sched_domain_params_set(d, 256, 101), -EINVAL, "more than its vCPUs could use");
	is_int(sched_domain_params_set(d, 0, 10), -EINVAL, "no weight");
	ok(!sim_bad, "all in order");
	sim_lateness = 0;
	for (u32 i = 0; i < 2; i++) {
		struct domain *gone = i ? wide : d;
		struct vcpu *v;

		for_each_vcpu(gone, v)
			vcpu_pause_nosync(v);
		sim_settle();
		for_each_vcpu(gone, v)
			sched_vcpu_destroy(v);
		timer_kill(&gone->sched.refill);
	}
}

static void test_waking(void)
{
	struct guest *hog[4], *idler;
	struct domain *d;

	sim_start(2);
	hogs(hog, (u16[]){ 1024, 1024, 256, 256 }, 4);
	d = sim_domain(1, 256, 0);
	idler = sim_guest(d, 0);
	idler->burst = 50 * US;
	idler->sleep = 7 * MS + 130 * US;
	sim_up(d);
	sim_run(8000 * MS);
	ok(sim_median(idler) < 500 * US, "an idle guest beside hogs waits %ld us (median)", sim_median(idler) / US);
	ok(idler->latest <= 1000 * US, "never longer than the rate limit: %ld us", idler->latest / US);
	ok(idler->wakes > 1000, "it woke %u times", idler->wakes);
	sched_ratelimit_us = 5000;
	idler->latest = idler->wakes = 0;
	sim_run(8000 * MS);
	ok(idler->latest > 1000 * US && idler->latest <= 5000 * US, "a longer limit: %ld us", idler->latest / US);
	sched_ratelimit_us = 0;
	idler->latest = 0;
	sim_run(8000 * MS);
	is_int(idler->latest, 0, "no limit");
	ok(!sim_bad, "all in order");
}

/* One that sleeps just so much that it would be preempted otherwise gets no more than its share. */
static void test_sleepers_gain_nothing(void)
{
	struct guest *g[2];

	sim_start(1);
	hogs(g, (u16[]){ 256, 256 }, 2);
	g[0]->burst = 9 * MS;
	g[0]->sleep = 100 * US;
	sim_run(500 * MS);
	sim_count();
	sim_run(10000 * MS);
	ok(share(g[0], 10000 * MS) <= 5050, "a sleeper has %ld", share(g[0], 10000 * MS));
	ok(share(g[1], 10000 * MS) >= 4950, "the hog has %ld", share(g[1], 10000 * MS));
	ok(!sim_bad, "all in order");
}

static void test_yield(void)
{
	struct guest *g[2];

	sim_start(1);
	hogs(g, (u16[]){ 256, 256 }, 1);
	sim_settle();
	sim_as(&g[0]->v);
	g[0]->v.sched.yielded = true;
	softirq_raise(SOFTIRQ_SCHEDULE);
	sim_settle();
	ok(g[0]->v.sched.running && !g[0]->v.sched.yielded, "alone it goes on");
	hogs(g + 1, (u16[]){ 256, 256 }, 1);
	sim_run(3 * MS);
	for (u32 i = 0; i < 4; i++) {
		struct guest *now = g[0]->v.sched.running ? g[0] : g[1];

		now->v.sched.yielded = true;
		softirq_raise(SOFTIRQ_SCHEDULE);
		sim_settle();
		ok(!now->v.sched.running, "a yield gives the CPU to the other at once");
		sim_now += 10 * US;
	}
	sim_check();
	ok(!sim_bad, "all in order");
}

static void test_stealing(void)
{
	struct guest *g[2];

	sim_start(2);
	hogs(g, (u16[]){ 256, 256 }, 2);
	sched_set_affinity(&g[0]->v, HARD(1));
	sched_set_affinity(&g[1]->v, HARD(1));
	sim_run(100 * MS);
	sched_set_affinity(&g[1]->v, HARD(3));
	sim_run(20 * MS);
	sim_count();
	sim_run(100 * MS);
	is_int(sim_used(g[0]) + sim_used(g[1]), 200 * MS, "an idle CPU takes what waits elsewhere");
}

/* ---- storm --------------------------------------------------------------------------------------------- */

static u32 up_to(u32 n) { return rand() % n; }

static void one_thing(struct domain **d, u32 n)
{
	struct domain *dom = d[up_to(n)];
	struct guest *g = sim_guest(dom, up_to(dom->max_vcpus));
	struct vcpu *v = &g->v;
	u64 mask = up_to(15) + 1;

	fake_cpu_nr = up_to(nr_cpus);
	switch (up_to(12)) {
	case 0:
		sched_set_affinity(v, &mask);
		break;
	case 1:
		sched_set_soft_affinity(v, &mask);
		break;
	case 2:
		vcpu_pause_nosync(v);
		break;
	case 3:
	case 4:
		if (v->sched.pause_count)
			vcpu_unpause(v);
		break;
	case 5:
		if (v->sched.running) {
			sim_as(v);
			v->sched.yielded = true;
			softirq_raise(SOFTIRQ_SCHEDULE);
		}
		break;
	case 6:
		vcpu_unblock(v);
		break;
	case 7:
		sched_domain_params_set(dom, up_to(3) ? up_to(65535) + 1 : 256, up_to(3) ? 0 : up_to(101));
		break;
	case 8:
		if (up_to(2))
			vcpu_set_down(v);
		else
			vcpu_set_up(v);
		break;
	case 9:
		if (sched_pin(v, up_to(nr_cpus)))
			sched_unpin(v);
		break;
	case 10:
		if (v->sched.running) {
			sim_as(v);
			vcpu_block();
			vcpu_wake(v);
		}
		break;
	default:
		sim_run(up_to(5000) * US);
	}
}

/* Ends a domain as its destruction does: no timer of its may come any more. */
static void end(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_pause_nosync(v);
	sim_settle();
	for_each_vcpu(d, v)
		sched_vcpu_destroy(v);
	timer_kill(&d->sched.refill);
	for_each_vcpu(d, v) {
		struct guest **at = &sim_guests;

		while (*at != (struct guest *)v)
			at = &(*at)->next;
		*at = (*at)->next;
		free(v);
	}
	free(d);
}

static struct domain *begin(void)
{
	struct domain *d = sim_domain(1 + up_to(3), 256, 0);

	for (u32 i = 0; i < d->max_vcpus; i++) {
		struct guest *g = sim_guest(d, i);

		g->burst = up_to(3000) * US + US;
		g->sleep = up_to(3) ? up_to(5000) * US + US : 0;
	}
	sim_up(d);
	return d;
}

static void storm(u32 seed)
{
	struct domain *d[8];

	srand(seed);
	sim_start(4);
	sim_lateness = 200 * US;
	for (u32 i = 0; i < 8; i++)
		d[i] = begin();
	for (u32 i = 0; i < 4000 && !sim_bad; i++) {
		if (!up_to(50)) {
			u32 n = up_to(8);

			end(d[n]);
			d[n] = begin();
		}
		one_thing(d, 8);
		if (up_to(2)) {
			sim_settle();
			sim_check();
		}
	}
	for (u32 i = 0; i < 8; i++)
		end(d[i]);
	sim_run(100 * MS);
	ok(!sim_bad && !run_queue.count, "storm %u", seed);
	sim_lateness = 0;
}

int main(void)
{
	test_one_cpu();
	test_two_cpus();
	test_feasible_on_two();
	test_equal_on_two();
	test_two_vcpus_each();
	test_extreme_weights();
	test_no_debts();
	test_hard_affinity();
	test_soft_affinity();
	test_caps();
	test_waking();
	test_sleepers_gain_nothing();
	test_yield();
	test_stealing();
	for (u32 seed = 1; seed <= 20; seed++)
		storm(seed);
	return tap_done();
}
