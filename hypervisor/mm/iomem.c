/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames that are not RAM a domain may map: a privileged one all that the CPU can address but
 * those the hypervisor keeps, others none.
 */
#include "cpu/cpuid.h"
#include "domain/domain.h"
#include "mm/mm.h"

static struct {
	mfn_t first, last;
} denied[32];
static unsigned int nr_denied;

void iomem_deny(mfn_t first, mfn_t last)
{
	CHECK(nr_denied < ARRAY_SIZE(denied));
	denied[nr_denied].first = first;
	denied[nr_denied++].last = last;
}

bool iomem_allowed(const struct domain *d, mfn_t mfn)
{
	if (!d->privileged || mfn >> (cpu_features.phys_bits - PAGE_SHIFT))
		return false;
	for (unsigned int i = 0; i < nr_denied; i++)
		if (mfn >= denied[i].first && mfn <= denied[i].last)
			return false;
	return true;
}
