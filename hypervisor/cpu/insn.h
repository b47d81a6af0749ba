/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions, one function each, named like them.  Nothing outside cpu/ has inline assembly of
 * privileged instructions; on the host tests/unit/fake/insn.h stands in.
 */
#ifndef HV_CPU_INSN_H
#define HV_CPU_INSN_H

#include "cpu/bits.h"

/* Write the cache line at p back, and drop it. */
static inline void clflush(const void *p) { __asm__ volatile("clflush (%0)" : : "r"(p) : "memory"); }

#ifdef HOST_TEST
#include "fake/insn.h"
#else

/* ---- interrupts ------------------------------------------------------------------------------- */

static inline void local_irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }
static inline void local_irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }

static inline u64 read_flags(void)
{
	u64 f;

	__asm__ volatile("pushfq; pop %0" : "=r"(f) : : "memory");
	return f;
}

static inline u64 irq_save(void)
{
	u64 f = read_flags();

	local_irq_disable();
	return f;
}

static inline void irq_restore(u64 flags)
{
	if (flags & FLAGS_IF)
		local_irq_enable();
}

static inline bool irq_flags_enabled(u64 flags) { return flags & FLAGS_IF; }
static inline bool irq_enabled(void) { return irq_flags_enabled(read_flags()); }

/* Wait for an interrupt: with interrupts off on entry, none is lost in between. */
static inline void sti_hlt(void) { __asm__ volatile("sti; hlt" : : : "memory"); }
static inline void hlt(void) { __asm__ volatile("hlt" : : : "memory"); }
static inline void cpu_relax(void) { __asm__ volatile("pause" : : : "memory"); }

/* ---- control and debug registers ---------------------------------------------------------------- */

#define INSN_READ(reg) \
	static inline u64 read_##reg(void) \
	{ u64 v; __asm__ volatile("mov %%" #reg ", %0" : "=r"(v) : : "memory"); return v; }
#define INSN_WRITE(reg) \
	static inline void write_##reg(u64 v) { __asm__ volatile("mov %0, %%" #reg : : "r"(v) : "memory"); }
INSN_READ(cr0) INSN_READ(cr2) INSN_READ(cr3) INSN_READ(cr4)
INSN_WRITE(cr0) INSN_WRITE(cr2) INSN_WRITE(cr3) INSN_WRITE(cr4)
INSN_READ(dr0) INSN_READ(dr1) INSN_READ(dr2) INSN_READ(dr3) INSN_READ(dr6) INSN_READ(dr7)
INSN_WRITE(dr0) INSN_WRITE(dr1) INSN_WRITE(dr2) INSN_WRITE(dr3) INSN_WRITE(dr6) INSN_WRITE(dr7)
#undef INSN_READ
#undef INSN_WRITE

static inline void clts(void) { __asm__ volatile("clts"); }
static inline void stts(void) { write_cr0(read_cr0() | 8); }

/* ---- memory ------------------------------------------------------------------------------------- */

static inline void invlpg(u64 va) { __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory"); }

/* Of one address and tag; of all that is not global. */
enum invpcid_type { INVPCID_PAGE = 0, INVPCID_ALL = 3 };
static inline void invpcid(enum invpcid_type type, u64 tag, u64 va)
{
	u64 what[2] = { tag, va };

	__asm__ volatile("invpcid %0, %1" : : "m"(what), "r"((u64)type) : "memory");
}

static inline void wbinvd(void) { __asm__ volatile("wbinvd" : : : "memory"); }
static inline void swapgs(void) { __asm__ volatile("swapgs" : : : "memory"); }

/*
 * Let ring 0 touch user pages; guest-copy.c wraps its accesses.  A no-op of three bytes, until smap_init() (cpu/smp.c) puts the
 * instruction there.
 */
#define SMAP_SITE(insn)							\
	__asm__ volatile("8:	nopl (%%rax)\n"				\
			 ".pushsection __smap_sites, \"a\"\n"		\
			 ".balign 4\n"					\
			 ".long 8b - ., " insn "\n"			\
			 ".popsection" : : : "memory", "cc")
static inline void stac(void) { SMAP_SITE("0xcb010f"); }
static inline void clac(void) { SMAP_SITE("0xca010f"); }

/* ---- model-specific registers, counters, identification ------------------------------------------- */

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

/* Not before earlier loads are done: for reading clocks. */
static inline u64 rdtsc_ordered(void)
{
	__asm__ volatile("lfence" : : : "memory");
	return rdtsc();
}

static inline void cpuid(u32 leaf, u32 subleaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d)
			 : "a"(leaf), "c"(subleaf) : "memory");
}

static inline void xsetbv(u32 reg, u64 v)
{
	__asm__ volatile("xsetbv" : : "c"(reg), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

/* ---- I/O ports: port first ------------------------------------------------------------------------ */

static inline u8 inb(u16 port) { u8 v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u16 inw(u16 port) { u16 v; __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u32 inl(u16 port) { u32 v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline void outb(u16 port, u8 v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outw(u16 port, u16 v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outl(u16 port, u32 v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }

static inline u32 io_in(u16 port, u32 bytes)
{
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static inline void io_out(u16 port, u32 bytes, u32 v)
{
	if (bytes == 1)
		outb(port, v);
	else if (bytes == 2)
		outw(port, v);
	else
		outl(port, v);
}

/* ---- descriptor tables ------------------------------------------------------------------------------ */

struct dt_pointer {
	u16 limit;
	u64 base;
} __packed;

static inline void lgdt(const struct dt_pointer *p) { __asm__ volatile("lgdt %0" : : "m"(*p)); }
static inline void lidt(const struct dt_pointer *p) { __asm__ volatile("lidt %0" : : "m"(*p)); }
static inline void lldt(u16 sel) { __asm__ volatile("lldt %0" : : "r"(sel) : "memory"); }
static inline void ltr(u16 sel) { __asm__ volatile("ltr %0" : : "r"(sel) : "memory"); }

#endif
#endif
