/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports.  No port is ever open to CPL 3: each access traps, and is made here for a guest that may.
 *
 * Two questions: does the guest's own kernel allow it (virtual IOPL, or the bitmap its kernel gave), and
 * has the domain the port?  The initial domain has all but ours; others what they were given of these by
 * domctl.  Ports one has not read as ones and swallow what is written, like a bus without a device.
 *
 * Pairs of an address and a data port are kept for each domain and used in one go, since several
 * CPUs share the real ones: PCI configuration space, and the CMOS.
 */
#include "cpu/insn.h"
#include "dev/pci.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc

static struct range { u16 first, last; } kept[16] = {
	{ 0x20, 0x21 }, { 0xa0, 0xa1 },	/* legacy interrupt controllers */
};
static u32 nr_kept = 2;
static struct spinlock cmos_lock = SPINLOCK_INIT("cmos", LOCK_IRQ);

void io_ports_keep(u32 first, u32 last)
{
	CHECK(nr_kept < ARRAY_SIZE(kept));
	kept[nr_kept++] = (struct range){ first, last };
}

/* ---- may the guest ----------------------------------------------------------------------------------- */

/* Guest kernels run at CPL 3 and, by the ABI, as if at ring 1, unless they asked for the true thing. */
bool guest_iopl_ok(const struct vcpu *v)
{
	unsigned int ring = 3;

	if (v->pv.kernel_mode)
		ring = vcpu_assist(v, VMASST_TYPE_architectural_iopl) ? 0 : 1;
	return ring <= v->pv.iopl;
}

/* Two bytes of the bitmap that the guest kernel gave, in its own address space; ones: not allowed. */
static u32 bitmap_read(struct vcpu *v, u32 port)
{
	bool user = !v->pv.kernel_mode;
	u16 bits = 0xffff;
	u64 flags = 0;

	if (user) {
		flags = irq_save();
		v->pv.kernel_mode = true;
		root_switch_mode(v);
	}
	if (copy_from_guest(&bits, v->pv.iobmp + port / 8, sizeof(bits)))
		bits = 0xffff;
	if (user) {
		v->pv.kernel_mode = false;
		root_switch_mode(v);
		irq_restore(flags);
	}
	return bits;
}

bool guest_io_allowed(struct vcpu *v, u32 port, u32 bytes)
{
	if (guest_iopl_ok(v))
		return true;
	if (port + bytes > v->pv.iobmp_limit)
		return false;
	return !(bitmap_read(v, port) & ((1u << bytes) - 1) << (port & 7));
}

/* ---- access ---------------------------------------------------------------------------------------------- */

static bool overlaps(u32 port, u32 bytes, u32 first, u32 last)
{
	return port <= last && port + bytes > first;
}

static bool is_kept(u32 port, u32 bytes)
{
	if (port + bytes > 0x10000)
		return true;
	for (u32 i = 0; i < nr_kept; i++)
		if (overlaps(port, bytes, kept[i].first, kept[i].last))
			return true;
	return false;
}

/* Not for an access as a whole: each byte is looked at alone. */
static bool is_special(u32 port, u32 bytes)
{
	return is_kept(port, bytes) || overlaps(port, bytes, CMOS_INDEX, CMOS_DATA) ||
	       overlaps(port, bytes, PCI_DATA, PCI_DATA + 3);
}

static bool is_pci_data(u32 port, u32 bytes)
{
	return (port & ~3u) == PCI_DATA && !(port & (bytes - 1));
}

/* Bit 7 of the index would mask NMIs: it goes no further. */
static u8 cmos_read(struct domain *d)
{
	u64 flags = spin_lock_irqsave(&cmos_lock);
	u8 val;

	outb(CMOS_INDEX, d->pv.cmos_index & 0x7f);
	val = inb(CMOS_DATA);
	spin_unlock_irqrestore(&cmos_lock, flags);
	return val;
}

static void cmos_write(struct domain *d, u8 val)
{
	u64 flags = spin_lock_irqsave(&cmos_lock);

	outb(CMOS_INDEX, d->pv.cmos_index & 0x7f);
	outb(CMOS_DATA, val);
	spin_unlock_irqrestore(&cmos_lock, flags);
}

static void config_write(const struct domain *d, u32 offset, u32 bytes, u32 val)
{
	if (msi_guest_may_write(d->pv.pci_cf8, offset, bytes, &val))
		pci_guest_write(d->pv.pci_cf8, offset, bytes, val);
}

static u8 read_byte(struct domain *d, u32 port)
{
	if (port == CMOS_INDEX)
		return d->pv.cmos_index;
	if (port == CMOS_DATA)
		return cmos_read(d);
	if (is_pci_data(port, 1))
		return pci_guest_read(d->pv.pci_cf8, port & 3, 1);
	return is_kept(port, 1) ? 0xff : inb(port);
}

static void write_byte(struct domain *d, u32 port, u8 val)
{
	if (port == CMOS_INDEX)
		d->pv.cmos_index = val;
	else if (port == CMOS_DATA)
		cmos_write(d, val);
	else if (is_pci_data(port, 1))
		config_write(d, port & 3, 1, val);
	else if (!is_kept(port, 1))
		outb(port, val);
}

/* The pairs above are only the initial domain's. */
static bool has_port(const struct domain *d, u32 port, u32 bytes)
{
	return d->privileged || (!is_special(port, bytes) &&
				 control_has(&d->control.ports, port, port + bytes - 1));
}

u32 guest_io_read(struct vcpu *v, u32 port, u32 bytes)
{
	struct domain *d = v->domain;
	u32 val = 0;

	if (port == PCI_ADDRESS && bytes == 4)
		return d->pv.pci_cf8;
	if (!has_port(d, port, bytes))
		return bytes == 4 ? ~0u : (1u << bytes * 8) - 1;
	if (is_pci_data(port, bytes))
		return pci_guest_read(d->pv.pci_cf8, port & 3, bytes);
	if (!is_special(port, bytes))
		return io_in(port, bytes);
	for (u32 i = 0; i < bytes; i++)
		val |= (u32)read_byte(d, port + i) << 8 * i;
	return val;
}

void guest_io_write(struct vcpu *v, u32 port, u32 bytes, u32 val)
{
	struct domain *d = v->domain;

	if (port == PCI_ADDRESS && bytes == 4)
		d->pv.pci_cf8 = val;
	else if (!has_port(d, port, bytes))
		return;
	else if (is_pci_data(port, bytes))
		config_write(d, port & 3, bytes, val);
	else if (is_special(port, bytes))
		for (u32 i = 0; i < bytes; i++)
			write_byte(d, port + i, val >> 8 * i);
	else
		io_out(port, bytes, val);
}
