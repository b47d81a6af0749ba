/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy: a fair share of each CPU by virtual time.
 *
 * A vCPU's vtime is the CPU time it has used; the one with the least runs next.  One that slept comes
 * back with at most SLICE less than the least of its queue: enough to preempt a hog at once, too
 * little to starve it.  vtime is on the scale of its queue; moving to another keeps the distance to
 * the queue's minimum.
 */
#include "lib/bitmap.h"
#include "sched/run-queue.h"

#define SLICE		10000000L	/* ns */
#define LEAD		1000000L	/* who has used this much more gives way at once */

void rq_insert(struct run_queue *rq, struct vcpu *v)
{
	struct vcpu *next = rq->first, *prev = NULL;

	v->sched.vtime = MAX(v->sched.vtime, rq->min_vtime - SLICE);
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
		rq->first = v;
	v->sched.queued = true;
	rq->count++;
}

void rq_remove(struct run_queue *rq, struct vcpu *v)
{
	if (v->sched.prev)
		v->sched.prev->sched.next = v->sched.next;
	else
		rq->first = v->sched.next;
	if (v->sched.next)
		v->sched.next->sched.prev = v->sched.prev;
	v->sched.next = v->sched.prev = NULL;
	v->sched.queued = false;
	rq->count--;
}

void rq_charge(struct run_queue *rq, struct vcpu *v, ns_t ran)
{
	s64 least;

	v->sched.vtime += ran;
	least = v->sched.vtime;
	if (rq->first)
		least = MIN(least, rq->first->sched.vtime);
	rq->min_vtime = MAX(rq->min_vtime, least);
}

void rq_start_slice(struct vcpu *v, ns_t now)
{
	v->sched.run_start = now;
	v->sched.slice_end = now + SLICE;
}

bool rq_preempts(struct run_queue *rq, struct vcpu *curr, ns_t now)
{
	s64 lead = curr->sched.vtime - rq->first->sched.vtime;

	if (curr->sched.yielded) {
		/* Behind the one that waits, so that it is not preempted by us again. */
		curr->sched.vtime = MAX(curr->sched.vtime, rq->first->sched.vtime);
		return true;
	}
	if (lead > LEAD || (lead >= 0 && now >= curr->sched.slice_end))
		return true;
	if (now >= curr->sched.slice_end)
		curr->sched.slice_end = now + MAX(-lead, LEAD);
	return false;
}

void rq_move(struct vcpu *v, struct run_queue *from, struct run_queue *to)
{
	v->sched.vtime += to->min_vtime - from->min_vtime;
	WRITE_ONCE(v->sched.cpu, to->cpu);
}

static bool is_idle(const struct run_queue *rq)
{
	return READ_ONCE(rq->curr) == rq->idle && !rq->count;
}

/* Where it ran last if that is idle, else any idle CPU, else the one with the fewest waiting. */
u32 rq_place(const struct vcpu *v)
{
	u32 last = READ_ONCE(v->sched.cpu), best = nr_cpus;

	if (bitmap_test(v->sched.hard, last)) {
		if (is_idle(rq_of(last)))
			return last;
		best = last;
	}
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (!bitmap_test(v->sched.hard, cpu))
			continue;
		if (is_idle(rq_of(cpu)))
			return cpu;
		if (best == nr_cpus || rq_of(cpu)->count < rq_of(best)->count)
			best = cpu;
	}
	return best == nr_cpus ? last : best;
}

u32 rq_busiest(u32 but)
{
	u32 best = but, most = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != but && rq_of(cpu)->count > most) {
			most = rq_of(cpu)->count;
			best = cpu;
		}
	return best;
}
