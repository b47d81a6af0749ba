/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: a list per CPU, the next one first; the machine is asked for that one only.
 */
#include "kernel/cpu.h"
#include "kernel/timer.h"
#include "port/port.h"

static void list_insert(struct timer *t)
{
	struct timer **at = &this_cpu()->timers;

	while (*at && (*at)->deadline <= t->deadline)
		at = &(*at)->next;
	t->next = *at;
	t->queued = true;
	*at = t;
}

static void list_remove(struct timer *t)
{
	struct timer **at = &this_cpu()->timers;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->queued = false;
}

/**
 * timer_set - have t->fn(t->arg) called on this CPU once port_time_ns() has reached deadline
 * A timer that is set already is moved.  It must be set and cancelled on one CPU only.
 */
void timer_set(struct timer *t, u64 deadline)
{
	bool irqs = irq_save();

	if (t->queued)
		list_remove(t);
	t->deadline = deadline;
	list_insert(t);
	if (this_cpu()->timers == t)
		port_timer_set(deadline);
	irq_restore(irqs);
}

/**
 * timer_cancel - forget it; nothing happens if it is not set
 */
void timer_cancel(struct timer *t)
{
	bool irqs = irq_save();

	if (t->queued)
		list_remove(t);
	irq_restore(irqs);
}

/**
 * timer_interrupt - the port's timer went off: call what is due, ask for the next
 */
void timer_interrupt(void)
{
	struct cpu *cpu = this_cpu();
	struct timer *t;

	cpu->ticks++;
	while ((t = cpu->timers) && t->deadline <= port_time_ns()) {
		list_remove(t);
		t->fn(t->arg);
	}
	if (cpu->timers)
		port_timer_set(cpu->timers->deadline);
}
