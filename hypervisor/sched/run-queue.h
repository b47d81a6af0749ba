/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy of the scheduler: which of a CPU's runnable vCPUs is next, and which CPU a woken one goes
 * to.  sched.c does the rest and asks here; another policy is another run-queue.c.
 */
#ifndef HV_SCHED_RUN_QUEUE_H
#define HV_SCHED_RUN_QUEUE_H

#include "domain/domain.h"

struct run_queue {
	struct spinlock lock;		/* LOCK_SCHED */
	u32 cpu;
	struct vcpu *curr;		/* runs now; not in the list */
	struct vcpu *idle;
	struct vcpu *first;		/* runnable ones, the next first */
	volatile u32 count;		/* of those */
	s64 min_vtime;			/* never goes back */
	struct timer slice;		/* ends curr's slice when others wait */
};

struct run_queue *rq_of(u32 cpu);

/* All with rq->lock held. */
void rq_insert(struct run_queue *rq, struct vcpu *v);
void rq_remove(struct run_queue *rq, struct vcpu *v);
void rq_charge(struct run_queue *rq, struct vcpu *v, ns_t ran);	/* v used CPU time */
/* True when rq->first should run instead of curr, which could go on; else curr's slice is set. */
bool rq_preempts(struct run_queue *rq, struct vcpu *curr, ns_t now);
void rq_start_slice(struct vcpu *v, ns_t now);
/* v, in no queue, belongs to `to` from now on.  Both locks held. */
void rq_move(struct vcpu *v, struct run_queue *from, struct run_queue *to);

/* Without locks, a guess: where a runnable v should wait, and from whom an idle CPU could take one. */
u32 rq_place(const struct vcpu *v);
u32 rq_busiest(u32 but);		/* `but` when no other has any waiting */

#endif
