/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract: Xen's public headers, and a structure per hypercall with its arguments.
 *
 * Included by the hypervisor, by pv-guest and by the guest tests.  struct hc_NAME lays the arguments
 * of a call out as the registers hold them, eight bytes each, so the saved registers can be looked
 * at as the structure, and the structure be loaded into registers.
 */
#ifndef BONSAI_ABI_H
#define BONSAI_ABI_H

#include <stdint.h>
#include <stddef.h>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00	/* latest in the 4.17 headers */
#endif

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__			/* domctl.h and sysctl.h want it */
#endif

#include <xen/xen.h>
#include <xen/version.h>
#include <xen/features.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/callback.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/nmi.h>
#include <xen/elfnote.h>

#define VAL(ctype, name)		union { ctype name; uint64_t name##_reg; };
#define IN(ctype, name)			union { const ctype *name; uint64_t name##_reg; };
#define OUT(ctype, name)		union { ctype *name; uint64_t name##_reg; };
#define INOUT(ctype, name)		union { ctype *name; uint64_t name##_reg; };
#define IN_VEC(ctype, name, n)		union { const ctype *name; uint64_t name##_reg; };
#define INOUT_VEC(ctype, name, n)	union { ctype *name; uint64_t name##_reg; };
#define BUF(name)			union { void *name; uint64_t name##_reg; };
#define HYPERCALL(nr, name, who, args)	struct hc_##name { args };
#define HYPERCALL_ABSENT(nr, name, why)
#include "hypercalls.def"
#undef HYPERCALL
#undef HYPERCALL_ABSENT
#undef VAL
#undef IN
#undef OUT
#undef INOUT
#undef IN_VEC
#undef INOUT_VEC
#undef BUF

/* HC_mmu_update and so on: the numbers, also of calls that are not implemented. */
enum hypercall_number {
#define HYPERCALL(nr, name, who, args)	HC_##name = (nr),
#define HYPERCALL_ABSENT(nr, name, why)	HC_##name = (nr),
#include "hypercalls.def"
#undef HYPERCALL
#undef HYPERCALL_ABSENT
	HC_COUNT = 64
};

#endif
