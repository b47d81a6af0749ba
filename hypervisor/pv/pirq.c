/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pirqs: how the initial domain is given the machine's interrupts.
 *
 * A pirq is mapped (to a GSI, or to a message of a PCI device), then bound to an event channel, which
 * gives it a vector and opens the source.  GSI n is pirq n; messages get numbers from the top down.
 *
 * An edge-triggered source needs nothing after its event.  A level-triggered line is masked when it
 * fires and unmasked by the guest's PHYSDEVOP_eoi, so a device that the guest does not serve cannot keep us busy.
 *
 * Locks: what a pirq is changes under the initial domain's d->lock; what its binding needs, under pirq_lock
 * (LOCK_IRQ).  The handler takes none but the IO-APIC's.
 */
#include "abi/abi.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "dev/pci.h"
#include "dev/uart.h"
#include "hypercall/hypercall.h"
#include "pv/pirq.h"

enum pirq_kind { PIRQ_FREE, PIRQ_GSI, PIRQ_MSI };

struct pirq {
	u8 kind;
	bool level, low;		/* GSI: trigger and polarity */
	bool bound;
	volatile bool masked;		/* level: fired, waits for the guest's eoi */
	int vector;			/* while bound */
	struct msi msi;
};

static struct spinlock pirq_lock = SPINLOCK_INIT("pirq", LOCK_IRQ);
static struct pirq pirqs[NR_PIRQS];

/* The page in which the guest is told which pirqs need an eoi; NULL: it asks by irq_status_query. */
static u64 *eoi_map;
static struct frame *eoi_map_frame;
static bool eoi_map_v1;			/* with v1, eoi also unmasks the port */

static u32 pirq_of(const struct pirq *p)
{
	return p - pirqs;
}

