/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APICs: a redirection entry for each of their pins.  A GSI is a pin, counted over all of them.
 */
#include "cpu/acpi.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/mm.h"

#define REG_VERSION	1
#define REG_REDIRECT	0x10		/* two words a pin */

#define RED_LOW		BIT(13)
#define RED_LEVEL	BIT(15)
#define RED_MASKED	BIT(16)

/* Bits of an override's flags: polarity, trigger; 0 as the bus has it, ISA high and edge. */
#define MADT_POLARITY	3
#define MADT_LOW	3
#define MADT_TRIGGER	(3 << 2)
#define MADT_LEVEL	(3 << 2)

struct ioapic {
	volatile u32 *mmio;		/* [0] index, [4] data */
	u32 gsi_base, pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static u32 nr_ioapics, nr_gsis;
static struct spinlock lock = SPINLOCK_INIT("io-apic", LOCK_REGISTERS);

static u32 reg_read(const struct ioapic *a, u32 reg)
{
	a->mmio[0] = reg;
	return a->mmio[4];
}

static void reg_write(const struct ioapic *a, u32 reg, u32 val)
{
	a->mmio[0] = reg;
	a->mmio[4] = val;
}

static struct ioapic *find(u32 gsi)
{
	for (u32 i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

static void __init pic_mask(void)
{
	/* Both PICs: vectors 0x20-0x2f, should a spurious one come, and all lines masked. */
	static const u8 words[][2] = { { 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 0x20 }, { 0xa1, 0x28 }, { 0x21, 0x04 },
				       { 0xa1, 0x02 }, { 0x21, 0x01 }, { 0xa1, 0x01 }, { 0x21, 0xff }, { 0xa1, 0xff } };

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		outb(words[i][0], words[i][1]);
}

void __init ioapic_init(void)
{
	pic_mask();
	for (u32 i = 0; i < acpi.nr_ioapics; i++) {
		struct ioapic *a = &ioapics[nr_ioapics];

		a->mmio = hv_map_io(acpi.ioapic[i].address, 0x20);
		if (!a->mmio)
			boot_fail("no room to map an IO-APIC");
		a->gsi_base = acpi.ioapic[i].gsi_base;
		a->pins = (reg_read(a, REG_VERSION) >> 16 & 0xff) + 1;
		nr_ioapics++;
		nr_gsis = MAX(nr_gsis, a->gsi_base + a->pins);
		for (u32 pin = 0; pin < a->pins; pin++)
			reg_write(a, REG_REDIRECT + pin * 2, RED_MASKED);
		log_debug("IO-APIC: GSI %u-%u", a->gsi_base, a->gsi_base + a->pins - 1);
	}
}

u32 ioapic_nr_gsis(void)
{
	return nr_gsis;
}

u32 ioapic_isa_gsi(u32 irq, bool *level, bool *low)
{
	*level = *low = false;
	for (u32 i = 0; i < acpi.nr_overrides; i++) {
		if (acpi.override[i].irq != irq)
			continue;
		*level = (acpi.override[i].flags & MADT_TRIGGER) == MADT_LEVEL;
		*low = (acpi.override[i].flags & MADT_POLARITY) == MADT_LOW;
		return acpi.override[i].gsi;
	}
	return irq;
}

int ioapic_route(u32 gsi, u8 vector, u32 cpu, bool level, bool low)
{
	struct ioapic *a = find(gsi);
	struct pcpu *p = pcpu_of(cpu);
	u64 flags;
	u32 reg;

	if (!a || !p || p->apic_id > 0xff)
		return -EINVAL;
	reg = REG_REDIRECT + (gsi - a->gsi_base) * 2;
	flags = spin_lock_irqsave(&lock);
	reg_write(a, reg, RED_MASKED);
	reg_write(a, reg + 1, p->apic_id << 24);
	reg_write(a, reg, RED_MASKED | vector | (level ? RED_LEVEL : 0) | (low ? RED_LOW : 0));
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

void ioapic_mask(u32 gsi, bool masked)
{
	struct ioapic *a = find(gsi);
	u64 flags;
	u32 reg, val;

	if (!a)
		return;
	reg = REG_REDIRECT + (gsi - a->gsi_base) * 2;
	flags = spin_lock_irqsave(&lock);
	val = reg_read(a, reg);
	reg_write(a, reg, masked ? val | RED_MASKED : val & ~RED_MASKED);
	spin_unlock_irqrestore(&lock, flags);
}

bool ioapic_is_mmio(maddr_t page)
{
	page &= PAGE_MASK;
	if (page == (acpi.lapic_base & PAGE_MASK))
		return true;
	for (u32 i = 0; i < acpi.nr_ioapics; i++)
		if (page == (acpi.ioapic[i].address & PAGE_MASK))
			return true;
	return false;
}
