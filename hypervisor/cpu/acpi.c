/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few ACPI tables we need, each checked for length and checksum before it is read.  ACPI 6.4,
 * chapter 5.2.  AML is not interpreted; of it only the constant package \_S5 is looked for.
 */
#include "cpu/acpi.h"
#include "cpu/insn.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "lib/string.h"
#include "mm/mm.h"

#define TABLE_MAX	(16u << 20)		/* larger than that is no ACPI table */

struct acpi_info acpi;

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;			/* from revision 2 on */
	u64 xsdt;
	u8 checksum_all;
	u8 reserved[3];
} __packed;

struct table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
	u8 body[];
} __packed;

struct address {			/* Generic Address Structure */
	u8 space, width, offset, access;
	u64 address;
} __packed;

static u8 __init sum(const void *p, size_t n)
{
	const u8 *b = p;
	u8 s = 0;

	while (n--)
		s += *b++;
	return s;
}

/* A field at `offset` of a table; zero where the table is too short to have it. */
static u64 __init field(const struct table *t, u32 offset, u32 bytes)
{
	u64 v = 0;

	if (offset + bytes <= t->length)
		memcpy(&v, (const u8 *)t + offset, bytes);
	return v;
}

/* ---- finding tables ------------------------------------------------------------------------------------ */

static bool __init rsdp_ok(const void *p)
{
	return !memcmp(p, "RSD PTR ", 8) && !sum(p, 20);
}

/* On 16-byte boundaries of a piece of low memory. */
static bool __init rsdp_scan(maddr_t start, size_t size, struct rsdp *out)
{
	const u8 *p = hv_map_ro(start, size);
	bool found = false;

	for (size_t at = 0; p && !found && at + sizeof(*out) <= size; at += 16) {
		found = rsdp_ok(p + at);
		if (found)
			memcpy(out, p + at, sizeof(*out));
	}
	if (p)
		hv_unmap((void *)p, size);
	return found;
}

/* BIOS: in the first KiB of the extended BIOS data area, or below 1 MiB. */
static bool __init rsdp_find(struct rsdp *out)
{
	const u16 *bda = hv_map_ro(0x40e, 2);
	maddr_t ebda = bda ? (maddr_t)*bda << 4 : 0;

	if (bda)
		hv_unmap((void *)bda, 2);
	if (ebda >= 0x400 && ebda < 0xa0000 && rsdp_scan(ebda, 1024, out))
		return true;
	return rsdp_scan(0xe0000, 0x20000, out);
}

/* Map a whole table; NULL when it is not what its header claims. */
static const struct table *__init table_open(maddr_t ma)
{
	const struct table *t = ma ? hv_map_ro(ma, sizeof(*t)) : NULL;
	u32 length;

	if (!t)
		return NULL;
	length = t->length;
	hv_unmap((void *)t, sizeof(*t));
	if (length < sizeof(*t) || length > TABLE_MAX)
		return NULL;
	t = hv_map_ro(ma, length);
	if (t && sum(t, length)) {
		log_warn("ACPI table %.4s has a wrong checksum", t->signature);
		hv_unmap((void *)t, length);
		return NULL;
	}
	return t;
}

static void __init table_close(const struct table *t)
{
	hv_unmap((void *)t, t->length);
}

/* ---- MADT ------------------------------------------------------------------------------------------------ */

#define MADT_LAPIC	0
#define MADT_IOAPIC	1
#define MADT_OVERRIDE	2
#define MADT_LAPIC_ADDR	5
#define MADT_X2APIC	9
#define MADT_ENABLED	1

static void __init add_cpu(u32 apic_id, u32 acpi_id, u32 flags)
{
	if (!(flags & MADT_ENABLED))
		return;
	if (acpi.nr_cpus == NR_CPUS) {
		log_warn("more than %u CPUs: the rest is not used", NR_CPUS);
		return;
	}
	acpi.apic_id[acpi.nr_cpus] = apic_id;
	acpi.acpi_id[acpi.nr_cpus++] = acpi_id;
}

