/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the native port tell each other, and the instructions only they may use.
 */
#ifndef PORT_NATIVE_H
#define PORT_NATIVE_H

#include "kernel/layout.h"
#include "kernel/types.h"
#include "port-cpu.h"
#include "port/port.h"

#define MSR_APIC_BASE 0x1b
#define MSR_STAR      0xc0000081
#define MSR_LSTAR     0xc0000082
#define MSR_SFMASK    0xc0000084
#define MSR_GS_BASE   0xc0000101

#define APIC_ID	       0x20
#define APIC_EOI       0xb0
#define APIC_SPURIOUS  0xf0
#define APIC_ICR_LOW   0x300
#define APIC_ICR_HIGH  0x310
#define APIC_LVT_TIMER 0x320
#define APIC_COUNT     0x380
#define APIC_CURRENT   0x390
#define APIC_DIVIDE    0x3e0

void port_start(u32 magic, u32 info) __attribute__((noreturn));

extern const char trap_entries[], syscall_entry[];

/* boot.S: the way of further CPUs from real mode, and the tables it needs */
extern pte_t boot_root[512], boot_low[512], boot_high[512], boot_large[512];
extern const char trampoline[], trampoline_end[];
extern struct cpu *ap_cpus[];
extern u32 ap_count;

u32 apic_read(unsigned int reg);
void apic_write(unsigned int reg, u32 val);

/* tlb_poll - do what another CPU asked by VEC_FLUSH */
void tlb_poll(void);

static inline void outb(u16 port, u8 val)
{
	__asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static inline void outw(u16 port, u16 val)
{
	__asm__ volatile("outw %0, %1" : : "a"(val), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 val;

	__asm__ volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline void wrmsr(u32 msr, u64 val)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32)) : "memory");
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((u64)hi << 32) | lo;
}

static inline void write_cr3(u64 val)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(val) : "memory");
}

static inline void invlpg(u64 va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

#endif
