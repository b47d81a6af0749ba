/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU without interrupts: parts of pv-guest as host programs.
 */
#ifndef PORT_CPU_H
#define PORT_CPU_H

#include <stdbool.h>

static inline bool irq_enabled(void)
{
	return false;
}

static inline void irq_disable(void)
{
}

static inline void irq_enable(void)
{
}

static inline void port_relax(void)
{
}

#endif
