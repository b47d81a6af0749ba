/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the firmware says of CPUs, interrupt controllers, timers and power.
 */
#ifndef HV_CPU_ACPI_H
#define HV_CPU_ACPI_H

#include "lib/types.h"

#define ACPI_MAX_IOAPICS	8
#define ACPI_MAX_OVERRIDES	16

struct acpi_info {
	maddr_t lapic_base;
	u32 nr_cpus;			/* usable ones, boot CPU included */
	u32 apic_id[NR_CPUS], acpi_id[NR_CPUS];
	u32 nr_ioapics;
	struct { u32 id, address, gsi_base; } ioapic[ACPI_MAX_IOAPICS];
	u32 nr_overrides;
	struct { u8 irq; u32 gsi; u16 flags; } override[ACPI_MAX_OVERRIDES];
	maddr_t hpet;			/* 0: none */
	u16 pm_timer;			/* I/O port; 0: none */
	bool pm_timer_32bit;
	u16 pm1a_control, pm1b_control;	/* I/O ports; 0: none */
	u16 smi_command;
	u8 acpi_enable;
	bool has_s5;
	u8 s5_a, s5_b;			/* SLP_TYP of \_S5 */
	bool has_reset;
	u8 reset_space;			/* 0 memory, 1 I/O, 2 PCI configuration */
	u64 reset_address;
	u8 reset_value;
	maddr_t mmcfg;			/* segment 0; 0: none */
	u8 mmcfg_first_bus, mmcfg_last_bus;
};

extern struct acpi_info acpi;

/* rsdp: a copy from the boot loader, or NULL to look for it.  boot_fail() without usable tables. */
void acpi_init(const void *rsdp);
/* Sleep state S5 through the PM1 control ports. */
void acpi_power_off(void);
void acpi_reset(void);

#endif
