/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzz guest: one random hypercall after another, made from hypercalls.def and subops.def.
 *
 * It lives in the middle of what it shakes, so a few arguments are constrained.  The guest has a
 * core (its image, tables, stack) and a playground: frames that may become anything, and a window
 * of virtual addresses that nobody looks at.  The rule is that nothing writes to a frame of the
 * core:
 *
 * - Frame numbers through which the hypervisor writes for us (clear and copy page, copies by
 * grant, control blocks of event channels, vcpu_info, descriptors, entries of page tables) are
 * frames of the playground, or of core tables with a value that has to be refused, or do not
 * exist.  Frames to give away (decrease, exchange, transfer) likewise.
 * - Pointers to results are in the arena, a few pages of scratch memory, or bad.
 * - The base pointer is the core's root, or has to be refused; the user root may be anything.
 * - Callbacks for events and NMIs are ours or not canonical; trap tables are set again after each
 * call that sets one.
 * - Not called: iret (its frame is the whole state), shutdown, remote_shutdown, shutdown_code (it
 * would hide a crash), watchdogs that bark, block and poll without end, down, ACPI sleep,
 * interrupts of real devices, debug keys.  Long console output is cut.
 *
 * Everything else, the event mask, segments, debug registers, assists, timers and so on, is left
 * to chance: handlers ignore what comes.
 */
#ifndef TESTS_GUEST_FUZZ_H
#define TESTS_GUEST_FUZZ_H

#include "grant.h"

#define PLAY_FRAMES  48 /* frames of the playground */
#define CORE_TABLES  4
#define WINDOW_PAGES 64
#define WINDOW_VA    0x0000500000000000UL
#define ARENA_PAGES  8
#define KIDS	     3	/* domains 1 to KIDS come and go (fuzz-control.c) */
#define KID_FRAMES   8
#define KID_GRANTS   2

extern u64 play[PLAY_FRAMES]; /* frames; may be given away and replaced */
extern u64
	*play_alias[PLAY_FRAMES]; /* read-only views of those that began as the pool's; else NULL */
extern u64 core_table[CORE_TABLES + 1]; /* frames of the core's tables, by level */
extern u64 kid_frame[KIDS][KID_FRAMES]; /* frames that were theirs, and may be anyone's by now */
extern u64 kid_grant[KIDS][KID_GRANTS]; /* those of their grant tables */

/* What each vCPU has for itself. */
struct fuzzer {
	u64 random;
	char *arena;
	u32 arena_used;
	u64 from, count; /* its calls; the second vCPU begins at a count of its own */
	u64 answers[2]; /* good and bad */
	u32 done;
};

extern struct fuzzer fuzzers[MAX_CPUS];

static inline struct fuzzer *fuzzer(void)
{
	return &fuzzers[this_cpu()->id];
}

/* Numbers: each call has its own stream, made from seed and count, so a run can begin anywhere. */
void random_begin(u64 seed, u64 count);
u64 random64(void);
u32 below(u32 n);
bool one_in(u32 n);

/* One hypercall: number and registers; arguments are in the arena. */
struct call {
	u32 nr;
	u32 family, cmd;
	u64 r[6];
	const char *name;
	bool sets_traps;
	u64 *learns; /* frames that a good answer leaves here are ours */
	u32 learn_count;
	bool learns_all; /* the answer is 0, and all are */
};

void call_make(struct call *c, bool nested);

/* fuzz-args.c: what a structure of a command may hold. */
void *arena_get(u32 size);
void *bad_pointer(void);
void *maybe_bad(void *p);
u64 some_word(void);
u64 any_frame(void); /* one that is only looked at */
u64 writable_frame(void); /* one that may be written, or that is refused */
u64 some_pte(void);
u64 some_va(void);
void args_fill(struct call *c, void *arg, u32 size);
/* fuzz-control.c: domctl and sysctl. */
void fill_control(u32 call, u32 cmd, void *arg);
u64 some_kid_frame(u32 kid);
void fill_kid_update(u32 kid, mmu_update_t *u); /* of an entry, or a word, in a frame of its */
void rear_kid(void); /* one of them gets what a toolstack gives it, as far as it has not */

#endif
