/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads: each stays on the CPU it was started on, and has a slice of time there.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include "kernel/lock.h"
#include "kernel/types.h"

struct cpu;
struct process;
struct space;

struct waiters {
	struct thread *head, *tail;
};

/* A counting semaphore. */
struct sem {
	struct spinlock lock;
	long count;
	struct waiters waiters;
};

enum thread_state { THREAD_RUNNABLE, THREAD_BLOCKED, THREAD_DEAD };

struct thread {
	u64 sp; /* while not running */
	u64 catch_sp; /* trap_try(): where to go on, or 0 */
	struct trap_report *catch_report;
	struct thread *next; /* in the run queue, or among waiters */
	struct thread *all_next; /* in the list of all, guarded by its lock */
	u64 turns; /* how often it got the CPU */
	enum thread_state state; /* guarded by cpu->lock */
	struct cpu *cpu;
	struct space *space;
	void *stack;
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	struct sem *done; /* raised at the end */
	struct process *process; /* of a user program, else NULL */
};

void thread_start(const char *name, unsigned int cpu, void (*fn)(void *arg), void *arg,
		  struct sem *done);
void thread_start_user(struct process *p, unsigned int cpu, void (*fn)(void *arg));
struct thread *thread_current(void);
u64 thread_stack_top(const struct thread *t);
void thread_yield(void);
void thread_sleep(u64 ns);
void thread_exit(void) __attribute__((noreturn));
void thread_preempt(void);
void threads_each(void (*fn)(const struct thread *t, void *arg), void *arg);
void threads_init(struct cpu *cpu);
void threads_idle(void) __attribute__((noreturn));

void sem_up(struct sem *s);
void sem_down(struct sem *s);

#endif
