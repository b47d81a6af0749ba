/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "kernel/types.h"

struct timer {
	struct timer *next;
	u64 deadline;
	void (*fn)(void *arg); /* called with interrupts off */
	void *arg;
	bool queued;
};

#define MSEC 1000000UL
#define SEC  1000000000UL

void timer_set(struct timer *t, u64 deadline);
void timer_cancel(struct timer *t);
void timer_interrupt(void);

#endif
