/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform - platform_op of the initial domain, the parts without devices
 *
 * Right: another interface version is -EACCES; unknown commands are -ENOSYS; settime64 sets the
 * wall clock in shared_info, with a new even version; get_cpuinfo tells of the CPU that there is
 * and of the highest.  ABI: platform.h.
 */
#include "guest.h"

static xen_platform_op_t op;

static long platform(u32 cmd)
{
	op.cmd = cmd;
	op.interface_version = XENPF_INTERFACE_VERSION;
	return HC(platform_op, .op = &op);
}

void test_main(void)
{
	u32 version = LIVE(shared_info->wc_version), t;

	op.cmd = XENPF_get_cpuinfo;
	op.interface_version = XENPF_INTERFACE_VERSION + 1;
	check_eq(HC(platform_op, .op = &op), -XEN_EACCES, "another version");
	check_eq(platform(999), -XEN_ENOSYS, "an unknown command");
	op.u.settime64.secs = 1700000000;
	op.u.settime64.nsecs = 5;
	op.u.settime64.mbz = 0;
	op.u.settime64.system_time = now();
	check_eq(platform(XENPF_settime64), 0, "settime64");
	t = LIVE(shared_info->wc_sec) + now() / 1000000000;
	check(t >= 1699999999 && t <= 1700000002, "the wall clock is set: %u", t);
	check(LIVE(shared_info->wc_version) != version && !(LIVE(shared_info->wc_version) & 1),
	      "by a new version");
	op.u.settime64.mbz = 1;
	check_eq(platform(XENPF_settime64), -XEN_EINVAL, "settime64 with a field that must be 0");
	op.u.pcpu_info.xen_cpuid = 0;
	check_eq(platform(XENPF_get_cpuinfo), 0, "get_cpuinfo");
	check_eq(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE, XEN_PCPU_FLAGS_ONLINE,
		 "CPU 0 is online");
	check_eq(op.u.pcpu_info.apic_id, 0, "its APIC");
}
