/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy of the scheduler: which of the runnable vCPUs a CPU runs next, and which CPU is told of one
 * that has become runnable.  sched.c does the rest and asks here; another policy is another run-queue.c.
 */
#ifndef HV_SCHED_RUN_QUEUE_H
#define HV_SCHED_RUN_QUEUE_H

#include "domain/domain.h"

#define DEFAULT_WEIGHT	256U
#define CAP_PERIOD	10000000L	/* ns */

struct sched_cpu {
	u32 cpu;
	bool sliced;			/* curr is looked at each time: others wait, or it is not as free as can be */
	struct vcpu *curr;		/* runs now; not in the list */
	struct vcpu *idle;
	s64 vtime;			/* what the least served here have had; never goes back */
	struct timer slice;		/* ends curr's slice, or comes before it does; always set while curr is not idle */
};

/*
 * One queue for all CPUs: it is what makes shares exact over several of them.  Its lock guards also
 * what is kept of each CPU, and the budgets of domains.
 */
struct run_queue {
	struct spinlock lock;		/* LOCK_SCHED */
	struct vcpu *first;		/* runnable ones that wait, the one with least vtime first */
	u32 count;			/* of those */
	u64 idle;			/* CPUs that have nothing to do, and were not told of anything */
	struct sched_cpu cpu[NR_CPUS];
};

extern struct run_queue run_queue;

/* All with the lock held. */
void rq_insert(struct vcpu *v, ns_t now);
void rq_remove(struct vcpu *v);
/*
 * Which CPU should look at the queue now that v is in it: an idle one (where it ran last, else one that
 * v likes, else any), else where it would go first.  nr_cpus: none; v waits until a slice ends.
 */
u32 rq_target(const struct vcpu *v, ns_t now);
/* One more, when any waits that an idle CPU could run: who was told took another. */
u32 rq_helper(ns_t now);
/*
 * What c runs from now on: curr, if that may go on, or one that leaves the queue, or idle.  Charges curr
 * for what it ran; sets the slice of the one chosen.
 */
struct vcpu *rq_pick(struct sched_cpu *c, bool may_go_on, ns_t now);
/* A period of d's cap begins.  False: it used nothing in the last one. */
bool rq_refill(struct domain *d, ns_t now);
void rq_set_params(struct domain *d, u16 weight, u16 cap, ns_t now);

#endif
