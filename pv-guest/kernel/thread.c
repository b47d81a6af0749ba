/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/layout.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

#define SLICE	    (10 * MSEC)
#define STACK_ORDER 2

_Static_assert(PAGE_SIZE << STACK_ORDER == STACK_SIZE, "stacks are 2^STACK_ORDER pages");

void context_switch(u64 *save_sp, u64 load_sp);

static struct spinlock all_lock;
static struct thread *all;

static void all_add(struct thread *t)
{
	bool irqs = spin_lock(&all_lock);

	t->all_next = all;
	all = t;
	spin_unlock(&all_lock, irqs);
}

static void all_remove(struct thread *t)
{
	bool irqs = spin_lock(&all_lock);
	struct thread **p = &all;

	while (*p != t)
		p = &(*p)->all_next;
	*p = t->all_next;
	spin_unlock(&all_lock, irqs);
}

/**
 * threads_each - call fn for each thread, the newest first; it must not wait
 */
void threads_each(void (*fn)(const struct thread *t, void *arg), void *arg)
{
	bool irqs = spin_lock(&all_lock);
	struct thread *t;

	for (t = all; t; t = t->all_next)
		fn(t, arg);
	spin_unlock(&all_lock, irqs);
}

static void queue_add(struct cpu *cpu, struct thread *t)
{
	t->next = NULL;
	if (cpu->head)
		cpu->tail->next = t;
	else
		cpu->head = t;
	cpu->tail = t;
}

static struct thread *queue_take(struct cpu *cpu)
{
	struct thread *t = cpu->head;

	if (t)
		cpu->head = t->next;
	return t;
}

/**
 * thread_current - the thread that asks
 */
struct thread *thread_current(void)
{
	return this_cpu()->current;
}

/**
 * thread_stack_top - where its kernel stack begins, counted downwards
 */
u64 thread_stack_top(const struct thread *t)
{
	return (u64)t->stack + STACK_SIZE;
}

/* The other side of a switch: what the thread that left could not do itself. */
static void switch_finish(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *dead = cpu->dead;

	cpu->dead = NULL;
	spin_unlock(&cpu->lock, false);
	if (dead) {
		struct sem *done = dead->done;

		all_remove(dead);
		pages_free(dead->stack, STACK_ORDER);
		heap_free(dead, sizeof(*dead));
		if (done)
			sem_up(done);
	}
}

static void slice_begin(struct cpu *cpu)
{
	if (cpu->head && cpu->slice && !cpu->slice->queued)
		timer_set(cpu->slice, port_time_ns() + SLICE);
}

/* Let the next runnable thread run, or the idle one; interrupts are off. */
static void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *prev = cpu->current, *next;

	spin_lock(&cpu->lock);
	cpu->resched = false;
	if (prev->state == THREAD_RUNNABLE && prev != cpu->idle)
		queue_add(cpu, prev);
	next = queue_take(cpu) ?: cpu->idle;
	slice_begin(cpu);
	if (next == prev) {
		spin_unlock(&cpu->lock, false);
		return;
	}
	if (prev->state == THREAD_DEAD)
		cpu->dead = prev;
	cpu->current = next;
	next->turns++;
	space_load(next->space);
	if (next->process)
		port_set_kernel_stack(thread_stack_top(next));
	context_switch(&prev->sp, next->sp);
	switch_finish();
}

static void thread_begin(void)
{
	struct thread *t = this_cpu()->current;

	switch_finish();
	irq_enable();
	t->fn(t->arg);
	thread_exit();
}

static void thread_wake(struct thread *t)
{
	struct cpu *cpu = t->cpu;
	bool irqs = spin_lock(&cpu->lock), kick;

	t->state = THREAD_RUNNABLE;
	if (cpu->current != t)
		queue_add(cpu, t);
	kick = cpu->current == cpu->idle;
	if (cpu == this_cpu()) {
		cpu->resched |= kick;
		slice_begin(cpu);
	}
	spin_unlock(&cpu->lock, irqs);
	/* A busy CPU learns of it as well: it may have no slice to end. */
	if (cpu != this_cpu())
		port_ipi(cpu);
}

