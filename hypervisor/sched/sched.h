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
	u32 cpu;			/* whose queue */
	u32 index;			/* place in the heap, 0: not queued */
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg, u32 cpu);
void timer_set(struct timer *t, ns_t expires);		/* any CPU; also re-arms.  Locks: LOCK_TIMER */
void timer_stop(struct timer *t);			/* may still be running elsewhere on return */
void timer_migrate(struct timer *t, u32 cpu);
void timer_interrupt(void);				/* LAPIC timer vector: raises SOFTIRQ_TIMER */
void timer_cpu_init(u32 cpu);

/* ---- clock (sched/clock.c) ------------------------------------------------------------------- */

ns_t now_ns(void);				/* system time: ns since boot, monotonic over CPUs */
void clock_init(u64 tsc_khz);			/* boot CPU, TSC calibrated */
void clock_cpu_init(u32 cpu);
/* Write v's pvclock (vcpu_info.time and the registered copy) for the CPU it is about to run on. */
void clock_update_vcpu(struct vcpu *v);
void clock_set_wallclock(u64 sec, u32 nsec, ns_t system_time);
void clock_update_wallclock(struct domain *d);	/* into shared_info */
u64 ns_to_tsc_deadline(ns_t t);			/* TSC value at system time t */

/* ---- vCPU scheduling state ------------------------------------------------------------------- */

enum vcpu_pause_flag {
	VPF_BLOCKED = 1,		/* SCHEDOP_block or poll */
	VPF_DOWN = 2,			/* never up, or VCPUOP_down */
	VPF_POLLING = 4,		/* with VPF_BLOCKED: in SCHEDOP_poll */
};

struct vcpu_sched {
	/* Guarded by the run-queue lock of `cpu` (LOCK_SCHED): */
	u32 cpu;			/* CPU it runs or last ran on */
	bool running;			/* is current somewhere */
	bool queued;
	u32 pause_count;		/* nested vcpu_pause */
	volatile u32 pause_flags;	/* VPF_*: runnable when 0 and pause_count 0 */
	struct vcpu *next, *prev;	/* run queue */
	u64 affinity[NR_CPUS / 64];	/* hard affinity */
	ns_t slice_end;
	bool idle;			/* the CPU's idle vCPU */

	struct vcpu_runstate_info runstate;
	guest_va_t runstate_area;	/* 0: none.  Written at the switch, in the guest's address space */
	guest_va_t time_area;
	struct timer periodic, singleshot, poll;
	ns_t period;			/* 0: periodic timer off */
};

void sched_init(void);
void sched_cpu_init(u32 cpu);			/* makes the idle vCPU and sets current */
int sched_vcpu_init(struct vcpu *v);		/* picks a CPU; leaves it VPF_DOWN */
void sched_vcpu_destroy(struct vcpu *v);

void vcpu_wake(struct vcpu *v);			/* after clearing a reason to pause; irq-safe */
void vcpu_unblock(struct vcpu *v);		/* clear VPF_BLOCKED, wake; irq-safe */
void vcpu_kick(struct vcpu *v);			/* make a running v pass its exit path soon (IPI); irq-safe */
void vcpu_block(void);				/* current, unless an event is pending */
void vcpu_set_down(struct vcpu *v);
void vcpu_pause(struct vcpu *v);		/* returns when v is not running; not for current */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void sched_poll_wake(struct domain *d, u32 port); /* an event came: wake pollers of port */

void schedule(void);				/* SOFTIRQ_SCHEDULE: may switch current */
void idle_loop(void) __noreturn;	/* entered when the idle vCPU is current; leaves by exit_to_guest() */
/* cpu/entry.S: forget the stack and run current, a guest's vCPU, by the usual exit path. */
void exit_to_guest(void) __noreturn;
void runstate_update_guest(struct vcpu *v);	/* on v's address space, before it runs */
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
