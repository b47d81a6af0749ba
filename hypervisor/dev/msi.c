/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI and MSI-X capabilities.  PCI Local Bus Specification 3.0, sections 6.8.1 and 6.8.2.
 */
#include "cpu/insn.h"
#include "dev/pci.h"
#include "lib/errno.h"
#include "domain/domain.h"
#include "mm/memmap.h"
#include "mm/mm.h"

#define REG_COMMAND	0x04
#define COMMAND_INTX_OFF BIT(10)
#define REG_STATUS	0x06
#define STATUS_CAPS	BIT(4)
#define REG_BAR0	0x10
#define REG_CAPS	0x34

#define CAP_MSI		0x05
#define CAP_MSIX	0x11

#define MSI_CONTROL	2
#define MSI_ENABLE	BIT(0)
#define MSI_COUNT	(7u << 4)		/* messages enabled, log2 */
#define MSI_64BIT	BIT(7)
#define MSI_MASKABLE	BIT(8)

#define MSIX_CONTROL	2
#define MSIX_TABLE	4
#define MSIX_SIZE	0x7ff
#define MSIX_MASK_ALL	BIT(14)
#define MSIX_ENABLE	BIT(15)

#define MSG_ADDRESS	0xfee00000u		/* + destination APIC id << 12; physical, fixed */

static u16 find_cap(bdf_t bdf, u8 id)
{
	u16 pos;

	if (!(pci_read(bdf, REG_STATUS, 2) & STATUS_CAPS))
		return 0;
	pos = pci_read(bdf, REG_CAPS, 1) & 0xfc;
	for (unsigned int i = 0; pos >= 0x40 && i < 48; i++) {
		if (pci_read(bdf, pos, 1) == id)
			return pos;
		pos = pci_read(bdf, pos + 1, 1) & 0xfc;
	}
	return 0;
}

/* Address, data and what lies beside it; the control word's count of messages is cut to one. */
bool msi_guest_may_write(u32 cf8, u32 offset, u32 bytes, u32 *val)
{
	bdf_t bdf = cf8 >> 8;
	u32 reg = (cf8 & 0xfc) + offset, count;
	u16 cap = reg < 0x40 ? 0 : find_cap(bdf, CAP_MSI);

	if (!cap)
		return true;
	count = cap + MSI_CONTROL;
	if (reg <= count && reg + bytes > count)
		*val &= ~(MSI_COUNT << 8 * (count - reg));
	return reg + bytes <= cap + 4u || reg >= cap + (pci_read(bdf, count, 2) & MSI_64BIT ? 16u : 12u);
}

static u64 bar_address(bdf_t bdf, unsigned int bar)
{
	u32 reg = REG_BAR0 + bar * 4, lo = pci_read(bdf, reg, 4);
	u64 addr = lo & ~0xfu;

	if (lo & 1)
		return 0;				/* I/O ports hold no table */
	if ((lo & 6) == 4 && bar < 5)
		addr |= (u64)pci_read(bdf, reg + 4, 4) << 32;
	return addr;
}

static int open_table_entry(struct msi *m, u64 table_base)
{
	u32 where = pci_read(m->bdf, m->cap + MSIX_TABLE, 4);
	unsigned int bar = where & 7;
	u64 table;

	if (m->entry > (pci_read(m->bdf, m->cap + MSIX_CONTROL, 2) & MSIX_SIZE) || bar > 5)
		return -EINVAL;
	table = bar_address(m->bdf, bar);
	if (!table || (table_base && table_base != table + (where & ~7u) && table_base != table))
		return -EINVAL;
	table += (where & ~7u) + m->entry * 16u;
	/* The BAR is the initial domain's to set: not onto memory, nor onto an interrupt controller. */
	if (memmap_is_ram(PFN_DOWN(table)) || !iomem_allowed(dom0, PFN_DOWN(table)))
		return -EINVAL;
	m->table = hv_map_io(table, 16);
	return m->table ? 0 : -ENOMEM;
}

int msi_open(struct msi *m, bdf_t bdf, bool msix, u16 entry, u64 table_base)
{
	*m = (struct msi){ .bdf = bdf, .msix = msix, .entry = entry };
	if (!pci_present(bdf))
		return -ENODEV;
	m->cap = find_cap(bdf, msix ? CAP_MSIX : CAP_MSI);
	if (!m->cap)
		return -EINVAL;
	return msix ? open_table_entry(m, table_base) : 0;
}

static void program_msi(struct msi *m, u32 address, u32 data)
{
	u32 control = pci_read(m->bdf, m->cap + MSI_CONTROL, 2);
	bool wide = control & MSI_64BIT;

	pci_write(m->bdf, m->cap + 4, 4, address);
	if (wide)
		pci_write(m->bdf, m->cap + 8, 4, 0);
	pci_write(m->bdf, m->cap + (wide ? 12 : 8), 2, data);
	pci_write(m->bdf, m->cap + MSI_CONTROL, 2, (control & ~MSI_COUNT) | MSI_ENABLE);
}

static void program_msix(struct msi *m, u32 address, u32 data)
{
	u32 control = pci_read(m->bdf, m->cap + MSIX_CONTROL, 2);

	/* The table's words may be written only while the entry is masked. */
	m->table[3] |= 1;
	m->table[0] = address;
	m->table[1] = 0;
	m->table[2] = data;
	m->table[3] &= ~1u;
	pci_write(m->bdf, m->cap + MSIX_CONTROL, 2, (control & ~MSIX_MASK_ALL) | MSIX_ENABLE);
}

void msi_program(struct msi *m, u8 vector, u32 apic_id)
{
	u32 address = MSG_ADDRESS | (apic_id & 0xff) << 12;
	u32 command = pci_read(m->bdf, REG_COMMAND, 2);

	if (m->msix)
		program_msix(m, address, vector);
	else
		program_msi(m, address, vector);
	if (!(command & COMMAND_INTX_OFF))
		pci_write(m->bdf, REG_COMMAND, 2, command | COMMAND_INTX_OFF);
	msi_mask(m, false);
}

void msi_mask(struct msi *m, bool masked)
{
	u32 control, reg, bits;

	if (m->msix) {
		m->table[3] = masked;
		return;
	}
	control = pci_read(m->bdf, m->cap + MSI_CONTROL, 2);
	if (!(control & MSI_MASKABLE))
		return;
	reg = m->cap + (control & MSI_64BIT ? 16 : 12);
	bits = pci_read(m->bdf, reg, 4);
	pci_write(m->bdf, reg, 4, masked ? bits | 1 : bits & ~1u);
}

void msi_close(struct msi *m)
{
	msi_mask(m, true);
	if (m->msix) {
		hv_unmap((void *)m->table, 16);
		m->table = NULL;
		return;
	}
	pci_write(m->bdf, m->cap + MSI_CONTROL, 2, pci_read(m->bdf, m->cap + MSI_CONTROL, 2) & ~MSI_ENABLE);
}
