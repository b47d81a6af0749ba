/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU runs where: states, waking and pausing, and the switch.
 *
 * A vCPU is in one of three places, guarded by the lock of the queue of its sched.cpu: waiting there
 * (queued), on a CPU (running), or neither (not runnable).  One that runs is in no queue; `running` stays
 * set until its registers are saved, and only then may another CPU take it.  Whatever makes it
 * runnable in between leaves it to the CPU that switches away from it, which looks again afterwards.
 *
 * pause_flags and pause_count change without the lock, atomically; whoever clears the last reason calls
 * vcpu_wake(), whoever sets one sees to it that the CPU it runs on reschedules.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"
#include "sched/run-queue.h"

#define DEFAULT_PERIOD	10000000L	/* ABI: a PV vCPU starts with a 100 Hz ticker */

#define DEFAULT_WEIGHT	256

u32 sched_ratelimit_us = 1000;
static struct run_queue queues[NR_CPUS];
static struct domain idle_domain = { .id = DOMID_IDLE };
static volatile u32 nr_pollers;		/* vCPUs with VPF_POLLING */

struct run_queue *rq_of(u32 cpu)
{
	return &queues[cpu];
}

static bool is_runnable(const struct vcpu *v)
{
	return !READ_ONCE(v->sched.pause_flags) && !READ_ONCE(v->sched.pause_count);
}

static u32 flag_set(struct vcpu *v, u32 flags)
{
	return __atomic_fetch_or(&v->sched.pause_flags, flags, __ATOMIC_SEQ_CST);
}

static u32 flag_clear(struct vcpu *v, u32 flags)
{
	return __atomic_fetch_and(&v->sched.pause_flags, ~flags, __ATOMIC_SEQ_CST);
}

/* ---- runstates ---------------------------------------------------------------------------------- */

static void runstate_set(struct vcpu *v, int state, ns_t now)
{
	struct vcpu_runstate_info *r = &v->sched.runstate;

	if (now > (ns_t)r->state_entry_time) {
		r->time[r->state] += now - r->state_entry_time;
		r->state_entry_time = now;
	}
	r->state = state;
}

static int runstate_when_off(const struct vcpu *v)
{
	if (is_runnable(v))
		return RUNSTATE_runnable;
	return READ_ONCE(v->sched.pause_flags) & VPF_BLOCKED ? RUNSTATE_blocked : RUNSTATE_offline;
}

