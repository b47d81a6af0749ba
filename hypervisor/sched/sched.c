/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU runs where: states, waking and pausing, and the switch.
 *
 * A vCPU is in one of three places, guarded by the run queue's lock: waiting (queued), on a CPU
 * (running), or neither (not runnable).  One that runs is in no queue; `running` stays set until its
 * registers are saved, and only then may another CPU take it.  Whatever makes it runnable in between
 * leaves it to the CPU that switches away from it, which looks again afterwards.
 *
 * pause_flags and pause_count change without the lock, atomically; whoever clears the last reason calls
 * vcpu_wake(), whoever sets one sees to it that the CPU it runs on reschedules.
 */
#include "control/trace.h"
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "cpu/smp.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"
#include "sched/run-queue.h"

#define DEFAULT_PERIOD	10000000L	/* ABI: a PV vCPU starts with a 100 Hz ticker */

#define RATELIMIT	1000U		/* us */

u32 sched_ratelimit_us = RATELIMIT;
static struct domain idle_domain = { .id = DOMID_IDLE };
static volatile u32 nr_pollers;		/* vCPUs with VPF_POLLING */

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

	if (unlikely(trace_on))
		trace_runstate(v, state);
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

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	ns_t now = now_ns();

	*out = v->sched.runstate;
	spin_unlock_irqrestore(&run_queue.lock, flags);
	if (now > (ns_t)out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

void runstate_update_guest(struct vcpu *v)
{
	guest_va_t va = v->sched.runstate_area;
	guest_va_t entry = va + offsetof(struct vcpu_runstate_info, state_entry_time);
	bool flagged = vcpu_assist(v, VMASST_TYPE_runstate_update_flag);
	struct vcpu_runstate_info r;
	u64 stamp;

	if (!va)
		return;
	r = v->sched.runstate;
	stamp = r.state_entry_time;
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

/* schedule() there decides whether v goes first, and sees that a slice ends. */
static void tell(u32 cpu)
{
	if (cpu < nr_cpus)
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

/* Lock held.  Return: the CPU to tell. */
static u32 enqueue(struct vcpu *v, ns_t now)
{
	rq_insert(v, now);
	runstate_set(v, RUNSTATE_runnable, now);
	return rq_target(v, now);
}

/**
 * vcpu_wake - put v into the queue if nothing keeps it from running
 *
 * Callable from interrupt handlers.  No effect when it waits or runs already.
 * Locks: takes the run queue's (LOCK_SCHED).
 */
void vcpu_wake(struct vcpu *v)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	u32 cpu = nr_cpus;

	if (is_runnable(v) && !v->sched.running && !v->sched.queued)
		cpu = enqueue(v, now_ns());
	spin_unlock_irqrestore(&run_queue.lock, flags);
	tell(cpu);
}

/* v got a reason not to run: off the queue, or off its CPU soon. */
static void vcpu_sleep(struct vcpu *v)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	u32 cpu = v->sched.running ? v->sched.cpu : nr_cpus;

	if (v->sched.queued && !is_runnable(v)) {
		rq_remove(v);
		runstate_set(v, runstate_when_off(v), now_ns());
	}
	spin_unlock_irqrestore(&run_queue.lock, flags);
	tell(cpu);
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

/* ---- affinities, shares ----------------------------------------------------------------------------- */

/* Where or how long v may run has changed. */
static void terms_changed(struct vcpu *v)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	u32 cpu = nr_cpus;

	if (v->sched.running) {
		cpu = v->sched.cpu;
		run_queue.cpu[cpu].sliced = true;
	} else if (v->sched.queued) {
		ns_t now = now_ns();

		rq_remove(v);
		rq_insert(v, now);
		cpu = rq_target(v, now);
	}
	spin_unlock_irqrestore(&run_queue.lock, flags);
	tell(cpu);
}

/* pinned: what becomes of it; -EBUSY or -EINVAL when it is not `pinned_now` before. */
static int set_hard(struct vcpu *v, u64 cpus, bool pinned_now, bool pinned)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	int rc = 0;

	if (v->sched.pinned != pinned_now) {
		rc = pinned_now ? -EINVAL : -EBUSY;
	} else {
		if (pinned)
			v->sched.unpinned[0] = v->sched.hard[0];
		v->sched.hard[0] = pinned_now ? v->sched.unpinned[0] : cpus;
		v->sched.pinned = pinned;
	}
	spin_unlock_irqrestore(&run_queue.lock, flags);
	if (!rc)
		terms_changed(v);
	return rc;
}

/* A v elsewhere leaves soon, not at once. */
int sched_set_affinity(struct vcpu *v, const u64 *cpus)
{
	return *cpus & cpus_online[0] ? set_hard(v, *cpus, false, false) : -EINVAL;
}

