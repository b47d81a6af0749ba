/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy: fair shares by virtual time.
 *
 * A vCPU's vtime is the CPU time it has used, scaled by DEFAULT_WEIGHT / weight; a CPU runs the one with
 * the least of those that may run there.  All wait in one list, so a CPU that has nothing to do takes
 * whatever waits, and the shares hold over all CPUs.
 *
 * Nobody can use more than one CPU a vCPU, nor run where its affinity forbids, so not every share can be
 * had: then such a vCPU gets all there is for it, and the others divide the rest by their weights.  Its
 * vtime falls behind without end meanwhile; so that this is no claim when things change, one that runs is
 * moved up to LAG slices behind the first that waits for its CPU.  Where CPUs serve different vCPUs
 * by their affinities, vtime passes at different speeds: each CPU keeps how far it is (sched_cpu.vtime).
 *
 * One that slept comes back with at most SLICE less than the CPU it last ran on: enough to preempt a
 * hog as soon as the rate limit allows it, too little to starve it.
 *
 * A domain with a cap has a budget that each period adds to; what was used beyond it is a debt, so caps
 * are exact in the long run.  Its vCPUs wait in the list while there is none.
 */
#include "cpu/smp.h"
#include "lib/bitmap.h"
#include "sched/run-queue.h"

#define SLICE		10000000L	/* ns */
#define LEAD		1000000L	/* who has used this much more gives way at once */
#define LAG		4
#define SAVED		3		/* periods' budgets at most: for timers that are late */
#define STALL		100000000L	/* ns: slices are shorter, the machine stood still */
#define MIN_SLICE	100000L		/* ns: with a budget that is nearly used up */

struct run_queue run_queue = { .lock = SPINLOCK_INIT("run queue", LOCK_SCHED) };

static s64 vslice(const struct vcpu *v)
{
	return SLICE * DEFAULT_WEIGHT / v->domain->sched.weight;
}

static bool over_cap(const struct vcpu *v)
{
	return v->domain->sched.cap && v->domain->sched.budget <= 0;
}

static bool may_run(const struct vcpu *v, u32 cpu)
{
	return (v->sched.hard[0] & BIT(cpu)) && !over_cap(v);
}

/* Soft affinity counts where it leaves a choice. */
static bool likes(const struct vcpu *v, u32 cpu)
{
	return (v->sched.soft[0] & BIT(cpu)) || !(v->sched.soft[0] & v->sched.hard[0] & cpus_online[0]);
}

static void charge(struct vcpu *curr, ns_t now)
{
	struct domain_sched *d = &curr->domain->sched;
	ns_t ran = MAX(now - curr->sched.run_start, 0);
	u64 scaled = ran * DEFAULT_WEIGHT + curr->sched.vtime_rest, weight = d->weight;

	curr->sched.run_start = now;
	curr->sched.vtime += scaled / weight;
	curr->sched.vtime_rest = scaled % weight;
	if (d->cap)
		d->budget -= MIN(ran, STALL);
}

/* What it may not claim is taken from curr; c's vtime goes on. */
static void level(struct sched_cpu *c, struct vcpu *curr, const struct vcpu *first)
{
	s64 least = curr->sched.vtime;

	if (first && least < first->sched.vtime) {
		least = MAX(least, first->sched.vtime - LAG * (vslice(first) + vslice(curr)));
		curr->sched.vtime = least;
	} else if (first) {
		least = first->sched.vtime;
	}
	c->vtime = MAX(c->vtime, least);
}

void rq_insert(struct vcpu *v, ns_t now)
{
	struct vcpu *next = run_queue.first, *prev = NULL;
	u32 cpu = v->sched.cpu;
	struct sched_cpu *c;
	bool moved = !(v->sched.hard[0] & BIT(cpu));

	if (moved)
		cpu = v->sched.cpu = bitmap_next(v->sched.hard, nr_cpus, 0);
	c = &run_queue.cpu[cpu];
	/* One that was alone is charged only now. */
	if (!next && !c->curr->sched.idle) {
		charge(c->curr, now);
		level(c, c->curr, NULL);
	}
	if (moved)
		v->sched.vtime = MIN(v->sched.vtime, c->vtime + LAG * vslice(v));
	v->sched.vtime = MAX(v->sched.vtime, c->vtime - SLICE);
	while (next && next->sched.vtime <= v->sched.vtime) {
		prev = next;
		next = next->sched.next;
	}
	v->sched.next = next;
	v->sched.prev = prev;
	if (next)
		next->sched.prev = v;
	if (prev)
		prev->sched.next = v;
	else
		run_queue.first = v;
	v->sched.queued = true;
	run_queue.count++;
}

void rq_remove(struct vcpu *v)
{
	if (v->sched.prev)
		v->sched.prev->sched.next = v->sched.next;
	else
		run_queue.first = v->sched.next;
	if (v->sched.next)
		v->sched.next->sched.prev = v->sched.prev;
	v->sched.next = v->sched.prev = NULL;
	v->sched.queued = false;
	run_queue.count--;
}

/* The first for this CPU; of those less than LEAD behind it, rather one that likes to be here. */
static struct vcpu *first_for(u32 cpu)
{
	struct vcpu *best = NULL;

	for (struct vcpu *v = run_queue.first; v; v = v->sched.next) {
		if (best && v->sched.vtime - best->sched.vtime > LEAD)
			break;
		if (!may_run(v, cpu))
			continue;
		if (likes(v, cpu))
			return v;
		if (!best)
			best = v;
	}
	return best;
}

/* By how much more than v has c's vCPU been served? */
static s64 lead_over(const struct sched_cpu *c, const struct vcpu *v, ns_t now)
{
	const struct vcpu *curr = c->curr;

	return curr->sched.vtime - v->sched.vtime +
	       (now - curr->sched.run_start) * (s64)DEFAULT_WEIGHT / curr->domain->sched.weight;
}

