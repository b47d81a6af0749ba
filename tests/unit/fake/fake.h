/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that unit tests run hypervisor sources on: memory of a few MiB, CPUs that take turns,
 * domains whose guest addresses are the test's own pointers.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>

#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/frame-state.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/memmap.h"

#define FAKE_FRAMES	4096		/* 16 MiB; frames below FAKE_FIRST are no memory, as on a PC */
#define FAKE_FIRST	16

/* A fresh machine with n CPUs; forgets all that was before. */
void fake_start(u32 cpus);
/* A domain with one vCPU for each bit of a count, none running; its pages are charged to it. */
struct domain *fake_domain(domid_t id, u32 vcpus, bool privileged);
/* Make v current on a CPU, and go there. */
void fake_run(u32 cpu, struct vcpu *v);
/* The CPU's own idle vCPU. */
void fake_idle(u32 cpu);

/* The n-th question whether to leave is answered with yes, once; 0: never. */
extern _Thread_local u32 fake_preempt_at;
extern _Thread_local u32 fake_preempt_asked;

/* Wake-ups and kicks that the scheduler was asked for. */
extern u32 fake_wakes, fake_kicks;
/* domain_crash() was called. */
extern bool fake_crashed;
/* Last line that was logged. */
extern _Thread_local char fake_log[256];

/* An address that no guest may pass and that is not mapped. */
#define FAKE_BAD_VA	0x800UL

/* Make a hypercall as `current`, again and again while it is preempted; counts the restarts. */
extern _Thread_local u32 fake_restarts;
long fake_call(u32 nr, u64 a0, u64 a1, u64 a2, u64 a3);

/* if (!fake_panics()) { what should panic; not reached } */
extern jmp_buf fake_panic_jmp;
extern bool fake_panic_expected;
#define fake_panics()	(fake_panic_expected = true, setjmp(fake_panic_jmp))

#endif
