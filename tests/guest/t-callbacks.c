/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * callbacks - registering and unregistering
 *
 * Right: each known type takes a canonical address; non-canonical ones are -EINVAL; unknown types
 * -ENOSYS; event, failsafe and syscall cannot be unregistered (-EINVAL), the others can; the old
 * set_callbacks sets three at once and has no failing answer; unknown commands are -ENOSYS. ABI:
 * callback.h.
 */
#include "guest.h"

static long un(u16 type)
{
	callback_unregister_t cb = { .type = type };

	return HC(callback_op, .cmd = CALLBACKOP_unregister, .arg = &cb);
}

void test_main(void)
{
	static const struct {
		u16 type;
		const char *name;
		long unregister;
	} types[] = {
		{ CALLBACKTYPE_event, "event", -XEN_EINVAL },
		{ CALLBACKTYPE_failsafe, "failsafe", -XEN_EINVAL },
		{ CALLBACKTYPE_syscall, "syscall", -XEN_EINVAL },
		{ CALLBACKTYPE_nmi, "nmi", 0 },
		{ CALLBACKTYPE_syscall32, "syscall32", -XEN_EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		check_eq(callback(types[i].type, 0, entry_event), 0, "%s: register", types[i].name);
		check_eq(callback(types[i].type, 0, (void *)NONCANONICAL), -XEN_EINVAL,
			 "%s: non-canonical", types[i].name);
		check_eq(un(types[i].type), types[i].unregister, "%s: unregister", types[i].name);
	}
	check_eq(callback(CALLBACKTYPE_sysenter_deprecated, 0, entry_event), -XEN_ENOSYS,
		 "type 3 is for 32-bit guests");
	check_eq(callback(6, 0, entry_event), -XEN_ENOSYS, "type 6 is not used");
	check_eq(callback(99, 0, entry_event), -XEN_ENOSYS, "type 99");
	check_eq(callback(99, 0, (void *)NONCANONICAL), -XEN_EINVAL, "type 99 at a bad address");
	check_eq(un(99), -XEN_ENOSYS, "unregister type 99");
	check_eq(HC(callback_op, .cmd = 2), -XEN_ENOSYS, "command 2");
	check_eq(HC(callback_op, .cmd = CALLBACKOP_register, .arg = (void *)UNMAPPED), -XEN_EFAULT,
		 "an argument out of reach");
	check_eq(HC(set_callbacks, .event = (u64)entry_event, .failsafe = (u64)entry_failsafe,
		    .syscall = (u64)entry_syscall),
		 0, "set_callbacks");
	check_eq(HC(set_callbacks, .event = NONCANONICAL, .failsafe = (u64)entry_failsafe,
		    .syscall = (u64)entry_syscall),
		 0, "set_callbacks always answers 0");
}
