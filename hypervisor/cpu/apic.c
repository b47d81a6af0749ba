/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC.  Intel SDM volume 3, chapter 11 (APIC), 11.12 (x2APIC).
 */
#include "cpu/apic.h"
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "cpu/smp.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "mm/mm.h"

/* Registers, by their offset in the xAPIC page. */
#define REG_ID		0x20
#define REG_TPR		0x80
#define REG_EOI		0xb0
#define REG_LDR		0xd0
#define REG_DFR		0xe0
#define REG_SPURIOUS	0xf0
#define SPURIOUS_ENABLE	BIT(8)
#define REG_ESR		0x280
#define REG_ICR		0x300
#define REG_ICR2	0x310
#define ICR_NMI		(4u << 8)
#define ICR_INIT	(5u << 8)
#define ICR_STARTUP	(6u << 8)
#define ICR_BUSY	BIT(12)
#define ICR_ASSERT	BIT(14)
#define ICR_OTHERS	(3u << 18)
#define REG_LVT_TIMER	0x320
#define REG_LVT_THERMAL	0x330
#define REG_LVT_PMC	0x340
#define REG_LVT_LINT0	0x350
#define REG_LVT_LINT1	0x360
#define REG_LVT_ERROR	0x370
#define LVT_MASKED	BIT(16)
#define LVT_DEADLINE	(2u << 17)
#define LVT_NMI		(4u << 8)
#define REG_TIMER_INIT	0x380
#define REG_TIMER_COUNT	0x390
#define REG_TIMER_DIV	0x3e0
#define TIMER_DIV_1	0xb
#define REG_VERSION	0x30

#define CALIBRATE_US	5000

static volatile u32 *mmio;		/* NULL: x2APIC */
static u64 ticks_per_tsc;		/* LAPIC timer ticks for one of the TSC, as a 32.32 number */

static u32 reg_read(u32 reg)
{
	return mmio ? mmio[reg / 4] : (u32)rdmsr(MSR_X2APIC + reg / 16);
}

static void reg_write(u32 reg, u32 val)
{
	if (mmio)
		mmio[reg / 4] = val;
	else
		wrmsr(MSR_X2APIC + reg / 16, val);
}

/* ---- interrupts to others ------------------------------------------------------------------------------ */

static void icr_write(u32 apic_id, u32 command)
{
	u64 flags;

	if (!mmio) {
		/* Unlike a store this MSR is not ordered after the stores that the other CPU is to see. */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC + REG_ICR / 16, (u64)apic_id << 32 | command);
		return;
	}
	flags = irq_save();
	while (reg_read(REG_ICR) & ICR_BUSY)
		cpu_relax();
	reg_write(REG_ICR2, apic_id << 24);
	reg_write(REG_ICR, command);
	irq_restore(flags);
}

void lapic_send_ipi(u32 cpu, u8 vector)
{
	icr_write(pcpu_of(cpu)->apic_id, ICR_ASSERT | vector);
}

void lapic_send_ipi_mask(const u64 *mask, u8 vector)
{
	for_each_bit(cpu, mask, NR_CPUS)
		if (cpu != this_cpu())
			lapic_send_ipi(cpu, vector);
}

void lapic_send_nmi_others(void)
{
	icr_write(0, ICR_ASSERT | ICR_OTHERS | ICR_NMI);
}

void __init lapic_start_cpu(u32 apic_id, maddr_t trampoline)
{
	icr_write(apic_id, ICR_ASSERT | ICR_INIT);
	tsc_delay_us(cpu_features.tcg ? 10 : 10000);
	for (unsigned int i = 0; i < 2; i++) {
		icr_write(apic_id, ICR_ASSERT | ICR_STARTUP | PFN_DOWN(trampoline));
		tsc_delay_us(200);
	}
}

/* ---- this CPU -------------------------------------------------------------------------------------------- */

u32 lapic_id(void)
{
	return mmio ? reg_read(REG_ID) >> 24 : reg_read(REG_ID);
}

void lapic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

/* From off to x2APIC only by way of xAPIC. */
static void enable(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (!mmio)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
}

void __init lapic_init(maddr_t base)
{
	/* Firmware that has it on already has it on for good. */
	bool x2 = cpu_features.x2apic || (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2);

	if (!x2) {
		mmio = hv_map_io(base, PAGE_SIZE);
		if (!mmio)
			boot_fail("no room to map the local APIC");
	}
	enable();
	log_debug("local APIC: %s", x2 ? "x2APIC" : "xAPIC");
}

void lapic_cpu_init(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);
	u32 max_lvt;

	enable();
	max_lvt = reg_read(REG_VERSION) >> 16 & 0xff;

	reg_write(REG_LVT_LINT0, LVT_MASKED);		/* no PIC */
	reg_write(REG_LVT_LINT1, base & APIC_BASE_BSP ? LVT_NMI : LVT_MASKED);
	reg_write(REG_LVT_TIMER, LVT_MASKED);
	if (max_lvt >= 4)
		reg_write(REG_LVT_PMC, LVT_MASKED);
	if (max_lvt >= 5)
		reg_write(REG_LVT_THERMAL, LVT_MASKED);
	reg_write(REG_TPR, 0);
	reg_write(REG_SPURIOUS, SPURIOUS_ENABLE | VEC_SPURIOUS);
	reg_write(REG_ESR, 0);
	reg_write(REG_LVT_ERROR, VEC_ERROR);

	/* What the firmware left in service: at most one of each of the 15 priorities twice over. */
	for (unsigned int i = 0; i < 32; i++)
		lapic_eoi();

	reg_write(REG_TIMER_DIV, TIMER_DIV_1);
	reg_write(REG_TIMER_INIT, 0);
	reg_write(REG_LVT_TIMER, VEC_TIMER | (cpu_features.tsc_deadline ? LVT_DEADLINE : 0));
	if (cpu_features.tsc_deadline)
		__asm__ volatile("mfence" : : : "memory");	/* before the first deadline */
}

/* ---- timer ----------------------------------------------------------------------------------------------- */

void __init lapic_timer_calibrate(void)
{
	u64 start, tsc;
	u32 ticks;

	if (cpu_features.tsc_deadline)
		return;
	reg_write(REG_LVT_TIMER, LVT_MASKED | VEC_TIMER);
	reg_write(REG_TIMER_INIT, ~0u);
	start = rdtsc_ordered();
	tsc_delay_us(CALIBRATE_US);
	ticks = ~0u - reg_read(REG_TIMER_COUNT);
	tsc = rdtsc_ordered() - start;
	reg_write(REG_TIMER_INIT, 0);
	reg_write(REG_LVT_TIMER, VEC_TIMER);
	ticks_per_tsc = ((u64)ticks << 32) / tsc;
	if (!ticks_per_tsc)
		boot_fail("the local APIC's timer does not run");
	log_debug("local APIC timer: %lu kHz", (u64)((unsigned __int128)tsc_khz * ticks_per_tsc >> 32));
}

void lapic_timer_set(u64 tsc)
{
	u64 now, ticks = 0;

	if (cpu_features.tsc_deadline) {
		wrmsr(MSR_TSC_DEADLINE, tsc == ~0UL ? 0 : MAX(tsc, 1UL));
		return;
	}
	if (tsc != ~0UL) {
		now = rdtsc();
		ticks = tsc > now ? (u64)((unsigned __int128)(tsc - now) * ticks_per_tsc >> 32) + 1 : 1;
	}
	/* Further away than the counter reaches: it fires early, and is set again. */
	reg_write(REG_TIMER_INIT, MIN(ticks, (u64)~0u));
}