static u32 __init get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static void __init madt_entry(const u8 *e, u8 length)
{
	switch (e[0]) {
	case MADT_LAPIC:
		if (length >= 8)
			add_cpu(e[3], e[2], get32(e + 4));
		break;
	case MADT_X2APIC:
		if (length >= 16)
			add_cpu(get32(e + 4), get32(e + 12), get32(e + 8));
		break;
	case MADT_IOAPIC:
		if (length < 12 || acpi.nr_ioapics == ACPI_MAX_IOAPICS)
			break;
		acpi.ioapic[acpi.nr_ioapics].id = e[2];
		acpi.ioapic[acpi.nr_ioapics].address = get32(e + 4);
		acpi.ioapic[acpi.nr_ioapics++].gsi_base = get32(e + 8);
		break;
	case MADT_OVERRIDE:
		if (length < 10 || acpi.nr_overrides == ACPI_MAX_OVERRIDES)
			break;
		acpi.override[acpi.nr_overrides].irq = e[3];
		acpi.override[acpi.nr_overrides].gsi = get32(e + 4);
		acpi.override[acpi.nr_overrides++].flags = e[8] | e[9] << 8;
		break;
	case MADT_LAPIC_ADDR:
		if (length >= 12)
			memcpy(&acpi.lapic_base, e + 4, 8);
		break;
	}
}

static void __init parse_madt(const struct table *t)
{
	const u8 *e = (const u8 *)t + 44, *end = (const u8 *)t + t->length;

	acpi.lapic_base = field(t, 36, 4);
	for (; e + 2 <= end && e[1] >= 2 && e + e[1] <= end; e += e[1])
		madt_entry(e, e[1]);
}

/* ---- FADT and \_S5 ------------------------------------------------------------------------------------------ */

/* A small integer constant of AML; advances. */
static bool __init aml_byte(const u8 **p, const u8 *end, u8 *val)
{
	if (*p < end && (**p == 0x00 || **p == 0x01)) {		/* Zero, One */
		*val = *(*p)++;
		return true;
	}
	if (*p + 1 < end && **p == 0x0a) {			/* BytePrefix */
		*val = (*p)[1];
		*p += 2;
		return true;
	}
	return false;
}

/* Name(\_S5, Package() { SLP_TYPa, SLP_TYPb, ... }): NameOp, name, PackageOp, PkgLength, count. */
static bool __init find_s5(const struct table *t)
{
	const u8 *end = (const u8 *)t + t->length;

	for (const u8 *p = t->body; p + 12 < end; p++) {
		const u8 *at = p + 4;

		if (memcmp(p, "_S5_", 4) || *at != 0x12)
			continue;
		if (p[-1] != 0x08 && !(p[-1] == '\\' && p[-2] == 0x08))
			continue;
		at += 2 + (at[1] >> 6) + 1;
		if (aml_byte(&at, end, &acpi.s5_a) && aml_byte(&at, end, &acpi.s5_b))
			return true;
	}
	return false;
}

#define FADT_RESET_SUP	BIT(10)
#define FADT_TMR_32	BIT(8)

static void __init parse_fadt(const struct table *t)
{
	maddr_t dsdt = field(t, 140, 8) ?: field(t, 40, 4);
	const struct table *d = table_open(dsdt);
	u32 flags = field(t, 112, 4);
	struct address reset = { 0 };

	acpi.smi_command = field(t, 48, 4);
	acpi.acpi_enable = field(t, 52, 1);
	acpi.pm1a_control = field(t, 64, 4);
	acpi.pm1b_control = field(t, 68, 4);
	acpi.pm_timer = field(t, 76, 4);
	acpi.pm_timer_32bit = flags & FADT_TMR_32;
	if ((flags & FADT_RESET_SUP) && t->length >= 129) {
		memcpy(&reset, (const u8 *)t + 116, sizeof(reset));
		acpi.has_reset = reset.address != 0;
		acpi.reset_space = reset.space;
		acpi.reset_address = reset.address;
		acpi.reset_value = field(t, 128, 1);
	}
	if (d) {
		acpi.has_s5 = find_s5(d);
		table_close(d);
	}
}

/* ---- the others ------------------------------------------------------------------------------------------------ */

static void __init parse_hpet(const struct table *t)
{
	if (field(t, 40, 1) == 0)		/* in memory */
		acpi.hpet = field(t, 44, 8);
}

