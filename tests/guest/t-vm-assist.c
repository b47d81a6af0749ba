/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm-assist - which assists there are
 *
 * Right: each known assist of 64-bit guests is switched on and off, also twice; unknown types are
 * -EINVAL, unknown commands -ENOSYS; 4gb_segments are for 32-bit guests but are accepted. ABI:
 * VMASST_* in xen.h.
 */
#include "guest.h"

static long assist(u32 cmd, u32 type)
{
	return HC(vm_assist, .cmd = cmd, .type = type);
}

void test_main(void)
{
	static const struct {
		u32 type;
		const char *name;
	} known[] = { { VMASST_TYPE_4gb_segments, "4gb_segments" },
		      { VMASST_TYPE_4gb_segments_notify, "4gb_segments_notify" },
		      { VMASST_TYPE_writable_pagetables, "writable_pagetables" },
		      { VMASST_TYPE_pae_extended_cr3, "pae_extended_cr3" },
		      { VMASST_TYPE_architectural_iopl, "architectural_iopl" },
		      { VMASST_TYPE_runstate_update_flag, "runstate_update_flag" },
		      { VMASST_TYPE_m2p_strict, "m2p_strict" } };

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		check_eq(assist(VMASST_CMD_enable, known[i].type), 0, "%s on", known[i].name);
		check_eq(assist(VMASST_CMD_enable, known[i].type), 0, "%s on again", known[i].name);
		check_eq(assist(VMASST_CMD_disable, known[i].type), 0, "%s off", known[i].name);
	}
	check_eq(assist(VMASST_CMD_enable, 6), -XEN_EINVAL, "type 6");
	check_eq(assist(VMASST_CMD_enable, 63), -XEN_EINVAL, "type 63");
	check_eq(assist(VMASST_CMD_enable, 64), -XEN_EINVAL, "type 64");
	check_eq(assist(VMASST_CMD_disable, ~0U), -XEN_EINVAL, "type -1");
	check_eq(assist(2, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS, "command 2");
	check_eq(assist(2, 64), -XEN_EINVAL, "command 2 with a bad type");
}
