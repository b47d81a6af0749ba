/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initial domain and the machine: I/O privilege, and interrupts at work.  Mapping of interrupts
 * and PCI devices: pv/pirq.c.  ABI: physdev.h.
 */
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "pv/pirq.h"

#define NR_PORTS	65536

long do_physdev_set_iopl(struct subop_call *c, void *op)
{
	const physdev_set_iopl_t *s = op;

	if (s->iopl > 3)
		return hc_fail(-EINVAL, "iopl %u", s->iopl);
	c->v->pv.iopl = s->iopl;
	return 0;
}

/* The bitmap stays in guest memory and is read at each access. */
long do_physdev_set_iobitmap(struct subop_call *c, void *op)
{
	const physdev_set_iobitmap_t *s = op;

	if (s->nr_ports > NR_PORTS || !guest_range_ok((guest_va_t)s->bitmap.p, (s->nr_ports + 7) / 8))
		return hc_fail(-EINVAL, "%u ports, bitmap at %p", s->nr_ports, (void *)s->bitmap.p);
	c->v->pv.iobmp = (guest_va_t)s->bitmap.p;
	c->v->pv.iobmp_limit = s->nr_ports;
	return 0;
}

long do_physdev_eoi(struct subop_call *c, void *op)
{
	return pirq_eoi(c->v->domain, ((physdev_eoi_t *)op)->irq);
}

long do_physdev_irq_status_query(struct subop_call *c, void *op)
{
	physdev_irq_status_query_t *q = op;

	return pirq_status(c->v->domain, q->irq, &q->flags);
}