/* Its queue's lock, with interrupts off; sched.cpu may change until then. */
static struct run_queue *lock_queue_of(struct vcpu *v, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(v->sched.cpu);

		*flags = spin_lock_irqsave(&queues[cpu].lock);
		if (READ_ONCE(v->sched.cpu) == cpu)
			return &queues[cpu];
		spin_unlock_irqrestore(&queues[cpu].lock, *flags);
	}
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	u64 flags;
	struct run_queue *rq = lock_queue_of(v, &flags);
	ns_t now = now_ns();

	*out = v->sched.runstate;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (now > (ns_t)out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

void runstate_update_guest(struct vcpu *v)
{
	struct vcpu_runstate_info r = v->sched.runstate;
	guest_va_t va = v->sched.runstate_area;
	guest_va_t entry = va + offsetof(struct vcpu_runstate_info, state_entry_time);
	u64 stamp = r.state_entry_time;
	bool flagged = vcpu_assist(v, VMASST_TYPE_runstate_update_flag);

	if (!va)
		return;
	if (!v->pv.kernel_mode) {
		v->sched.area_owed = true;
		return;
	}
	v->sched.area_owed = false;
	/* An area that cannot be written is the guest's loss. */
	if (flagged) {
		r.state_entry_time |= XEN_RUNSTATE_UPDATE;
		if (copy_to_guest(entry, &r.state_entry_time, sizeof(u64)))
			return;
	}
	if (copy_to_guest(va, &r, sizeof(r)) || !flagged)
		return;
	if (copy_to_guest(entry, &stamp, sizeof(u64)))
		return;
}

/* ---- waking, pausing ------------------------------------------------------------------------------ */

/**
 * vcpu_wake - put v into a queue if nothing keeps it from running
 *
 * Callable from interrupt handlers.  No effect when it waits or runs already.
 * Locks: takes two run-queue locks (LOCK_SCHED).
 */
void vcpu_wake(struct vcpu *v)
{
	struct run_queue *from, *to;
	bool woken = false;
	u64 flags;

	do {
		from = rq_of(READ_ONCE(v->sched.cpu));
		to = rq_of(rq_place(v));
		flags = irq_save();
		spin_lock_both(&from->lock, &to->lock);
		if (v->sched.cpu == from->cpu && bitmap_test(v->sched.hard, to->cpu))
			break;
		spin_unlock_both(&from->lock, &to->lock);
		irq_restore(flags);
	} while (true);

	if (is_runnable(v) && !v->sched.running && !v->sched.queued) {
		rq_move(v, from, to);
		rq_insert(to, v);
		runstate_set(v, RUNSTATE_runnable, now_ns());
		woken = true;
	}
	spin_unlock_both(&from->lock, &to->lock);
	irq_restore(flags);
	/* schedule() there decides whether it goes first, and sees that a slice ends. */
	if (woken)
		softirq_raise_on(to->cpu, SOFTIRQ_SCHEDULE);
}

/* v got a reason not to run: off the queue, or off its CPU soon. */
static void vcpu_sleep(struct vcpu *v)
{
	u64 flags;
	struct run_queue *rq = lock_queue_of(v, &flags);
	bool running = v->sched.running;

	if (v->sched.queued && !is_runnable(v)) {
		rq_remove(rq, v);
		runstate_set(v, runstate_when_off(v), now_ns());
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	if (running)
		softirq_raise_on(rq->cpu, SOFTIRQ_SCHEDULE);
}

/* True when v was blocked until now; blocking and polling end together. */
static bool clear_blocked(struct vcpu *v)
{
	u32 old = flag_clear(v, VPF_BLOCKED | VPF_POLLING);

	if (old & VPF_POLLING)
		__atomic_sub_fetch(&nr_pollers, 1, __ATOMIC_SEQ_CST);
	return old & VPF_BLOCKED;
}

void vcpu_unblock(struct vcpu *v)
{
	if ((READ_ONCE(v->sched.pause_flags) & VPF_BLOCKED) && clear_blocked(v))
		vcpu_wake(v);
}

/* v goes through its exit path after this, wherever it runs; if that is here, we are on our way to it. */
void vcpu_kick(struct vcpu *v)
{
	u32 cpu = READ_ONCE(v->sched.cpu);

	if (READ_ONCE(v->sched.running) && cpu != this_cpu())
		lapic_send_ipi(cpu, VEC_KICK);
}

/*
 * The flag first, then a look at the events: who raises one does it the other way round, so one of
 * the two sees the other.
 */
void vcpu_block(void)
{
	struct vcpu *v = current;

	flag_set(v, VPF_BLOCKED);
	if (event_pending(&v->evtchn) || v->pv.nmi_pending)
		clear_blocked(v);
	else
		softirq_raise(SOFTIRQ_SCHEDULE);
}

/*
 * SCHEDOP_poll's part: begin, before the ports are looked at ...  A multicall may come here again
 * before it is left.
 */
void vcpu_poll_begin(struct vcpu *v)
{
	v->sched.poll_port = 0;
	__atomic_add_fetch(&nr_pollers, 1, __ATOMIC_SEQ_CST);
	if (flag_set(v, VPF_BLOCKED | VPF_POLLING) & VPF_POLLING)
		__atomic_sub_fetch(&nr_pollers, 1, __ATOMIC_SEQ_CST);
}

/* ... and end it at once, when there is nothing to wait for. */
void vcpu_poll_cancel(struct vcpu *v)
{
	clear_blocked(v);
}

void sched_poll_wake(struct domain *d, u32 port)
{
	struct vcpu *v;

	if (likely(!READ_ONCE(nr_pollers)))
		return;
	for_each_vcpu(d, v) {
		u32 on = READ_ONCE(v->sched.poll_port);

		if ((READ_ONCE(v->sched.pause_flags) & VPF_POLLING) && (!on || on == port))
			vcpu_unblock(v);
	}
}

void vcpu_set_down(struct vcpu *v)
{
	flag_set(v, VPF_DOWN);
	vcpu_sleep(v);
}

void vcpu_set_up(struct vcpu *v)
{
	flag_clear(v, VPF_DOWN);
	vcpu_wake(v);
}

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_add_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep(v);
}

/* Two vCPUs that pause each other would wait for ever: callers are serialised by a lock or by rank. */
void vcpu_pause(struct vcpu *v)
{
	ASSERT(v != current);
	vcpu_pause_nosync(v);
	while (__atomic_load_n(&v->sched.running, __ATOMIC_ACQUIRE))
		cpu_relax();
}

void vcpu_unpause(struct vcpu *v)
{
	if (!__atomic_sub_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST))
		vcpu_wake(v);
}

