/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/tour.h"

const struct chapter tour_chapters[] = {
	{ "Traps", "The CPU reads our descriptor table and calls the kernel.", traps_common },
	{ "User mode", "Ring 3; SYSCALL enters the kernel, SYSRET leaves it.", user_common },
	{ "Time", "The TSC, and the timer of the local APIC.", time_common },
	{ "CPUs", "Woken by INIT and STARTUP, called by interrupts.", cpus_common },
	{ "Threads", "Stacks, and a timer to take turns.", threads_common },
	{ 0 },
};
