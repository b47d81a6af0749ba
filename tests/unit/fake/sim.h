/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the scheduler's own sources: CPUs whose time is a number, and guests that do nothing but
 * use CPU time and sleep.  All softirqs run at the instant they are raised.
 */
#ifndef SIM_H
#define SIM_H

#include "domain/domain.h"
#include "sched/run-queue.h"

#define MS	1000000L
#define US	1000L

struct guest {
	struct vcpu v;
	ns_t burst, sleep;		/* runs so long, then sleeps; sleep 0: a hog */
	ns_t left;			/* of its burst */
	ns_t ran_at;			/* its running time when left was taken */
	ns_t woken, latest;		/* when it was woken last; the longest it waited for a CPU */
	ns_t waits[1000];
	u32 wakes;
	u32 moves, last_cpu;
	ns_t counted;			/* sim_used() starts from here */
	struct guest *next;
};

extern ns_t sim_now, sim_lateness;	/* timer interrupts come so late at most */
extern bool sim_bad;			/* an invariant did not hold; it was printed */

void sim_start(u32 cpus);
struct domain *sim_domain(u32 vcpus, u16 weight, u16 cap);
struct guest *sim_guest(struct domain *d, u32 vcpu);
void sim_up(struct domain *d);		/* all its vCPUs can run from now on */
void sim_run(ns_t time);
void sim_count(void);			/* sim_used() counts from now */
ns_t sim_used(struct guest *g);
void sim_settle(void);			/* whatever was raised */
void sim_check(void);			/* the invariants */
void sim_as(struct vcpu *v);		/* we are the CPU that v runs on */
ns_t sim_median(struct guest *g);	/* of its waits */
extern struct guest *sim_guests;

#endif
