/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl and sysctl: a privileged domain makes, watches and ends others, and looks at the machine.
 * ABI: domctl.h and sysctl.h, both of interface version 0x15.
 *
 * do_domctl() and do_sysctl() copy the structure in, once; handlers (subops.def) get it as op and are
 * answered by one copy out.  Of domctl, c->extra is the domain that it is about, referenced.
 */
#ifndef HV_CONTROL_CONTROL_H
#define HV_CONTROL_CONTROL_H

#include "abi/abi.h"
#include "lib/types.h"

struct domain;
struct cpu_policy;

/* Numbers [first, last] that a domain was given: ports, frames. */
struct control_range {
	u64 first, last;
	struct control_range *next;
};

/* What a domain's controllers have said of it.  Guarded by the control lock, but for what is read alone. */
struct domain_control {
	struct cpu_policy *policy;	/* NULL: the default.  Fixed once the domain has run */
	s64 time_offset;		/* seconds its wall clock is ahead of ours */
	u32 suspend_port;		/* told of SHUTDOWN_suspend in place of VIRQ_DOM_EXC; 0: nobody */
	u32 tsc_mode, tsc_incarnation;	/* as told, to be told again: the TSC is always the CPU's own */
	bool xenstore;			/* serves the store */
	bool debugged;
	bool started;			/* has been unpaused once */
	struct control_range *ports, *frames;	/* under a lock of their own: permission.c */
};

/* d is about to be freed: give back what hangs on d->control. */
void control_domain_free(struct domain *d);

/* Were all of [first, last] given?  list: &d->control.ports, &d->control.frames. */
bool control_has(struct control_range *const *list, u64 first, u64 last);
/* Give them, or take them back.  -ENOMEM. */
int control_permit(struct control_range **list, u64 first, u64 last, bool allow);
void control_ranges_free(struct domain_control *c);

#endif