static void __init parse_mcfg(const struct table *t)
{
	for (u32 at = 44; at + 16 <= t->length; at += 16) {
		if (field(t, at + 8, 2))
			continue;
		acpi.mmcfg = field(t, at, 8);
		acpi.mmcfg_first_bus = field(t, at + 10, 1);
		acpi.mmcfg_last_bus = field(t, at + 11, 1);
	}
}

static void __init parse_table(maddr_t ma)
{
	const struct table *t = table_open(ma);

	if (!t)
		return;
	if (!memcmp(t->signature, "APIC", 4))
		parse_madt(t);
	else if (!memcmp(t->signature, "FACP", 4))
		parse_fadt(t);
	else if (!memcmp(t->signature, "HPET", 4))
		parse_hpet(t);
	else if (!memcmp(t->signature, "MCFG", 4))
		parse_mcfg(t);
	else if (!acpi.has_s5 && !memcmp(t->signature, "SSDT", 4))
		acpi.has_s5 = find_s5(t);
	table_close(t);
}

void __init acpi_init(const void *from_loader)
{
	const struct table *root;
	struct rsdp rsdp;
	u32 width;

	if (from_loader)
		memcpy(&rsdp, from_loader, sizeof(rsdp));
	if (!from_loader ? !rsdp_find(&rsdp) : !rsdp_ok(&rsdp))
		boot_fail("no ACPI tables found");
	width = rsdp.revision >= 2 && rsdp.xsdt ? 8 : 4;
	root = table_open(width == 8 ? rsdp.xsdt : rsdp.rsdt);
	if (!root || memcmp(root->signature, width == 8 ? "XSDT" : "RSDT", 4))
		boot_fail("the root table of ACPI is damaged");
	for (u32 at = sizeof(*root); at + width <= root->length; at += width)
		parse_table(field(root, at, width));
	table_close(root);
	if (!acpi.nr_cpus || !acpi.nr_ioapics || !acpi.lapic_base)
		boot_fail("ACPI tells of no CPUs or no IO-APIC");
	log_debug("ACPI: %u CPUs, %u IO-APICs, S5 %s, reset %s", acpi.nr_cpus, acpi.nr_ioapics,
		  acpi.has_s5 ? "yes" : "no", acpi.has_reset ? "yes" : "no");
}

/* ---- power --------------------------------------------------------------------------------------------------------- */

#define PM1_SCI_EN	BIT(0)
#define PM1_SLP_TYP	(7u << 10)
#define PM1_SLP_EN	BIT(13)

void acpi_power_off(void)
{
	u16 a, b = 0;

	if (!acpi.has_s5 || !acpi.pm1a_control)
		return;
	if (!(inw(acpi.pm1a_control) & PM1_SCI_EN) && acpi.smi_command && acpi.acpi_enable) {
		outb(acpi.smi_command, acpi.acpi_enable);
		for (unsigned int i = 0; i < 300 && !(inw(acpi.pm1a_control) & PM1_SCI_EN); i++)
			tsc_delay_us(10000);
	}
	a = (inw(acpi.pm1a_control) & ~PM1_SLP_TYP) | (acpi.s5_a & 7) << 10;
	if (acpi.pm1b_control)
		b = (inw(acpi.pm1b_control) & ~PM1_SLP_TYP) | (acpi.s5_b & 7) << 10;
	for (u16 enable = 0; enable <= PM1_SLP_EN; enable += PM1_SLP_EN) {
		outw(acpi.pm1a_control, a | enable);
		if (acpi.pm1b_control)
			outw(acpi.pm1b_control, b | enable);
	}
	tsc_delay_us(1000000);
}

void acpi_reset(void)
{
	if (!acpi.has_reset)
		return;
	if (acpi.reset_space == 1) {
		outb(acpi.reset_address, acpi.reset_value);
	} else if (acpi.reset_space == 0) {
		volatile u8 *p = hv_map_io(acpi.reset_address, 1);

		if (p)
			*p = acpi.reset_value;
	} else if (acpi.reset_space == 2) {	/* device in bits 32-47, function 16-31, register 0-15 */
		u64 r = acpi.reset_address;

		outl(0xcf8, BIT(31) | (r >> 32 & 0x1f) << 11 | (r >> 16 & 7) << 8 | (r & 0xfc));
		outb(0xcfc + (r & 3), acpi.reset_value);
	}
	tsc_delay_us(50000);
}
