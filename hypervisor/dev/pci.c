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
	u16 port = PORT_DATA + offset;
	u32 val;

	outl(PORT_ADDRESS, cf8);
	val = bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
	spin_unlock_irqrestore(&lock, flags);
	return val;
}

void pci_guest_write(u32 cf8, u32 offset, u32 bytes, u32 val)
{
	u64 flags = spin_lock_irqsave(&lock);
	u16 port = PORT_DATA + offset;

	outl(PORT_ADDRESS, cf8);
	if (bytes == 1)
		outb(port, val);
	else if (bytes == 2)
		outw(port, val);
	else
		outl(port, val);
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
