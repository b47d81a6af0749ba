/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduler, timers, clock: what each vCPU keeps and what other rooms call.
 *
 * There is one stack a CPU, so nothing sleeps inside the hypervisor: a call that blocks its vCPU
 * sets the state, raises SOFTIRQ_SCHEDULE and returns; the switch happens on the way out to the guest.
 */
#ifndef HV_SCHED_SCHED_H
#define HV_SCHED_SCHED_H

#include "abi/abi.h"
#include "cpu/cpu-info.h"
#include "lib/lock.h"
#include "lib/types.h"

struct vcpu;
struct domain;

/* ---- timers (sched/timer.c) ------------------------------------------------------------------ */

struct timer {
	ns_t expires;
	void (*fn)(void *arg);		/* runs in SOFTIRQ_TIMER, interrupts on, no locks held */
	void *arg;
	/* Guarded by the lock of the queue it is in: */
	u32 cpu;			/* whose queue */
	bool queued;
	struct timer *left, *right, *parent;
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg, u32 cpu);
void timer_set(struct timer *t, ns_t expires);		/* any CPU; also re-arms.  Locks: LOCK_TIMER */
void timer_stop(struct timer *t);			/* may still be running elsewhere on return */
void timer_kill(struct timer *t);			/* stopped, and not running anywhere on return */
void timer_migrate(struct timer *t, u32 cpu);
void timer_interrupt(void);				/* LAPIC timer vector: raises SOFTIRQ_TIMER */
void timer_softirq(void);				/* SOFTIRQ_TIMER: run what has expired */
void timer_cpu_init(u32 cpu);
void timers_dump(void);					/* console key 'a' */

/* ---- clock (sched/clock.c) ------------------------------------------------------------------- */

ns_t now_ns(void);				/* system time: ns since boot, monotonic over CPUs */
void clock_init(u64 tsc_khz);			/* boot CPU, TSC calibrated: time 0 is now */
void clock_cpu_init(u32 cpu);
/*
 * Write v's pvclock: vcpu_info.time, and the copy at v->sched.time_area by the address space now
 * loaded (current is of v's domain).  Values are the same for all vCPUs and for ever, so this is needed only
 * when a place is new.
 */
void clock_update_vcpu(struct vcpu *v);
void clock_set_wallclock(u64 sec, u32 nsec, ns_t system_time);
void clock_update_wallclock(struct domain *d);	/* into shared_info */
u64 ns_to_tsc_deadline(ns_t t);			/* TSC value at system time t */
struct clock_scale { u64 tsc_base; u32 mul; s8 shift; };
extern struct clock_scale clock_scale;		/* ns = ((tsc - tsc_base) << shift) * mul >> 32 */

/* ---- vCPU scheduling state ------------------------------------------------------------------- */

enum vcpu_pause_flag {
	VPF_BLOCKED = 1,		/* SCHEDOP_block or poll */
	VPF_DOWN = 2,			/* never up, or VCPUOP_down */
	VPF_POLLING = 4,		/* with VPF_BLOCKED: in SCHEDOP_poll */
};

struct vcpu_sched {
	/* Guarded by the run queue's lock (LOCK_SCHED): */
	u32 cpu;			/* CPU it runs or last ran on */
	bool running;			/* is current on `cpu`, or its state is not saved yet */
	bool queued;
	u64 hard[NR_CPUS / 64];		/* affinity: CPUs it may run on ... */
	u64 soft[NR_CPUS / 64];		/* ... and rather does; written without the lock */
	struct vcpu *next, *prev;	/* run queue */
	s64 vtime;			/* run-queue.c: CPU time used, by weight */
	u32 vtime_rest;			/* what the division left of it */
	ns_t run_start, slice_end;
	bool yielded;
	struct vcpu_runstate_info runstate;

	volatile u32 pause_count;	/* atomic: nested vcpu_pause */
	volatile u32 pause_flags;	/* atomic: VPF_*: runnable when 0 and pause_count 0 */
	u32 poll_port;			/* with VPF_POLLING: the one port polled on; 0: several */
	bool idle;			/* the CPU's idle vCPU */
	bool pinned;			/* SCHEDOP_pin_override is in force */
	u64 unpinned[NR_CPUS / 64];	/* hard affinity to go back to */

	guest_va_t runstate_area;	/* 0: none.  Written at the switch, in the guest's address space */
	guest_va_t time_area;
	bool area_owed;			/* was in user mode at the switch: runstate area is out of date */
	const struct vcpu_info *clock_in; /* where vcpu_info.time was last written */
	struct timer periodic, singleshot, poll;
	ns_t period;			/* 0: periodic timer off */
	ns_t last_tick;
};

#define NR_WATCHDOGS	2

