// SPDX-License-Identifier: GPL-2.0-only
/* Names of hypercalls, commands, arguments and errors: the hypervisor's own list, compiled once more. */

#include "../hypervisor/abi/abi.h"

#include <string.h>

#include "trace.h"

#define MEMORY_COMMAND	63		/* of memory_op's; where a preempted one goes on is above */

#define VAL(ctype, name)		\
	{ #name, _Generic((ctype)0, int32_t: ARG_SIGNED, int64_t: ARG_SIGNED, uint64_t: ARG_HEX, default: ARG_NUMBER) },
#define POINTER(name)			{ #name, ARG_POINTER },
#define IN(ctype, name)			POINTER(name)
#define OUT(ctype, name)		POINTER(name)
#define INOUT(ctype, name)		POINTER(name)
#define IN_VEC(ctype, name, n)		POINTER(name)
#define INOUT_VEC(ctype, name, n)	POINTER(name)
#define BUF(name)			POINTER(name)
#define HYPERCALL(nr, name, who, args)	[nr] = { #name, { args } },
#define HYPERCALL_ABSENT(nr, name, why)	[nr] = { #name, { { NULL, ARG_NUMBER } } },
static const struct trace_call calls[HC_COUNT] = {
#include "../hypervisor/abi/hypercalls.def"
};
#undef IN
#undef OUT
#undef INOUT

/* Families of subops.def, and where their call has the command. */
enum { FAMILY_evtchn = HC_event_channel_op, FAMILY_sched = HC_sched_op, FAMILY_vcpu = HC_vcpu_op,
       FAMILY_memory = HC_memory_op, FAMILY_version = HC_xen_version, FAMILY_callback = HC_callback_op,
       FAMILY_physdev = HC_physdev_op, FAMILY_gnttab = HC_grant_table_op, FAMILY_mmuext = HC_mmuext_op,
       FAMILY_assist = HC_vm_assist, FAMILY_console = HC_console_io, FAMILY_platform = HC_platform_op,
       FAMILY_domctl = HC_domctl, FAMILY_sysctl = HC_sysctl };

#define SUBOP(family, nr, name, who, kind)	{ FAMILY_##family, nr, #name },
#define SUBOP_ABSENT(family, nr, name, error)	{ FAMILY_##family, nr, #name },
static const struct { uint8_t call; uint32_t nr; const char *name; } commands[] = {
#include "../hypervisor/abi/subops.def"
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

#undef XEN_ERRNO
#define XEN_ERRNO(name, value)	{ #name, value },
static const struct { const char *name; int value; } errors[] = {
#include <xen/errno.h>
	{ "ERESTART", 85 },
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

const struct trace_call *trace_call_of(uint32_t nr)
{
	return nr < HC_COUNT && calls[nr].name ? &calls[nr] : NULL;
}

int trace_command_arg(uint32_t nr)
{
	const struct trace_call *c = trace_call_of(nr);

	if (nr == HC_domctl || nr == HC_sysctl || nr == HC_platform_op || nr == HC_mmuext_op)
		return TRACE_ARGS;
	return c && c->args[0].name && !strcmp(c->args[0].name, "cmd") ? 0 : -1;
}

const char *trace_command(uint32_t nr, uint32_t cmd)
{
	if (nr == HC_memory_op)
		cmd &= MEMORY_COMMAND;
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].call == nr && commands[i].nr == cmd)
			return commands[i].name;
	return NULL;
}

bool trace_is_name(const char *name)
{
	for (size_t i = 0; i < HC_COUNT; i++)
		if (calls[i].name && !strcmp(calls[i].name, name))
			return true;
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return true;
	return false;
}

const char *trace_errno_name(long error)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (errors[i].value == error)
			return errors[i].name;
	return NULL;
}

int trace_errno(const char *name)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].value;
	return 0;
}