/* A v elsewhere leaves soon, not at once. */
static void set_hard(struct vcpu *v, u64 cpus)
{
	bool misplaced, running;
	u64 flags;
	struct run_queue *rq = lock_queue_of(v, &flags);

	v->sched.hard[0] = cpus;
	misplaced = !bitmap_test(v->sched.hard, rq->cpu);
	running = v->sched.running;
	if (misplaced && v->sched.queued)
		rq_remove(rq, v);
	spin_unlock_irqrestore(&rq->lock, flags);
	if (misplaced && running)
		softirq_raise_on(rq->cpu, SOFTIRQ_SCHEDULE);
	else if (misplaced)
		vcpu_wake(v);
}

int sched_set_affinity(struct vcpu *v, const u64 *cpus)
{
	if (bitmap_next(cpus, nr_cpus, 0) >= nr_cpus)
		return -EINVAL;
	if (v->sched.pinned)
		return -EBUSY;
	set_hard(v, cpus[0]);
	return 0;
}

int sched_set_soft_affinity(struct vcpu *v, const u64 *cpus)
{
	if (bitmap_next(cpus, nr_cpus, 0) >= nr_cpus)
		return -EINVAL;
	v->sched.soft[0] = cpus[0];
	return 0;
}

int sched_pin(struct vcpu *v, u32 cpu)
{
	if (v->sched.pinned)
		return -EBUSY;
	v->sched.unpinned[0] = v->sched.hard[0];
	v->sched.pinned = true;
	set_hard(v, BIT(cpu));
	return 0;
}

int sched_unpin(struct vcpu *v)
{
	if (!v->sched.pinned)
		return -EINVAL;
	v->sched.pinned = false;
	set_hard(v, v->sched.unpinned[0]);
	return 0;
}

static_assert(NR_CPUS == 64, "a mask of CPUs is one word");

void sched_domain_params_get(const struct domain *d, u16 *weight, u16 *cap)
{
	*weight = d->sched.weight ?: DEFAULT_WEIGHT;
	*cap = d->sched.cap;
}

int sched_domain_params_set(struct domain *d, u16 weight, u16 cap)
{
	u32 vcpus = 0;
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpus++;
	if (!weight || cap > 100 * vcpus)
		return -EINVAL;
	d->sched.weight = weight;
	d->sched.cap = cap;
	return 0;
}

u64 sched_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_get(v, &r);
	return r.time[RUNSTATE_running];
}

u64 sched_idle_time(u32 cpu)
{
	return sched_cpu_time(queues[cpu].idle);
}

/* ---- the switch ----------------------------------------------------------------------------------- */

