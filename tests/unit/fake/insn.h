/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions for the host: what a test can see of them is kept in struct fake_cpu.
 */
#ifndef FAKE_INSN_H
#define FAKE_INSN_H

#include "lib/types.h"

struct fake_cpu_state {
	u64 cr0, cr2, cr3, cr4, dr[8];
	u64 flushes;			/* writes of CR3 */
	u64 page_flushes, cache_flushes;
	bool irqs_off;
};

extern struct fake_cpu_state fake_state[NR_CPUS];
extern _Thread_local u32 fake_cpu_nr;	/* the CPU that the test, or this thread of it, is on */
extern u64 fake_tsc;

#define FAKE	(&fake_state[fake_cpu_nr])

static inline void local_irq_enable(void) { FAKE->irqs_off = false; }
static inline void local_irq_disable(void) { FAKE->irqs_off = true; }
static inline u64 read_flags(void) { return FAKE->irqs_off ? 0 : FLAGS_IF; }
static inline u64 irq_save(void)
{
	u64 f = read_flags();

	local_irq_disable();
	return f;
}
static inline void irq_restore(u64 flags) { FAKE->irqs_off = !(flags & FLAGS_IF); }
static inline bool irq_flags_enabled(u64 flags) { return flags & FLAGS_IF; }
static inline bool irq_enabled(void) { return !FAKE->irqs_off; }
static inline void cpu_relax(void) { }
static inline void sti_hlt(void) { }

static inline u64 read_cr3(void) { return FAKE->cr3; }
static inline void write_cr3(u64 v) { FAKE->cr3 = v; FAKE->flushes++; }
static inline u64 read_cr2(void) { return FAKE->cr2; }
static inline void invlpg(u64 va) { (void)va; FAKE->page_flushes++; }
enum invpcid_type { INVPCID_PAGE = 0, INVPCID_ALL = 3 };
static inline void invpcid(enum invpcid_type type, u64 tag, u64 va) { (void)type, (void)tag, (void)va; }
static inline void wbinvd(void) { FAKE->cache_flushes++; }
static inline void stac(void) { }
static inline void clac(void) { }
static inline void clts(void) { }
static inline void stts(void) { }
static inline void swapgs(void) { }
static inline u64 rdtsc(void) { return ++fake_tsc; }
static inline u64 rdtsc_ordered(void) { return ++fake_tsc; }
static inline u64 rdmsr(u32 msr) { (void)msr; return 0; }
static inline void wrmsr(u32 msr, u64 v) { (void)msr; (void)v; }

#endif
