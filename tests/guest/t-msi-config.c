/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msi-config - a device's message interrupt in its configuration space
 *
 * Right: once the initial domain has mapped a message, where it goes and what it says is the
 * hypervisor's: writes to its address and data, of any width, have no effect, and the number of
 * messages stays one (Xen 4.17 lets the initial domain change them, for this device at least); the
 * enable bit is the domain's.  ABI: PHYSDEVOP_map_pirq in physdev.h; PCI Local Bus Specification 3.0,
 * 6.8.1.
 *
 * Boot: --qemu-arg=-device --qemu-arg=edu
 */
#include "guest.h"

#define CAP_MSI	 5
#define ENABLE	 0x1
#define COUNT	 0x70
#define WIDE	 0x80

static u8 devfn, cap;

static void address(u8 reg)
{
	__asm__ volatile("outl %0, %1" : : "a"(1U << 31 | devfn << 8 | (reg & 0xfc)), "d"((u16)0xcf8));
}

static u32 config(u8 reg)
{
	u32 val;

	address(reg);
	__asm__ volatile("inl %1, %0" : "=a"(val) : "d"((u16)0xcfc));
	return val >> (reg & 3) * 8;
}

static void config_set(u8 reg, u32 val, int bytes)
{
	u16 port = 0xcfc + (reg & 3);

	address(reg);
	if (bytes == 4)
		__asm__ volatile("outl %0, %1" : : "a"(val), "d"(port));
	else if (bytes == 2)
		__asm__ volatile("outw %w0, %1" : : "a"(val), "d"(port));
	else
		__asm__ volatile("outb %b0, %1" : : "a"(val), "d"(port));
}

static bool find(void)
{
	for (u32 dev = 0; dev < 256; dev += 8) {
		devfn = dev;
		if (config(0) != 0x11e81234)
			continue;
		for (cap = config(0x34); cap && (config(cap) & 0xff) != CAP_MSI; cap = config(cap + 1))
			;
		return cap;
	}
	return false;
}

static void try_to_change(u8 reg, const char *what)
{
	u32 before = config(reg);

	config_set(reg, before ^ 0x00ff10f3, 4);
	check_eq(config(reg), before, "%s, at once", what);
	config_set(reg, before ^ 0x30f3, 2);
	check_eq(config(reg), before, "%s, by words", what);
	config_set(reg, before ^ 0xf3, 1);
	config_set(reg + 1, (before >> 8) ^ 0x30, 1);
	check_eq(config(reg), before, "%s, by bytes", what);
}

static void message(u32 control)
{
	try_to_change(cap + 4, "the address");
	try_to_change(cap + (control & WIDE ? 12 : 8), "the data");
	config_set(cap + 2, control | COUNT, 2);
	check_eq(config(cap + 2) & COUNT, 0, "the count of messages");
	config_set(cap + 2, control | COUNT, 1);
	check_eq(config(cap + 2) & COUNT, 0, "the count of messages, by a byte");
}

void test_main(void)
{
	physdev_set_iopl_t iopl = { .iopl = 1 };
	physdev_pci_device_add_t add = { 0 };
	physdev_map_pirq_t m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1,
				 .pirq = -1 };
	evtchn_bind_pirq_t b = { 0 };
	u32 control;

	HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &iopl);
	if (!find())
		skip_all("no device with a message interrupt");
	add.devfn = m.devfn = devfn;
	check_eq(HC(physdev_op, .cmd = PHYSDEVOP_pci_device_add, .arg = &add), 0, "a device");
	check_eq(HC(physdev_op, .cmd = PHYSDEVOP_map_pirq, .arg = &m), 0, "its message is mapped");
	b.pirq = m.pirq;
	check_eq(event_op(EVTCHNOP_bind_pirq, &b), 0, "and bound");
	control = config(cap + 2);
	check_eq(config(cap + 4) & 0xfff00000, 0xfee00000, "it goes to an interrupt controller");
	if (on_xen())
		check_skipped("the message cannot be changed", "Xen leaves it to the initial domain");
	else
		message(control);
	config_set(cap + 2, control & ~ENABLE, 2);
	check_eq(config(cap + 2) & ENABLE, 0, "the message can be disabled");
	config_set(cap + 2, control | ENABLE, 2);
	check_eq(config(cap + 2) & ENABLE, ENABLE, "and enabled");
}
