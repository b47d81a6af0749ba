/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space of segment 0, and message-signalled interrupts: the one thing about a
 * device that the hypervisor programs itself, because a message can raise any vector.
 */
#ifndef HV_DEV_PCI_H
#define HV_DEV_PCI_H

#include "lib/types.h"

typedef u16 bdf_t;			/* bus << 8 | device << 3 | function */

/* Registers by ports 0xcf8/0xcfc; bytes 1, 2 or 4, naturally aligned.  Locks: LOCK_REGISTERS. */
u32 pci_read(bdf_t bdf, u32 reg, u32 bytes);
void pci_write(bdf_t bdf, u32 reg, u32 bytes, u32 val);
bool pci_present(bdf_t bdf);

/* Data port access for a guest's own 0xcf8 value: `offset` is 0-3 within 0xcfc. */
u32 pci_guest_read(u32 cf8, u32 offset, u32 bytes);
void pci_guest_write(u32 cf8, u32 offset, u32 bytes, u32 val);

/*
 * What an MSI says is ours: false for a guest's write to it; else *val gets what may be written.  A device's
 * table of MSI-X messages is device memory, and the initial domain's; devices it lets write to memory at will.
 */
bool msi_guest_may_write(u32 cf8, u32 offset, u32 bytes, u32 *val);

/* One programmed message. */
struct msi {
	bdf_t bdf;
	bool msix;
	u16 entry;			/* MSI-X: table entry */
	u16 cap;			/* offset of the capability */
	volatile u32 *table;		/* MSI-X: the mapped entry, four words */
};

/*
 * Find the device's capability (and table entry).  Return: 0; -ENODEV no such device; -EINVAL no such
 * capability or entry, or a table that is not where table_base says; -ENOMEM.
 */
int msi_open(struct msi *m, bdf_t bdf, bool msix, u16 entry, u64 table_base);
/* Send `vector` to the CPU with this APIC id, unmasked.  Also to move it, or to write it again
 * after the device has lost it. */
void msi_program(struct msi *m, u8 vector, u32 apic_id);
void msi_mask(struct msi *m, bool masked);
void msi_close(struct msi *m);			/* disabled, nothing left mapped */

#endif