struct domain_sched {
	/* Guarded by the run queue's lock: */
	u16 weight;			/* of each vCPU; 0 until the first is made */
	u16 cap;			/* of all together, percent of one CPU; 0: none */
	s64 budget;			/* with a cap: ns left of this period; negative: a debt */
	struct timer refill;		/* armed while some of the budget is used */
	/* Guarded by d->lock: */
	struct timer watchdog[NR_WATCHDOGS];
	bool watchdog_used[NR_WATCHDOGS];
	bool reason_latched;		/* SCHEDOP_shutdown_code */
	u32 reason;
};

void sched_init(void);
void sched_cpu_init(u32 cpu);			/* makes the idle vCPU and sets current */
int sched_vcpu_init(struct vcpu *v);		/* picks a CPU; leaves it VPF_DOWN */
void sched_vcpu_destroy(struct vcpu *v);	/* v is down or paused, and not running */
void sched_domain_destroy(struct domain *d);	/* stops its timers */
u32 sched_shutdown_reason(struct domain *d, u32 reason);	/* the latched one, if any */

void vcpu_wake(struct vcpu *v);			/* after clearing a reason to pause; irq-safe */
void vcpu_unblock(struct vcpu *v);		/* clear VPF_BLOCKED, wake; irq-safe */
void vcpu_kick(struct vcpu *v);			/* make a running v pass its exit path soon (IPI); irq-safe */
void vcpu_block(void);				/* current, unless an event is pending */
void vcpu_poll_begin(struct vcpu *v);		/* within the room: SCHEDOP_poll */
void vcpu_poll_cancel(struct vcpu *v);
void vcpu_set_down(struct vcpu *v);
void vcpu_set_up(struct vcpu *v);		/* clear VPF_DOWN, wake */
void vcpu_pause(struct vcpu *v);		/* returns when v is not running; not for current */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void sched_poll_wake(struct domain *d, u32 port); /* an event came: wake pollers of port */
/* v's times up to now (any v); cumulative ns by RUNSTATE_*. */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
void vcpu_set_period(struct vcpu *v, ns_t period);	/* periodic timer; 0: off.  current, or a v that is down */
/*
 * -EINVAL when no CPU of the mask is online; hard affinity: -EBUSY while SCHEDOP_pin_override is in
 * force, which sched_unpin() ends.
 */
int sched_set_affinity(struct vcpu *v, const u64 *cpus);
int sched_set_soft_affinity(struct vcpu *v, const u64 *cpus);
int sched_pin(struct vcpu *v, u32 cpu);		/* -EBUSY when it is already */
int sched_unpin(struct vcpu *v);		/* -EINVAL when it is not */
/*
 * Shares, as credit2's: weight 1 to 65535 of each vCPU, cap in percent of one CPU for all vCPUs of d
 * (0: none; at most 100 a vCPU).  -EINVAL else, and then nothing has changed.
 */
void sched_domain_params_get(const struct domain *d, u16 *weight, u16 *cap);
int sched_domain_params_set(struct domain *d, u16 weight, u16 cap);
extern u32 sched_ratelimit_us;			/* how long a vCPU runs at least when others wait; 0: no limit */
u64 sched_cpu_time(struct vcpu *v);		/* ns that v has run, up to now */
u64 sched_idle_time(u32 cpu);			/* ns that it had nothing to do */

void schedule(void);				/* SOFTIRQ_SCHEDULE: may switch current */
void idle_loop(void) __noreturn;	/* entered when the idle vCPU is current; leaves by exit_to_guest() */
/* cpu/entry.S: forget the stack and run current, a guest's vCPU, by the usual exit path. */
void exit_to_guest(void) __noreturn;
/*
 * Write current's registered runstate area.  In user mode the guest kernel's address space is not at
 * hand: it is then owed, and pv_toggle_mode() calls this again (see runstate_owed()).
 */
void runstate_update_guest(struct vcpu *v);
#define runstate_owed(v)	unlikely((v)->sched.area_owed)
void sched_dump(void);				/* console key 'r' */

/* ---- softirqs -------------------------------------------------------------------------------- */

void softirq_raise(enum softirq nr);			/* this CPU; irq-safe */
void softirq_raise_on(u32 cpu, enum softirq nr);	/* and IPI it */
void softirq_run(void);					/* interrupts on; all pending ones */
static inline bool softirq_pending(void) { return READ_ONCE(cpu_info()->softirq_pending); }

/* ---- context switch (pv/switch.c) ------------------------------------------------------------- */

/*
 * Make next the current vCPU of this CPU: saves prev's registers, segments, FPU and debug state and
 * loads next's, its GDT/LDT window and root table.  Interrupts off.  Called by schedule(), which
 * then returns up the one stack to the exit path, whose guest_regs are now next's.
 */
void context_switch(struct vcpu *prev, struct vcpu *next);

#endif