/* Nothing to do here: take a waiting vCPU from the busiest other CPU. */
static void steal(struct run_queue *rq)
{
	struct run_queue *from = rq_of(rq_busiest(rq->cpu));
	struct vcpu *v;

	if (from == rq)
		return;
	spin_lock_both(&from->lock, &rq->lock);
	for (v = from->first; v && !bitmap_test(v->sched.hard, rq->cpu); v = v->sched.next)
		;
	if (v) {
		rq_remove(from, v);
		rq_move(v, from, rq);
		rq_insert(rq, v);
	}
	spin_unlock_both(&from->lock, &rq->lock);
}

static bool may_go_on(const struct run_queue *rq, const struct vcpu *v)
{
	return !v->sched.idle && is_runnable(v) && bitmap_test(v->sched.hard, rq->cpu);
}

static struct vcpu *choose(struct run_queue *rq, struct vcpu *prev, ns_t now)
{
	if (may_go_on(rq, prev) && (!rq->first || !rq_preempts(rq, prev, now)))
		return prev;
	return rq->first ? rq->first : rq->idle;
}

/* The periodic timer ticks only while its vCPU runs. */
static void periodic_start(struct vcpu *v, ns_t now)
{
	ns_t next;

	if (!v->sched.period)
		return;
	next = v->sched.last_tick + v->sched.period;
	if (now >= next) {
		virq_raise(v, VIRQ_TIMER);
		v->sched.last_tick = now;
		next = now + v->sched.period;
	}
	timer_set(&v->sched.periodic, next);
}

static void leave(struct vcpu *prev)
{
	if (prev->sched.idle)
		return;
	runstate_update_guest(prev);
	timer_stop(&prev->sched.periodic);
}

static void arrive(struct vcpu *next, u32 cpu, ns_t now)
{
	if (next->sched.idle)
		return;
	guest_cpu_load(next);
	if (next->sched.clock_in != next->evtchn.info)
		clock_update_vcpu(next);
	runstate_update_guest(next);
	timer_migrate(&next->sched.periodic, cpu);
	timer_migrate(&next->sched.singleshot, cpu);
	timer_migrate(&next->sched.poll, cpu);
	periodic_start(next, now);
}

/* Interrupts off.  prev's state is saved once context_switch() is back: then others may run it. */
static void switch_to(struct run_queue *rq, struct vcpu *prev, struct vcpu *next, ns_t now)
{
	leave(prev);
	context_switch(prev, next);
	spin_lock(&rq->lock);
	__atomic_store_n(&prev->sched.running, false, __ATOMIC_RELEASE);
	spin_unlock(&rq->lock);
	arrive(next, rq->cpu, now);
	if (!prev->sched.idle && is_runnable(prev))
		vcpu_wake(prev);
}

/**
 * schedule - SOFTIRQ_SCHEDULE: let the vCPU run that should
 *
 * May change current and guest_regs.  Locks: none held; takes LOCK_SCHED, LOCK_TIMER.
 */
void schedule(void)
{
	struct run_queue *rq = rq_of(this_cpu());
	struct vcpu *prev = current, *next;
	u64 flags = irq_save();
	ns_t now;

	if (!rq->count && !may_go_on(rq, prev))
		steal(rq);
	spin_lock(&rq->lock);
	now = now_ns();
	if (!prev->sched.idle)
		rq_charge(rq, prev, MAX(now - prev->sched.run_start, 0));
	prev->sched.run_start = now;
	next = choose(rq, prev, now);
	prev->sched.yielded = false;
	if (next != prev) {
		if (!next->sched.idle)
			rq_remove(rq, next);
		rq_start_slice(next, now);
		runstate_set(prev, runstate_when_off(prev), now);
		runstate_set(next, RUNSTATE_running, now);
		next->sched.running = true;
		WRITE_ONCE(rq->curr, next);
	}
	spin_unlock(&rq->lock);
	if (next != prev)
		switch_to(rq, prev, next, now);
	if (!next->sched.idle && rq->count)
		timer_set(&rq->slice, next->sched.slice_end);
	else
		timer_stop(&rq->slice);
	irq_restore(flags);
}

