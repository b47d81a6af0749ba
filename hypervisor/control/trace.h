/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace buffers: one ring a CPU, written here, read by a privileged domain that maps it.
 *
 * The interface is stock: XEN_SYSCTL_tbuf_op, the rings of <xen/trace.h> and its records.  Off, it costs a
 * test of trace_on at each hook; all the rest is here and runs only then.  Records of our own, for who
 * reads them (tools/trace*.c, docs/trace.md):
 *
 *  TRC_PV_RESULT	a hypercall or an entry of a multicall has come back: its number (low half of the first
 *			word; TRC_RESULT_SUBCALL above), vCPU and domain (low, high half), the result and the
 *			TSC's ticks since it began (two words each), and the command that its argument's first
 *			word in memory names, where that is how the ABI has it
 */
#ifndef HV_CONTROL_TRACE_H
#define HV_CONTROL_TRACE_H

#ifdef HV_TRACE_FORMAT_ONLY
#include <stdint.h>
#else
#include "lib/types.h"
#endif

#include <xen/trace.h>

#define TRC_PV_RESULTS		0x00204000	/* a subclass beside TRC_PV_ENTRY and TRC_PV_SUBCALL */
#define TRC_PV_RESULT		(TRC_PV_RESULTS + 0x80)	/* not 1: stock readers look at the number alone */
#define TRC_RESULT_SUBCALL	(1u << 16)
#define TRC_RESULT_NO_CMD	0xffffffffu

#ifndef HV_TRACE_FORMAT_ONLY
struct vcpu;
struct cpu_user_regs;

extern bool trace_on;		/* something is recorded: a byte, so that looking is one instruction */

typedef long trace_call_fn(struct vcpu *v, u64 nr);
typedef void trace_exception_fn(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2, u64 dr6);

/* Run the call, or the exception's handling, with records before and after. */
long trace_call(struct vcpu *v, u64 nr, trace_call_fn *call);
void trace_exception(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2, u64 dr6, trace_exception_fn *handle);
/* v's runstate is about to become `state`.  Callable with any lock held. */
void trace_runstate(struct vcpu *v, int state);
#endif

#endif
