/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames that are not RAM a domain may map: a privileged one all that the CPU can address but
 * those of the interrupt controllers and the window of messages to them; others what they were given of
 * these by domctl.
 */
#include "cpu/cpuid.h"
#include "cpu/irq.h"
#include "domain/domain.h"
#include "mm/mm.h"

#define MSI_WINDOW_FIRST	PFN_DOWN(0xfee00000UL)
#define MSI_WINDOW_LAST		PFN_DOWN(0xfeeff000UL)

bool iomem_allowed(const struct domain *d, mfn_t mfn)
{
	return (d->privileged || control_has(&d->control.frames, mfn, mfn)) &&
	       !(mfn >> (cpu_features.phys_bits - PAGE_SHIFT)) &&
	       (mfn < MSI_WINDOW_FIRST || mfn > MSI_WINDOW_LAST) && !ioapic_is_mmio(mfn << PAGE_SHIFT);
}
