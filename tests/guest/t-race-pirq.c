/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race-pirq - two vCPUs give themselves the same message interrupt
 *
 * Right: however map_pirq, bind_pirq, close and unmap_pirq of one pirq meet, one of the two gets it and
 * the other is refused; in the end it is free again.  ABI: physdev.h, EVTCHNOP_bind_pirq.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2 --hv-args loglvl=info --hv-args guest_loglvl=none --qemu-arg=-device --qemu-arg=virtio-rng-pci
 */
#include "guest.h"

#define PIRQ 200

static u8 devfn;
static u64 table;
static u32 go, mapped[2], bound;

static u32 config(u8 dev, u8 reg)
{
	u32 val;

	__asm__ volatile("outl %0, %1" : : "a"(1U << 31 | dev << 8 | reg), "d"((u16)0xcf8));
	__asm__ volatile("inl %1, %0" : "=a"(val) : "d"((u16)0xcfc));
	return val;
}

static long device(u32 cmd)
{
	physdev_pci_device_add_t d = { .devfn = devfn };

	return HC(physdev_op, .cmd = cmd, .arg = &d);
}

/* A table's address says that MSI-X is meant. */
static u64 find_table(void)
{
	for (u8 cap = config(devfn, 0x34); cap; cap = config(devfn, cap) >> 8) {
		u32 where = config(devfn, cap + 4);

		if ((config(devfn, cap) & 0xff) == 0x11)
			return (config(devfn, 0x10 + (where & 7) * 4) & ~0xfu) + (where & ~7u);
	}
	return 0;
}

static long map(void)
{
	physdev_map_pirq_t m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1,
				 .pirq = PIRQ, .devfn = devfn, .table_base = table };

	return HC(physdev_op, .cmd = PHYSDEVOP_map_pirq, .arg = &m);
}

static long unmap(void)
{
	physdev_unmap_pirq_t u = { .domid = DOMID_SELF, .pirq = PIRQ };

	return HC(physdev_op, .cmd = PHYSDEVOP_unmap_pirq, .arg = &u);
}

static long bind(u32 *port)
{
	evtchn_bind_pirq_t b = { .pirq = PIRQ };
	long rc = event_op(EVTCHNOP_bind_pirq, &b);

	*port = b.port;
	return rc;
}

static void other(void)
{
	while (LIVE(go) == 1) {
		mapped[1] += !map();
		unmap();
	}
	LIVE(go) = 2;
}

void test_main(void)
{
	physdev_set_iopl_t iopl = { .iopl = 1 };
	u64 end;
	u32 dev, port;

	HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &iopl);
	for (dev = 0; dev < 256; dev += 8)
		if ((config(dev, 0) & 0xffff) == 0x1af4)
			break;
	if (dev == 256)
		skip_all("no device");
	devfn = dev;
	check_eq(device(PHYSDEVOP_pci_device_add), 0, "a device");
	table = find_table();
	go = 1;
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	end = now() + 3000000000;
	while (now() < end) {
		mapped[0] += !map();
		if (!bind(&port)) {
			bound++;
			event_op(EVTCHNOP_close, &(evtchn_close_t){ port });
		}
		unmap();
	}
	LIVE(go) = 0;
	end = now() + 3000000000;
	while (LIVE(go) != 2 && now() < end)
		;
	check(mapped[0], "mapped %u and %u times", mapped[0], mapped[1]);
	check(bound, "bound %u times", bound);
	unmap();
	check_eq(map(), 0, "free in the end: mapped");
	check_eq(bind(&port), 0, "bound");
	check_eq(event_op(EVTCHNOP_close, &(evtchn_close_t){ port }), 0, "closed");
	check_eq(unmap(), 0, "unmapped");
}