int sched_pin(struct vcpu *v, u32 cpu)
{
	return set_hard(v, BIT(cpu), false, true);
}

int sched_unpin(struct vcpu *v)
{
	return set_hard(v, 0, true, false);
}

int sched_set_soft_affinity(struct vcpu *v, const u64 *cpus)
{
	if (!(*cpus & cpus_online[0]))
		return -EINVAL;
	WRITE_ONCE(v->sched.soft[0], *cpus);
	terms_changed(v);
	return 0;
}

static_assert(NR_CPUS == 64, "a mask of CPUs is one word");

static void refill(void *arg)
{
	struct domain *d = arg;
	u64 flags = spin_lock_irqsave(&run_queue.lock);
	bool used = rq_refill(d, now_ns());
	struct vcpu *v;

	spin_unlock_irqrestore(&run_queue.lock, flags);
	if (!used)
		return;
	timer_set(&d->sched.refill, d->sched.refill.expires + CAP_PERIOD);
	for_each_vcpu(d, v)
		terms_changed(v);
}

void sched_domain_params_get(const struct domain *d, u16 *weight, u16 *cap)
{
	*weight = d->sched.weight ?: DEFAULT_WEIGHT;
	*cap = d->sched.cap;
}

int sched_domain_params_set(struct domain *d, u16 weight, u16 cap)
{
	u32 vcpus = 0;
	struct vcpu *v;
	u64 flags;

	for_each_vcpu(d, v)
		vcpus++;
	if (!weight || cap > 100 * vcpus)
		return -EINVAL;
	if (!d->sched.refill.fn)
		timer_init(&d->sched.refill, refill, d, this_cpu());
	flags = spin_lock_irqsave(&run_queue.lock);
	rq_set_params(d, weight, cap, now_ns());
	spin_unlock_irqrestore(&run_queue.lock, flags);
	for_each_vcpu(d, v)
		terms_changed(v);
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
	return sched_cpu_time(run_queue.cpu[cpu].idle);
}

/* ---- the switch ----------------------------------------------------------------------------------- */

/* Who waits for the time he is told to change does so awake. */
static void tick(void *arg)
{
	struct vcpu *v = arg;

	if (v == current)
		clock_update_vcpu(v);
	virq_raise(v, VIRQ_TIMER);
}

/* The periodic timer ticks only while its vCPU runs. */
static void periodic_start(struct vcpu *v, ns_t now)
{
	ns_t next, period = READ_ONCE(v->sched.period);		/* another vCPU may be stopping it */

	if (!period)
		return;
	next = v->sched.last_tick + period;
	if (now < next && READ_ONCE(v->sched.periodic.queued))
		return;			/* as it was left */
	if (now >= next) {
		tick(v);
		/* On the old grid, so that late ticks do not add up. */
		v->sched.last_tick = now - (now - next) % period;
		next = v->sched.last_tick + period;
	}
	timer_set(&v->sched.periodic, next);
}

static void arrive(struct vcpu *next, u32 cpu, ns_t now)
{
	if (next->sched.idle)
		return;
	guest_cpu_load(next);
	if (next->sched.clock_in != next->evtchn.info)
		clock_update_vcpu(next);
	if (next->sched.runstate_area)
		runstate_update_guest(next);
	if (next->sched.periodic.cpu != cpu) {
		timer_migrate(&next->sched.periodic, cpu);
		timer_migrate(&next->sched.singleshot, cpu);
		timer_migrate(&next->sched.poll, cpu);
	}
	periodic_start(next, now);
}

/* Interrupts off.  prev's state is saved once context_switch() is back: then others may run it. */
static void switch_to(struct vcpu *prev, struct vcpu *next, ns_t now)
{
	u32 cpu = nr_cpus;

	if (prev->sched.runstate_area)
		runstate_update_guest(prev);
	context_switch(prev, next);
	if (!prev->sched.idle) {
		spin_lock(&run_queue.lock);
		if (is_runnable(prev))
			cpu = enqueue(prev, now);
		/* The last of prev: who waits for this may free it. */
		__atomic_store_n(&prev->sched.running, false, __ATOMIC_RELEASE);
		spin_unlock(&run_queue.lock);
		tell(cpu);
	}
	arrive(next, next->sched.cpu, now);
}

static void start_refill(struct domain *d, ns_t now)
{
	if (d->sched.cap && !READ_ONCE(d->sched.refill.queued))
		timer_set(&d->sched.refill, now + CAP_PERIOD);
}

/**
 * schedule - SOFTIRQ_SCHEDULE: let the vCPU run that should
 *
 * May change current and guest_regs.  Locks: none held; takes LOCK_SCHED, LOCK_TIMER.
 */
