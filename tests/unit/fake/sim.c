/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/trace.h"
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "cpu/smp.h"
#include "cpu/symbols.h"
#include "dev/console.h"
#include "fake/sim.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

ns_t sim_now, sim_lateness;
bool sim_bad;
struct guest *sim_guests;

struct fake_cpu_state fake_state[NR_CPUS];
_Thread_local u32 fake_cpu_nr;
u64 fake_tsc;
u32 nr_cpus;
u64 cpus_online[NR_CPUS / 64];
struct domain *dom0;

static struct cpu_info infos[NR_CPUS];
static struct pcpu pcpus[NR_CPUS];
static struct vcpu_info vcpu_infos;
static u64 deadlines[NR_CPUS];
static domid_t next_id;

/* ---- what the scheduler asks of others ------------------------------------------------------------------ */

struct cpu_info *cpu_info(void) { return &infos[fake_cpu_nr]; }
struct pcpu *pcpu_of(u32 cpu) { return cpu < nr_cpus ? &pcpus[cpu] : NULL; }
ns_t now_ns(void) { return sim_now; }
bool trace_on;
void trace_runstate(struct vcpu *v, int state) { (void)v; (void)state; }
u64 ns_to_tsc_deadline(ns_t t) { return t; }
void lapic_timer_set(u64 tsc) { deadlines[fake_cpu_nr] = tsc; }
void lapic_send_ipi(u32 cpu, u8 vector) { (void)cpu; (void)vector; }
void softirq_raise(enum softirq nr) { cpu_info()->softirq_pending |= BIT(nr); }
void softirq_raise_on(u32 cpu, enum softirq nr) { infos[cpu].softirq_pending |= BIT(nr); }
void softirq_run(void) { }
void context_switch(struct vcpu *prev, struct vcpu *next) { (void)prev; cpu_info()->vcpu = next; }
void guest_cpu_load(struct vcpu *v) { (void)v; }
void clock_update_vcpu(struct vcpu *v) { v->sched.clock_in = v->evtchn.info; }
void virq_raise(struct vcpu *v, u32 virq) { (void)virq; vcpu_unblock(v); }
void evtchn_vcpu_init(struct vcpu *v) { v->evtchn.info = &vcpu_infos; }
void exit_to_guest(void) { abort(); }
void *zalloc(size_t n) { return calloc(1, n); }
u64 cmdline_uint(const char *name, u64 def) { (void)name; return def; }
const char *symbol_lookup(u64 addr, u64 *offset) { (void)addr; *offset = 0; return NULL; }

int copy_to_guest(guest_va_t dst, const void *src, size_t size)
{
	(void)dst;
	(void)src;
	(void)size;
	return 0;
}

void console_key_register(char key, const char *what, void (*fn)(void))
{
	(void)key;
	(void)what;
	(void)fn;
}

void log_line(enum loglevel level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	printf("not ok - panic: %s\n", fmt);
	abort();
}

/* ---- the machine ---------------------------------------------------------------------------------------- */

/* The last machine; its timers are in queues that the next one uses. */
static void forget(void)
{
	for (struct guest *g = sim_guests, *next; g; g = next) {
		next = g->next;
		timer_stop(&g->v.sched.singleshot);
		timer_stop(&g->v.sched.periodic);
		timer_stop(&g->v.sched.poll);
		timer_stop(&g->v.domain->sched.refill);
		if (!g->v.id)		/* the last of its domain */
			free(g->v.domain);
		free(g);
	}
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		timer_stop(&run_queue.cpu[cpu].slice);
		free(run_queue.cpu[cpu].idle);
	}
}

void sim_start(u32 cpus)
{
	forget();
	sim_now = 1000 * MS;
	sim_bad = false;
	sim_guests = NULL;
	next_id = 1;
	nr_cpus = cpus;
	cpus_online[0] = BIT(cpus) - 1;
	sched_ratelimit_us = 1000;
	memset(infos, 0, sizeof(infos));
	memset(pcpus, 0, sizeof(pcpus));
	memset(&run_queue, 0, sizeof(run_queue));
	spin_lock_init(&run_queue.lock, "run queue", LOCK_SCHED);
	for (u32 i = 0; i < cpus; i++) {
		pcpus[i].cpu = infos[i].cpu = i;
		pcpus[i].info = &infos[i];
		infos[i].pcpu = &pcpus[i];
		deadlines[i] = ~0UL;
		fake_cpu_nr = i;
		timer_cpu_init(i);
		sched_cpu_init(i);
	}
	fake_cpu_nr = 0;
}

struct domain *sim_domain(u32 vcpus, u16 weight, u16 cap)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->id = next_id++;
	d->max_vcpus = vcpus;
	for (u32 i = 0; i < vcpus; i++) {
		struct guest *g = calloc(1, sizeof(*g));

		g->v.id = i;
		g->v.domain = d;
		g->v.pv.kernel_mode = true;
		d->vcpu[i] = &g->v;
		evtchn_vcpu_init(&g->v);
		sched_vcpu_init(&g->v);
		g->v.sched.period = 0;
		g->next = sim_guests;
		sim_guests = g;
	}
	if (sched_domain_params_set(d, weight, cap))
		abort();
	return d;
}

struct guest *sim_guest(struct domain *d, u32 vcpu)
{
	return (struct guest *)d->vcpu[vcpu];
}

void sim_up(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_set_up(v);
}

void sim_as(struct vcpu *v)
{
	fake_cpu_nr = v->sched.cpu;
}

