/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space by the two ports.  The address port is shared with the initial domain, which
 * therefore has one of its own (pv/io.c); the real one is only ever set under the lock.
 */
#include "cpu/insn.h"
#include "dev/pci.h"
#include "lib/lock.h"

#define PORT_ADDRESS	0xcf8
#define PORT_DATA	0xcfc
#define ENABLE		BIT(31)

static struct spinlock lock = SPINLOCK_INIT("pci", LOCK_REGISTERS);

u32 pci_guest_read(u32 cf8, u32 offset, u32 bytes)
{
	u64 flags = spin_lock_irqsave(&lock);
	u32 val;

	outl(PORT_ADDRESS, cf8);
	val = io_in(PORT_DATA + offset, bytes);
	spin_unlock_irqrestore(&lock, flags);
	return val;
}

void pci_guest_write(u32 cf8, u32 offset, u32 bytes, u32 val)
{
	u64 flags = spin_lock_irqsave(&lock);

	outl(PORT_ADDRESS, cf8);
	io_out(PORT_DATA + offset, bytes, val);
	spin_unlock_irqrestore(&lock, flags);
}

static u32 address(bdf_t bdf, u32 reg)
{
	return ENABLE | (u32)bdf << 8 | (reg & 0xfc);
}

u32 pci_read(bdf_t bdf, u32 reg, u32 bytes)
{
	return pci_guest_read(address(bdf, reg), reg & 3, bytes);
}

void pci_write(bdf_t bdf, u32 reg, u32 bytes, u32 val)
{
	pci_guest_write(address(bdf, reg), reg & 3, bytes, val);
}

bool pci_present(bdf_t bdf)
{
	return pci_read(bdf, 0, 2) != 0xffff;
}
