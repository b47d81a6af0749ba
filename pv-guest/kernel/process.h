/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "kernel/syscall.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/types.h"

/* A user program: an address space and one thread. */
struct process {
	struct space *space;
	struct sem done;
	enum user_job job;
	u64 arg;
	long result; /* or PROCESS_KILLED(vector) */
	u64 faults; /* pages filled on demand */
};

#define PROCESS_KILLED(vector) (-1000L - (long)(vector))

struct process *process_start(unsigned int cpu, enum user_job job, u64 arg);
long process_wait(struct process *p);
long process_run(enum user_job job, u64 arg);

bool process_fault(struct process *p, u64 address, u64 error);
void process_kill(struct process *p, unsigned int vector) __attribute__((noreturn));
void process_syscall(struct trap_frame *f);

#endif