/* The rate limit lets it run at least until then. */
static ns_t earliest_end(const struct vcpu *curr)
{
	return curr->sched.runstate.state_entry_time + sched_ratelimit_us * 1000L;
}

u32 rq_target(const struct vcpu *v, ns_t now)
{
	u64 idle = v->sched.hard[0] & run_queue.idle, liked = idle & v->sched.soft[0];
	u32 cpu = v->sched.cpu, busiest = nr_cpus;
	s64 lead, most = INT64_MIN;
	struct sched_cpu *c;

	if (over_cap(v))
		return nr_cpus;
	if (idle) {
		idle = liked ?: idle;
		cpu = idle & BIT(cpu) ? cpu : (u32)__builtin_ctzl(idle);
		run_queue.idle &= ~BIT(cpu);
		return cpu;
	}
	for (u64 left = v->sched.hard[0] & cpus_online[0]; left; left &= left - 1) {
		u32 n = __builtin_ctzl(left);

		c = &run_queue.cpu[n];
		if (c->curr->sched.idle)
			continue;
		lead = lead_over(c, v, now) + (likes(v, n) ? LEAD : 0);
		/* At once where it ran last is sooner than elsewhere. */
		if (n == cpu && lead > 2 * LEAD && now >= earliest_end(c->curr))
			return n;
		if (lead > most) {
			most = lead;
			busiest = n;
		}
	}
	if (most <= 2 * LEAD)
		return nr_cpus;
	/* The rate limit holds, and the slice ends no later: that is soon enough. */
	c = &run_queue.cpu[busiest];
	if (busiest == this_cpu() && c->slice.queued && c->slice.expires > now && c->slice.expires <= earliest_end(c->curr))
		return nr_cpus;
	return busiest;
}

u32 rq_helper(ns_t now)
{
	for (const struct vcpu *v = run_queue.first; v && run_queue.idle; v = v->sched.next)
		if ((v->sched.hard[0] & run_queue.idle) && !over_cap(v))
			return rq_target(v, now);
	return nr_cpus;
}

/* Should the first that waits run instead of curr, which could go on?  If not, curr's slice is set. */
static bool gives_way(struct vcpu *curr, const struct vcpu *first, ns_t now)
{
	s64 lead = curr->sched.vtime - first->sched.vtime;

	if (curr->sched.yielded) {
		/* Behind the one that waits, so that it is not preempted by us again. */
		curr->sched.vtime = MAX(curr->sched.vtime, first->sched.vtime);
		return true;
	}
	if (lead > LEAD || (lead >= 0 && now >= curr->sched.slice_end)) {
		if (now >= earliest_end(curr))
			return true;
		curr->sched.slice_end = earliest_end(curr);
	} else if (now >= curr->sched.slice_end) {
		curr->sched.slice_end = now + MAX(-lead * curr->domain->sched.weight / DEFAULT_WEIGHT, LEAD);
	}
	return false;
}

/* curr runs where it does not like to, and a CPU that it likes has nothing to do. */
static bool goes_home(const struct vcpu *curr, u32 cpu)
{
	return !likes(curr, cpu) && (curr->sched.hard[0] & curr->sched.soft[0] & run_queue.idle);
}

/* next, just charged or just chosen, runs until then. */
static void slice_set(struct sched_cpu *c, struct vcpu *next, ns_t now)
{
	const struct domain_sched *d = &next->domain->sched;

	if (now >= next->sched.slice_end)
		next->sched.slice_end = now + SLICE;
	c->sliced = d->cap || run_queue.first || !likes(next, c->cpu);
	if (d->cap)
		next->sched.slice_end = MIN(next->sched.slice_end, now + MAX(d->budget, MIN_SLICE));
}

struct vcpu *rq_pick(struct sched_cpu *c, bool may_go_on, ns_t now)
{
	struct vcpu *curr = c->curr, *first = NULL, *next;

	run_queue.idle &= ~BIT(c->cpu);
	if (!curr->sched.idle)
		charge(curr, now);
	if (run_queue.first)
		first = first_for(c->cpu);
	next = first ?: c->idle;
	if (!curr->sched.idle) {
		level(c, curr, first);
		if (may_go_on && may_run(curr, c->cpu) && !goes_home(curr, c->cpu) &&
		    !(first && gives_way(curr, first, now)))
			next = curr;
		curr->sched.yielded = false;
	}
	c->sliced = false;
	if (next != curr) {
		if (!next->sched.idle)
			rq_remove(next);
		next->sched.cpu = c->cpu;
		next->sched.run_start = now;
		next->sched.slice_end = 0;
		c->curr = next;
	}
	if (next->sched.idle)
		run_queue.idle |= BIT(c->cpu);
	else
		slice_set(c, next, now);
	return next;
}

/* So that what its vCPUs run just now counts. */
static void charge_all(struct domain *d, ns_t now)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (run_queue.cpu[v->sched.cpu].curr == v)
			charge(v, now);
}

bool rq_refill(struct domain *d, ns_t now)
{
	s64 quota = d->sched.cap * (CAP_PERIOD / 100);
	bool used;

	charge_all(d, now);
	used = d->sched.budget < SAVED * quota;
	d->sched.budget = MIN(d->sched.budget + quota, SAVED * quota);
	return used;
}

void rq_set_params(struct domain *d, u16 weight, u16 cap, ns_t now)
{
	charge_all(d, now);
	d->sched.weight = weight;
	if (d->sched.cap != cap)
		d->sched.budget = cap * (CAP_PERIOD / 100);
	d->sched.cap = cap;
}
