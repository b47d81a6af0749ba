/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of the machine's work: stop, start again, switch off.
 */
#include "cpu/acpi.h"
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "cpu/smp.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "domain/domain.h"

static volatile bool stopping;

/* NMIs: one of us says stop; or the firmware reports a fault, which the initial domain should hear of. */
void nmi_handle(struct cpu_user_regs *regs)
{
	while (stopping)
		hlt();
	if (this_cpu() == 0)
		log_err("NMI on CPU 0, reason %#x, at %#lx", inb(0x61), (u64)regs->rip);
}

/* All others stand still; this CPU is alone from here on. */
static void stop_others(void)
{
	local_irq_disable();
	stopping = true;
	if (nr_cpus > 1) {
		lapic_send_nmi_others();
		tsc_delay_us(1000);
	}
}

void machine_halt(void)
{
	stop_others();
	for (;;)
		hlt();
}

void machine_power_off(void)
{
	stop_others();
	acpi_power_off();
	log_err("the machine could not be switched off");
	machine_halt();
}

#define KBD_STATUS	0x64
#define KBD_FULL	BIT(1)
#define KBD_RESET	0xfe
#define RESET_CONTROL	0xcf9

void machine_reboot(void)
{
	static const struct dt_pointer no_idt;

	stop_others();
	acpi_reset();
	for (unsigned int i = 0; i < 100 && (inb(KBD_STATUS) & KBD_FULL); i++)
		tsc_delay_us(100);
	outb(KBD_STATUS, KBD_RESET);
	tsc_delay_us(50000);
	outb(RESET_CONTROL, 0x02);
	outb(RESET_CONTROL, 0x06);
	tsc_delay_us(50000);
	lidt(&no_idt);				/* a fault without handlers resets any PC */
	__asm__ volatile("int3");
	for (;;)
		hlt();
}
