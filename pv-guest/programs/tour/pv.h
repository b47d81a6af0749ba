/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapters of the pv port, in the order of the tour.
 */
#ifndef TOUR_PV_H
#define TOUR_PV_H

#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/trap.h"
#include "port/pv/pv.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

void chapter_version(void);
void chapter_info(void);
void chapter_memory(void);
void chapter_tables(void);
void chapter_traps(void);
void chapter_segments(void);
void chapter_user(void);
void chapter_events(void);
void chapter_time(void);
void chapter_vcpus(void);
void chapter_grants(void);
void chapter_multicall(void);
void chapter_sched(void);
void chapter_console(void);
void chapter_physdev(void);
void chapter_emulated(void);

static inline bool is_initial_domain(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

#endif
