/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev - the parts without devices
 *
 * Right: set_iopl takes 0 to 3; an I/O bitmap lets user mode reach the ports whose bits are clear,
 * as long as it is there; more than 65536 ports are refused; unknown commands are -ENOSYS. ABI:
 * physdev.h.
 */
#include "guest.h"

static u8 bitmap[8192];

static long set_bitmap(u8 *map, u32 ports)
{
	physdev_set_iobitmap_t op = { .nr_ports = ports };

	op.bitmap.p = map;
	return HC(physdev_op, .cmd = PHYSDEVOP_set_iobitmap, .arg = &op);
}

USER_TEXT static void user_in(void)
{
	__asm__ volatile("inb %dx, %al; int $0x80");
}

static u64 in_port(u16 port)
{
	struct regs r;

	user_regs(&r, user_in);
	r.rdx = port;
	return user_run(&r);
}

void test_main(void)
{
	user_init();
	check_eq(in_port(0x80), X_GP, "no bitmap: port 0x80");
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x80 / 8] &= ~1;
	bitmap[0x1234 / 8] &= ~(1 << (0x1234 % 8));
	check_eq(set_bitmap(bitmap, 65536), 0, "a bitmap");
	check_eq(in_port(0x80), 0x80, "port 0x80 is open");
	check_eq(in_port(0x81), X_GP, "port 0x81 is not");
	check_eq(in_port(0x1234), 0x80, "port 0x1234 is");
	check_eq(set_bitmap(bitmap, 0x1000), 0, "a short bitmap");
	check_eq(in_port(0x80), 0x80, "port 0x80 is open");
	check_eq(in_port(0x1234), X_GP, "port 0x1234 is behind it");
	check_eq(set_bitmap(bitmap, 65537), -XEN_EINVAL, "65537 ports");
	check_eq(set_bitmap(NULL, 0), 0, "no bitmap");
	check_eq(in_port(0x80), X_GP, "port 0x80 is closed");
	check_eq(HC(physdev_op, .cmd = 99, .arg = bitmap), -XEN_ENOSYS, "command 99");
}
