/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts of the initial domain: GSIs by the IO-APIC, and MSIs.
 */
#ifndef HV_PV_PIRQ_H
#define HV_PV_PIRQ_H

#include "lib/types.h"

struct domain;
struct frame;

void pirq_init(void);				/* after ioapic_init */

/* PHYSDEVOP_eoi: -EINVAL for a pirq that is not mapped. */
int pirq_eoi(struct domain *d, u32 pirq);
/* XENIRQSTAT_* of a pirq; -EINVAL. */
int pirq_status(struct domain *d, u32 pirq, u32 *flags);

/* For the auditor: the frame of the page of needed eois, held writable; NULL: none. */
struct frame *pirq_held_frame(void);

#endif
