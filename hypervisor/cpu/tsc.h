/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time-stamp counter: its rate, and whether all CPUs have the same.
 */
#ifndef HV_CPU_TSC_H
#define HV_CPU_TSC_H

#include "lib/types.h"

extern u64 tsc_khz;			/* exact to a few ppm */
extern u64 tsc_hz;
extern bool tsc_is_stable;		/* one time for all CPUs, as far as was seen */

void tsc_calibrate(void);		/* against HPET, ACPI timer or PIT: 10 ms */
/* Called by a CPU coming up and, at the same time, by the boot CPU. */
void tsc_sync_check(bool is_boot_cpu);
void tsc_delay_us(u64 us);

#endif
