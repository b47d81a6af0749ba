/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other CPUs (native): all are woken at once into a piece of real-mode code, take a number each, and
 * wait there for their structure.
 */
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/string.h"
#include "port/native/native.h"

#define TRAMPOLINE   0x8000
#define ALL_BUT_SELF 0xc0000
#define ICR_INIT     0x4500
#define ICR_STARTUP  0x4600

struct cpu *ap_cpus[APS_MAX];

_Static_assert(APS_MAX >= MAX_CPUS, "a place to wait for each CPU the kernel uses");
u32 ap_count = 1;

static void wait_ns(u64 ns)
{
	u64 end = port_time_ns() + ns;

	while (port_time_ns() < end)
		port_relax();
}

/* The first gigabyte must be mapped at 0 as long as they find their way to the upper half. */
unsigned int port_cpu_count(unsigned int max)
{
	if (max < 2)
		return 1;
	boot_root[ROOT_SLOT_USER] = ((u64)boot_low - KERNEL_BASE) | PTE_P | PTE_W;
	memcpy((void *)(KERNEL_BASE + TRAMPOLINE), trampoline, trampoline_end - trampoline);
	apic_write(APIC_ICR_LOW, ALL_BUT_SELF | ICR_INIT);
	wait_ns(10000000);
	apic_write(APIC_ICR_LOW, ALL_BUT_SELF | ICR_STARTUP | TRAMPOLINE >> 12);
	wait_ns(200000);
	apic_write(APIC_ICR_LOW, ALL_BUT_SELF | ICR_STARTUP | TRAMPOLINE >> 12);
	wait_ns(100000000);
	boot_root[ROOT_SLOT_USER] = 0;
	write_cr3((u64)boot_root - KERNEL_BASE);
	return MIN(READ_ONCE(ap_count), max);
}

/* ap_start - called by start_secondary, on the stack it was given */
void ap_start(struct cpu *cpu);

void ap_start(struct cpu *cpu)
{
	write_cr3((u64)boot_root - KERNEL_BASE);
	wrmsr(MSR_GS_BASE, (u64)cpu);
	kernel_cpu_main();
}

int port_cpu_start(struct cpu *cpu, u64 top)
{
	cpu->kernel_sp = top;
	__atomic_store_n(&ap_cpus[cpu->id], cpu, __ATOMIC_RELEASE);
	return 0;
}