/* A thread that will call fn(arg), not runnable yet. */
static struct thread *thread_new(const char *name, unsigned int cpu, void (*fn)(void *arg),
				 void *arg, struct sem *done)
{
	struct thread *t = heap_alloc(sizeof(*t));
	u64 *sp;

	memset(t, 0, sizeof(*t));
	t->name = name;
	t->cpu = cpus[cpu];
	t->space = &kernel_space;
	t->fn = fn;
	t->arg = arg;
	t->done = done;
	t->stack = pages_alloc(STACK_ORDER);
	CHECK(t->stack);
	sp = (u64 *)thread_stack_top(t);
	*--sp = 0; /* where thread_begin() would return to */
	*--sp = (u64)thread_begin;
	sp -= 6; /* the registers context_switch() takes off */
	memset(sp, 0, 6 * sizeof(*sp));
	t->sp = (u64)sp;
	all_add(t);
	return t;
}

/**
 * thread_start - run fn(arg) in a thread of its own
 * @cpu:  on which CPU
 * @done: raised once it has ended and is freed; may be NULL
 */
void thread_start(const char *name, unsigned int cpu, void (*fn)(void *arg), void *arg,
		  struct sem *done)
{
	thread_wake(thread_new(name, cpu, fn, arg, done));
}

/**
 * thread_start_user - the same for a process: fn(p) runs in its address space
 * p->done is raised once the thread is freed.
 */
void thread_start_user(struct process *p, unsigned int cpu, void (*fn)(void *arg))
{
	struct thread *t = thread_new("user", cpu, fn, p, &p->done);

	t->process = p;
	t->space = p->space;
	thread_wake(t);
}

/**
 * thread_yield - let the other runnable threads of this CPU go first
 */
void thread_yield(void)
{
	bool irqs = irq_save();

	schedule();
	irq_restore(irqs);
}

/**
 * thread_exit - end the current thread; another one frees it
 */
void thread_exit(void)
{
	irq_disable();
	thread_current()->state = THREAD_DEAD;
	schedule();
	__builtin_unreachable();
}

/**
 * thread_preempt - on the way out of an interrupt: let others run if it is time
 */
void thread_preempt(void)
{
	if (this_cpu()->resched)
		schedule();
}

static void slice_end(void *arg)
{
	struct cpu *cpu = arg;

	cpu->resched = true;
}

/**
 * threads_init - what is running on this CPU now becomes its idle thread
 */
void threads_init(struct cpu *cpu)
{
	struct thread *idle = heap_alloc(sizeof(*idle));

	memset(idle, 0, sizeof(*idle));
	idle->name = "idle";
	idle->cpu = cpu;
	idle->space = &kernel_space;
	cpu->idle = cpu->current = idle;
	all_add(idle);
	cpu->slice = heap_alloc(sizeof(*cpu->slice));
	*cpu->slice = (struct timer){ .fn = slice_end, .arg = cpu };
}

/**
 * threads_idle - the idle thread: run what is runnable, else sleep
 */
void threads_idle(void)
{
	for (;;) {
		irq_disable();
		if (READ_ONCE(this_cpu()->head))
			schedule();
		else
			port_idle();
		irq_enable();
	}
}

/**
 * sem_up - let one thread through, now waiting or later; also from interrupts
 */
void sem_up(struct sem *s)
{
	bool irqs = spin_lock(&s->lock);
	struct thread *t = s->waiters.head;

	if (t)
		s->waiters.head = t->next;
	else
		s->count++;
	spin_unlock(&s->lock, false);
	if (t)
		thread_wake(t);
	irq_restore(irqs);
}

/**
 * sem_down - wait until the count is above zero, and take one
 */
void sem_down(struct sem *s)
{
	struct thread *t = thread_current();
	bool irqs = spin_lock(&s->lock);

	if (s->count) {
		s->count--;
		spin_unlock(&s->lock, irqs);
		return;
	}
	t->state = THREAD_BLOCKED;
	t->next = NULL;
	if (s->waiters.head)
		s->waiters.tail->next = t;
	else
		s->waiters.head = t;
	s->waiters.tail = t;
	spin_unlock(&s->lock, false);
	schedule();
	irq_restore(irqs);
}

static void sleep_end(void *arg)
{
	sem_up(arg);
}

/**
 * thread_sleep - go on no earlier than ns nanoseconds from now
 */
void thread_sleep(u64 ns)
{
	struct sem over = { 0 };
	struct timer t = { .fn = sleep_end, .arg = &over };

	timer_set(&t, port_time_ns() + ns);
	sem_down(&over);
}