void sim_settle(void)
{
	bool again;

	do {
		again = false;
		for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
			u32 bits = infos[cpu].softirq_pending;

			fake_cpu_nr = cpu;
			infos[cpu].softirq_pending = 0;
			if (bits & BIT(SOFTIRQ_TIMER))
				timer_softirq();
			if (bits & BIT(SOFTIRQ_SCHEDULE))
				schedule();
			again |= bits != 0;
		}
	} while (again);
	fake_cpu_nr = 0;
}

static void must(bool good, const char *what)
{
	if (good || sim_bad)
		return;
	sim_bad = true;
	printf("# at %ld us: %s\n", sim_now / US, what);
}

static bool runnable(const struct vcpu *v)
{
	return !v->sched.pause_flags && !v->sched.pause_count;
}

void sim_check(void)
{
	const struct vcpu *prev = NULL;
	u32 n = 0;

	for (const struct vcpu *v = run_queue.first; v; prev = v, v = v->sched.next, n++) {
		must(v->sched.prev == prev, "the list's links");
		must(!prev || prev->sched.vtime <= v->sched.vtime, "the list's order");
		must(v->sched.queued && !v->sched.running && runnable(v), "one waits that should not");
	}
	must(n == run_queue.count, "the count of those that wait");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		const struct vcpu *v = run_queue.cpu[cpu].curr;

		must(infos[cpu].vcpu == v, "the CPU runs what its queue says");
		must(v->sched.idle || (v->sched.running && v->sched.cpu == cpu), "it is said to run there");
		must(v->sched.idle || v->sched.hard[0] & BIT(cpu), "it may run there");
	}
	for (struct guest *g = sim_guests; g; g = g->next) {
		const struct vcpu_sched *s = &g->v.sched;

		must(runnable(&g->v) == (s->queued || s->running), "a runnable one waits or runs, no other does");
		must(!(s->queued && s->running), "not both");
		must(s->runstate.state == (s->running ? RUNSTATE_running : s->queued ? RUNSTATE_runnable :
		     s->runstate.state), "its runstate");
		/* A waiting one has no idle CPU that it may use. */
		for (u32 cpu = 0; s->queued && cpu < nr_cpus; cpu++)
			must(!run_queue.cpu[cpu].curr->sched.idle || !(s->hard[0] & BIT(cpu)) ||
			     (g->v.domain->sched.cap && g->v.domain->sched.budget <= 0),
			     "one waits while a CPU does nothing");
	}
}

static ns_t ran(struct guest *g)
{
	return sched_cpu_time(&g->v);
}

/* When g's burst ends, as things are; or a far time. */
static ns_t burst_end(struct guest *g)
{
	return g->sleep && g->v.sched.running ? sim_now + g->left - (ran(g) - g->ran_at) : INT64_MAX;
}

static void arrived(struct guest *g)
{
	ns_t waited = sim_now - g->woken;

	if (g->v.sched.running && g->v.sched.cpu != g->last_cpu) {
		g->last_cpu = g->v.sched.cpu;
		g->moves++;
	}
	if (!g->woken || !g->v.sched.running)
		return;
	g->waits[g->wakes++ % ARRAY_SIZE(g->waits)] = waited;
	g->latest = MAX(g->latest, waited);
	g->woken = 0;
}

static void go_to_sleep(struct guest *g)
{
	sim_as(&g->v);
	g->left = g->burst;
	g->ran_at = ran(g);
	vcpu_block();
	timer_set(&g->v.sched.singleshot, sim_now + g->sleep);
}

static void interrupts(ns_t t)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (deadlines[cpu] <= (u64)t) {
			deadlines[cpu] = ~0UL;
			fake_cpu_nr = cpu;
			timer_interrupt();
		}
}

void sim_run(ns_t time)
{
	ns_t end = sim_now + time, next;

	for (;;) {
		sim_settle();
		sim_check();
		next = INT64_MAX;
		for (struct guest *g = sim_guests; g; g = g->next) {
			arrived(g);
			if (g->sleep && !g->left)
				g->left = g->burst;
			next = MIN(next, burst_end(g));
		}
		for (u32 cpu = 0; cpu < nr_cpus; cpu++)
			if (deadlines[cpu] != ~0UL)
				next = MIN(next, (ns_t)deadlines[cpu] + (sim_lateness ? rand() % sim_lateness : 0));
		if (next > end)
			break;
		sim_now = MAX(next, sim_now);
		for (struct guest *g = sim_guests; g; g = g->next)
			if (burst_end(g) <= sim_now)
				go_to_sleep(g);
		for (struct guest *g = sim_guests; g; g = g->next)
			if ((g->v.sched.pause_flags & VPF_BLOCKED) && g->v.sched.singleshot.queued &&
			    g->v.sched.singleshot.expires <= sim_now)
				g->woken = sim_now;
		interrupts(sim_now);
	}
	sim_now = end;
}

void sim_count(void)
{
	for (struct guest *g = sim_guests; g; g = g->next)
		g->counted = ran(g);
}

ns_t sim_used(struct guest *g)
{
	return ran(g) - g->counted;
}

static int by_size(const void *a, const void *b)
{
	ns_t x = *(const ns_t *)a, y = *(const ns_t *)b;

	return x < y ? -1 : x > y;
}

ns_t sim_median(struct guest *g)
{
	u32 n = MIN(g->wakes, (u32)ARRAY_SIZE(g->waits));

	qsort(g->waits, n, sizeof(*g->waits), by_size);
	return n ? g->waits[n / 2] : -1;
}