void schedule(void)
{
	struct sched_cpu *c = &run_queue.cpu[this_cpu()];
	struct vcpu *prev = current, *next;
	u32 helper;
	ns_t now;

	/* Alone, and free to go on: charged when that changes, of which we would be told again. */
	if (!READ_ONCE(run_queue.first) && !READ_ONCE(c->sliced) && READ_ONCE(c->slice.queued) &&
	    !prev->sched.idle && is_runnable(prev)) {
		prev->sched.yielded = false;
		return;
	}
	local_irq_disable();
	spin_lock(&run_queue.lock);
	now = now_ns();
	next = rq_pick(c, is_runnable(prev), now);
	if (next != prev) {
		runstate_set(prev, runstate_when_off(prev), now);
		runstate_set(next, RUNSTATE_running, now);
		next->sched.running = true;
	}
	helper = rq_helper(now);
	spin_unlock(&run_queue.lock);
	tell(helper);
	start_refill(prev->domain, now);
	if (next != prev)
		switch_to(prev, next, now);	/* prev may be gone when this is back */
	/* Too early is no harm, and never stopped: the timer is seldom set at a switch. */
	if (!next->sched.idle && (!READ_ONCE(c->slice.queued) || c->slice.expires > next->sched.slice_end))
		timer_set(&c->slice, next->sched.slice_end);
	start_refill(next->domain, now);
	local_irq_enable();
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
	u32 cpu = (v->domain->id + v->id) % nr_cpus;

	v->sched.cpu = cpu;
	v->sched.pause_flags = VPF_DOWN;
	v->sched.runstate.state = RUNSTATE_offline;
	v->sched.runstate.state_entry_time = now_ns();
	v->sched.period = DEFAULT_PERIOD;
	v->sched.hard[0] = v->sched.soft[0] = ~0UL;
	if (!v->domain->sched.weight)
		v->domain->sched.weight = DEFAULT_WEIGHT;
	timer_init(&v->sched.periodic, periodic_fired, v, cpu);
	timer_init(&v->sched.singleshot, tick, v, cpu);
	timer_init(&v->sched.poll, poll_fired, v, cpu);
	return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);

	/* Who switched away from v said so under this lock, and does not look at it any more. */
	ASSERT(!v->sched.running && !v->sched.queued);
	spin_unlock_irqrestore(&run_queue.lock, flags);
	vcpu_poll_cancel(v);
	timer_kill(&v->sched.periodic);
	timer_kill(&v->sched.singleshot);
	timer_kill(&v->sched.poll);
}

/* Before the CPU takes its first interrupt: the idle vCPU becomes current. */
void sched_cpu_init(u32 cpu)
{
	struct sched_cpu *c = &run_queue.cpu[cpu];
	struct vcpu *v = zalloc(sizeof(*v));

	if (!v)
		panic("no memory for the idle vCPU of CPU %u", cpu);
	v->id = cpu;
	v->domain = &idle_domain;
	evtchn_vcpu_init(v);
	v->sched.cpu = cpu;
	v->sched.idle = v->sched.running = true;
	v->sched.runstate.state_entry_time = now_ns();

	c->cpu = cpu;
	c->curr = c->idle = v;
	__atomic_or_fetch(&run_queue.idle, BIT(cpu), __ATOMIC_SEQ_CST);
	timer_init(&c->slice, slice_ended, NULL, cpu);
	cpu_info()->vcpu = v;
}

void sched_init(void)
{
	u64 us = cmdline_uint("sched_ratelimit_us", RATELIMIT);

	if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
		log_err("sched_ratelimit_us is 0, or %u to %u", XEN_SYSCTL_SCHED_RATELIMIT_MIN,
			XEN_SYSCTL_SCHED_RATELIMIT_MAX);
	else
		sched_ratelimit_us = us;
	console_key_register('a', "timers", timers_dump);
	console_key_register('r', "run queues", sched_dump);
}

static void vcpu_line(const char *what, const struct vcpu *v)
{
	const struct domain_sched *d = &v->domain->sched;

	if (v->sched.idle)
		log_info("  %s idle", what);
	else
		log_info("  %s d%dv%u vtime %ld weight %u cap %u budget %ld affinity %#lx soft %#lx", what,
			 v->domain->id, v->id, v->sched.vtime, d->weight, d->cap, d->budget, v->sched.hard[0],
			 v->sched.soft[0]);
}

void sched_dump(void)
{
	u64 flags = spin_lock_irqsave(&run_queue.lock);

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		log_info("CPU %u at vtime %ld", cpu, run_queue.cpu[cpu].vtime);
		vcpu_line("runs", run_queue.cpu[cpu].curr);
	}
	log_info("%u waiting, rate limit %u us", run_queue.count, sched_ratelimit_us);
	for (const struct vcpu *v = run_queue.first; v; v = v->sched.next)
		vcpu_line("waits", v);
	spin_unlock_irqrestore(&run_queue.lock, flags);
}