static void note_eoi_need(struct pirq *p)
{
	u32 n = pirq_of(p);

	if (!eoi_map)
		return;
	if (p->kind == PIRQ_GSI && p->level)
		__atomic_or_fetch(&eoi_map[n / 64], BIT(n % 64), __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(&eoi_map[n / 64], ~BIT(n % 64), __ATOMIC_RELAXED);
}

/* ---- bound: interrupts arrive ------------------------------------------------------------------- */

static void pirq_fired(void *arg)
{
	struct pirq *p = arg;

	if (p->kind == PIRQ_GSI && p->level) {
		p->masked = true;
		ioapic_mask(pirq_of(p), true);
	}
	pirq_raise(dom0, pirq_of(p));
}

/* The line of the serial console; ~0: none. */
static u32 uart_gsi(void)
{
	bool level, low;

	return uart_irq() ? ioapic_isa_gsi(uart_irq(), &level, &low) : ~0u;
}

static int pirq_open(struct pirq *p)
{
	u32 cpu = dom0->vcpu[0]->sched.cpu;
	int rc;

	if (p->kind == PIRQ_GSI && pirq_of(p) == uart_gsi())
		return hc_fail(-EBUSY, "GSI %u is the console's", pirq_of(p));
	p->vector = irq_alloc_vector(pirq_fired, p, true);
	if (p->vector < 0)
		return p->vector;
	if (p->kind == PIRQ_MSI) {
		msi_program(&p->msi, p->vector, pcpu_of(cpu)->apic_id);
	} else {
		rc = ioapic_route(pirq_of(p), p->vector, cpu, p->level, p->low);
		if (rc) {
			irq_free_vector(p->vector);
			return rc;
		}
		p->masked = false;
		ioapic_mask(pirq_of(p), false);
	}
	p->bound = true;
	note_eoi_need(p);
	return 0;
}

static void pirq_shut(struct pirq *p)
{
	if (!p->bound)
		return;
	if (p->kind == PIRQ_MSI)
		msi_mask(&p->msi, true);
	else
		ioapic_mask(pirq_of(p), true);
	irq_free_vector(p->vector);
	p->bound = false;
}

/* From event/virq.c, with d->evtchn.lock held. */
static int bind_hook(struct domain *d, u32 n, bool bind, bool share)
{
	u64 flags = spin_lock_irqsave(&pirq_lock);
	struct pirq *p = &pirqs[n];
	int rc = 0;

	if (!bind)
		pirq_shut(p);
	else
		rc = p->kind == PIRQ_FREE ? -EINVAL : pirq_open(p);
	spin_unlock_irqrestore(&pirq_lock, flags);
	return rc;
}

static void unmask_port(struct domain *d, u32 n)
{
	u32 port = d->evtchn.pirq_port ? READ_ONCE(d->evtchn.pirq_port[n]) : 0;

	if (evtchn_port_valid(d, port))
		evtchn_unmask(d, port);
}

int pirq_eoi(struct domain *d, u32 n)
{
	struct pirq *p;
	u64 flags;

	if (n >= NR_PIRQS || d != dom0 || pirqs[n].kind == PIRQ_FREE)
		return -EINVAL;
	p = &pirqs[n];
	if (eoi_map_v1)
		unmask_port(d, n);
	/* Not once its vector is another's. */
	flags = spin_lock_irqsave(&pirq_lock);
	if (p->bound && p->masked) {
		p->masked = false;
		ioapic_mask(n, false);
	}
	spin_unlock_irqrestore(&pirq_lock, flags);
	return 0;
}

int pirq_status(struct domain *d, u32 n, u32 *flags)
{
	if (n >= NR_PIRQS || d != dom0)
		return -EINVAL;
	*flags = pirqs[n].kind == PIRQ_GSI && pirqs[n].level ? XENIRQSTAT_needs_eoi : 0;
	return 0;
}

/* ---- mapping -------------------------------------------------------------------------------------- */

/* Lines without an override are ISA's (edge, high) below 16 and PCI's (level, low) above. */
static void default_trigger(struct pirq *p, u32 gsi)
{
	p->level = p->low = gsi >= 16;
	for (u32 irq = 0; irq < 16; irq++) {
		bool level, low;

		if (ioapic_isa_gsi(irq, &level, &low) == gsi) {
			p->level = level;
			p->low = low;
		}
	}
}

static int map_gsi(struct domain *d, u32 gsi)
{
	int rc;

	if (gsi >= ioapic_nr_gsis() || gsi >= NR_PIRQS)
		return -EINVAL;
	if (pirqs[gsi].kind != PIRQ_FREE)
		return 0;
	rc = pirq_allow(d, gsi);
	if (rc)
		return rc;
	default_trigger(&pirqs[gsi], gsi);
	pirqs[gsi].kind = PIRQ_GSI;
	return 0;
}

static int free_pirq(void)
{
	for (u32 n = NR_PIRQS; n-- > ioapic_nr_gsis();)
		if (pirqs[n].kind == PIRQ_FREE)
			return n;
	return -ENOSPC;
}

static int map_msi(struct domain *d, physdev_map_pirq_t *m)
{
	int n = m->pirq < 0 ? free_pirq() : m->pirq;
	bool msix = m->entry_nr || m->table_base;
	struct pirq *p;
	int rc;

	if (n < 0)
		return n;
	if ((u32)n < ioapic_nr_gsis() || n >= NR_PIRQS || pirqs[n].kind != PIRQ_FREE)
		return -EINVAL;
	p = &pirqs[n];
	rc = msi_open(&p->msi, (m->bus & 0xff) << 8 | (m->devfn & 0xff), msix, m->entry_nr, m->table_base);
	if (rc)
		return rc;
	rc = pirq_allow(d, n);
	if (rc) {
		msi_close(&p->msi);
		return rc;
	}
	p->kind = PIRQ_MSI;
	p->level = false;
	m->pirq = n;
	return 0;
}

static long map_pirq(struct domain *d, physdev_map_pirq_t *m)
{
	int rc;

	switch (m->type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = map_gsi(d, m->index);
		if (!rc)
			m->pirq = m->index;
		return rc;
	case MAP_PIRQ_TYPE_MSI_SEG:
		if (m->bus >> 16)
			return hc_fail(-ENODEV, "PCI segment %u", (u32)m->bus >> 16);
		/* fall through */
	case MAP_PIRQ_TYPE_MSI:
		return map_msi(d, m);
	case MAP_PIRQ_TYPE_MULTI_MSI:
		return m->entry_nr > 1 ? hc_fail(-EOPNOTSUPP, "%d messages", m->entry_nr) : map_msi(d, m);
	default:
		return hc_fail(-EINVAL, "map_pirq type %d", m->type);
	}
}

/**
 * do_physdev_map_pirq - give the caller a machine interrupt
 * type GSI: index is the GSI, the pirq has the same number.  type MSI or MSI_SEG: the message of
 * bus/devfn, with table_base or entry_nr an MSI-X entry; pirq -1 for any.
 *
 * Return: 0 and op->pirq; -EPERM; -EINVAL; -ENODEV; -EOPNOTSUPP for several messages at once.
 */
long do_physdev_map_pirq(struct subop_call *c, void *op)
{
	physdev_map_pirq_t *m = op;
	struct domain *d = c->v->domain;
	long rc;

	if (m->domid != DOMID_SELF && m->domid != d->id)
		return hc_fail(-ESRCH, "map_pirq for domain %u", m->domid);
	spin_lock(&d->lock);
	rc = map_pirq(d, m);
	spin_unlock(&d->lock);
	return rc;
}

static int unmap_pirq(struct domain *d, int n)
{
	struct pirq *p;
	int rc;

	if (n < 0 || n >= NR_PIRQS || pirqs[n].kind == PIRQ_FREE)
		return -EINVAL;
	p = &pirqs[n];
	rc = pirq_forbid(d, n);
	if (rc)
		return rc;
	if (p->kind == PIRQ_MSI)
		msi_close(&p->msi);
	p->kind = PIRQ_FREE;
	return 0;
}

long do_physdev_unmap_pirq(struct subop_call *c, void *op)
{
	const physdev_unmap_pirq_t *m = op;
	struct domain *d = c->v->domain;
	long rc;

	if (m->domid != DOMID_SELF && m->domid != d->id)
		return -ESRCH;
	spin_lock(&d->lock);
	rc = unmap_pirq(d, m->pirq);
	spin_unlock(&d->lock);
	return rc;
}

long do_physdev_get_free_pirq(struct subop_call *c, void *op)
{
	physdev_get_free_pirq_t *f = op;
	int n = free_pirq();

	if (n < 0)
		return n;
	f->pirq = n;
	return 0;
}

static int setup_gsi(struct domain *d, const physdev_setup_gsi_t *s)
{
	struct pirq *p = &pirqs[s->gsi];
	int rc = map_gsi(d, s->gsi);
	u64 flags;

	if (rc)
		return rc;
	flags = spin_lock_irqsave(&pirq_lock);
	if (!p->bound) {
		p->level = s->triggering;
		p->low = s->polarity;
	} else if (p->level != s->triggering || p->low != s->polarity) {
		rc = -EBUSY;
	}
	spin_unlock_irqrestore(&pirq_lock, flags);
	return rc;
}

/* Trigger and polarity of a line, as the initial domain read them in ACPI's tables. */
long do_physdev_setup_gsi(struct subop_call *c, void *op)
{
	const physdev_setup_gsi_t *s = op;
	struct domain *d = c->v->domain;
	int rc;

	if (s->gsi < 0 || (u32)s->gsi >= ioapic_nr_gsis() || s->gsi >= NR_PIRQS)
		return -EINVAL;
	spin_lock(&d->lock);
	rc = setup_gsi(d, s);
	spin_unlock(&d->lock);
	return rc;
}

/* Vectors are ours; the guest gets its GSI's number back, as from stock Xen. */
long do_physdev_alloc_irq_vector(struct subop_call *c, void *op)
{
	physdev_irq_t *i = op;

	if (i->irq >= ioapic_nr_gsis())
		return -EINVAL;
	i->vector = i->irq;
	return 0;
}

long do_physdev_free_irq_vector(struct subop_call *c, void *op)
{
	return 0;
}

/* ---- the page of needed eois ----------------------------------------------------------------------- */

static long set_eoi_map(struct domain *d, mfn_t mfn, bool v1)
{
	struct frame *f;
	long rc = 0;

	if (d != dom0)
		return -EPERM;
	if (!mfn_valid(mfn))
		return -EINVAL;
	f = mfn_to_frame(mfn);
	spin_lock(&d->lock);
	if (eoi_map)
		rc = -EBUSY;
	else if (frame_get_both(f, d, FT_WRITABLE, false))
		rc = -EINVAL;
	if (rc)
		goto out;
	eoi_map_frame = f;
	eoi_map_v1 = v1;
	eoi_map = mfn_to_hv(mfn);
	__builtin_memset(eoi_map, 0, PAGE_SIZE);
	for (u32 n = 0; n < NR_PIRQS; n++)
		note_eoi_need(&pirqs[n]);
out:
	spin_unlock(&d->lock);
	return rc;
}

long do_physdev_pirq_eoi_gmfn_v1(struct subop_call *c, void *op)
{
	return set_eoi_map(c->v->domain, ((physdev_pirq_eoi_gmfn_t *)op)->gmfn, true);
}

long do_physdev_pirq_eoi_gmfn_v2(struct subop_call *c, void *op)
{
	return set_eoi_map(c->v->domain, ((physdev_pirq_eoi_gmfn_t *)op)->gmfn, false);
}

struct frame *pirq_held_frame(void)
{
	return eoi_map_frame;
}

/* ---- PCI devices: what the initial domain tells us of them ------------------------------------------- */

/* Devices are found by asking them; a report needs only to be sound. */
static long report(u16 seg, u8 bus, u8 devfn)
{
	if (seg)
		return -ENODEV;
	return pci_present((bdf_t)(bus << 8 | devfn)) ? 0 : -ENODEV;
}

long do_physdev_pci_device_add(struct subop_call *c, void *op)
{
	const physdev_pci_device_add_t *a = op;

	return report(a->seg, a->bus, a->devfn);
}

long do_physdev_pci_device_remove(struct subop_call *c, void *op)
{
	const physdev_pci_device_t *p = op;
	bdf_t bdf = p->bus << 8 | p->devfn;

	if (p->seg)
		return -ENODEV;
	for (u32 n = 0; n < NR_PIRQS; n++)
		if (pirqs[n].kind == PIRQ_MSI && pirqs[n].msi.bdf == bdf && pirqs[n].bound)
			return -EBUSY;
	return 0;
}

long do_physdev_manage_pci_add(struct subop_call *c, void *op)
{
	const physdev_manage_pci_t *m = op;

	return report(0, m->bus, m->devfn);
}

long do_physdev_manage_pci_add_ext(struct subop_call *c, void *op)
{
	return do_physdev_manage_pci_add(c, op);
}

long do_physdev_manage_pci_remove(struct subop_call *c, void *op)
{
	const physdev_manage_pci_t *m = op;

	return do_physdev_pci_device_remove(c, &(physdev_pci_device_t){ 0, m->bus, m->devfn });
}

/* The device forgot its messages (reset, power state): write those of its bound pirqs again. */
static long restore(u8 bus, u8 devfn)
{
	bdf_t bdf = bus << 8 | devfn;
	u64 flags = spin_lock_irqsave(&pirq_lock);
	u32 cpu = dom0->vcpu[0]->sched.cpu;

	for (u32 n = 0; n < NR_PIRQS; n++)
		if (pirqs[n].kind == PIRQ_MSI && pirqs[n].bound && pirqs[n].msi.bdf == bdf)
			msi_program(&pirqs[n].msi, pirqs[n].vector, pcpu_of(cpu)->apic_id);
	spin_unlock_irqrestore(&pirq_lock, flags);
	return 0;
}

long do_physdev_restore_msi(struct subop_call *c, void *op)
{
	const physdev_restore_msi_t *r = op;

	return restore(r->bus, r->devfn);
}

long do_physdev_restore_msi_ext(struct subop_call *c, void *op)
{
	const physdev_pci_device_t *p = op;

	return p->seg ? -ENODEV : restore(p->bus, p->devfn);
}

/* MSI-X tables are written by us only when a message is bound: nothing to prepare. */
long do_physdev_prepare_msix(struct subop_call *c, void *op)
{
	const physdev_pci_device_t *p = op;

	return report(p->seg, p->bus, p->devfn);
}

long do_physdev_release_msix(struct subop_call *c, void *op)
{
	return do_physdev_prepare_msix(c, op);
}

/* We use ports for configuration space; where the memory window lies matters to the guest alone. */
long do_physdev_pci_mmcfg_reserved(struct subop_call *c, void *op)
{
	const physdev_pci_mmcfg_reserved_t *m = op;

	return m->segment ? -ENODEV : 0;
}

void pirq_init(void)
{
	pirq_bind_hook = bind_hook;
}