void idle_loop(void)
{
	for (;;) {
		local_irq_disable();
		if (!softirq_pending()) {
			sti_hlt();
			continue;
		}
		local_irq_enable();
		softirq_run();
		if (!current->sched.idle)
			exit_to_guest();
	}
}

/* ---- timers of vCPUs -------------------------------------------------------------------------------- */

static void periodic_fired(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->sched.running))
		periodic_start(v, now_ns());
}

static void singleshot_fired(void *arg)
{
	virq_raise(arg, VIRQ_TIMER);
}

static void poll_fired(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->sched.pause_flags) & VPF_POLLING)
		vcpu_unblock(v);
}

static void slice_ended(void *arg)
{
	(void)arg;
	softirq_raise(SOFTIRQ_SCHEDULE);
}

void vcpu_set_period(struct vcpu *v, ns_t period)
{
	timer_stop(&v->sched.periodic);
	v->sched.period = period;
	if (v == current)
		periodic_start(v, now_ns());
}

/* ---- making, ending, showing ------------------------------------------------------------------------ */

int sched_vcpu_init(struct vcpu *v)
{
	u32 cpu = v->id % nr_cpus;

	v->sched.cpu = cpu;
	v->sched.pause_flags = VPF_DOWN;
	v->sched.runstate.state = RUNSTATE_offline;
	v->sched.runstate.state_entry_time = now_ns();
	v->sched.period = DEFAULT_PERIOD;
	v->sched.hard[0] = v->sched.soft[0] = ~0UL;
	if (!v->domain->sched.weight)
		v->domain->sched.weight = DEFAULT_WEIGHT;
	timer_init(&v->sched.periodic, periodic_fired, v, cpu);
	timer_init(&v->sched.singleshot, singleshot_fired, v, cpu);
	timer_init(&v->sched.poll, poll_fired, v, cpu);
	return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
	ASSERT(!v->sched.running && !v->sched.queued);
	vcpu_poll_cancel(v);
	timer_kill(&v->sched.periodic);
	timer_kill(&v->sched.singleshot);
	timer_kill(&v->sched.poll);
}

/* Before the CPU takes its first interrupt: the idle vCPU becomes current. */
void sched_cpu_init(u32 cpu)
{
	struct run_queue *rq = rq_of(cpu);
	struct vcpu *v = zalloc(sizeof(*v));

	if (!v)
		panic("no memory for the idle vCPU of CPU %u", cpu);
	v->id = cpu;
	v->domain = &idle_domain;
	evtchn_vcpu_init(v);
	v->sched.cpu = cpu;
	v->sched.idle = v->sched.running = true;
	v->sched.runstate.state_entry_time = now_ns();

	spin_lock_init(&rq->lock, "run queue", LOCK_SCHED);
	rq->cpu = cpu;
	rq->curr = rq->idle = v;
	timer_init(&rq->slice, slice_ended, NULL, cpu);
	cpu_info()->vcpu = v;
}

void sched_init(void)
{
	console_key_register('a', "timers", timers_dump);
	console_key_register('r', "run queues", sched_dump);
}

static void vcpu_line(const char *what, const struct vcpu *v)
{
	if (v->sched.idle)
		log_info("  %s idle", what);
	else
		log_info("  %s d%dv%u vtime %ld state %d", what, v->domain->id, v->id, v->sched.vtime,
			 v->sched.runstate.state);
}

void sched_dump(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		struct run_queue *rq = rq_of(cpu);
		u64 flags = spin_lock_irqsave(&rq->lock);

		log_info("cpu %u: %u waiting, min vtime %ld", cpu, rq->count, rq->min_vtime);
		vcpu_line("runs", rq->curr);
		for (struct vcpu *v = rq->first; v; v = v->sched.next)
			vcpu_line("waits", v);
		spin_unlock_irqrestore(&rq->lock, flags);
	}
}
