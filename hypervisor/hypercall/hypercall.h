/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls: prototypes of all handlers, made from the one list, and how a handler restarts or fails.
 *
 * A handler gets its arguments as struct hc_NAME (abi/abi.h); a sub-op's handler its structure,
 * already copied in, which is copied out after it returns 0 or more, if the row says so.
 */
#ifndef HV_HYPERCALL_HYPERCALL_H
#define HV_HYPERCALL_HYPERCALL_H

#include "abi/abi.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/types.h"

/* Handlers share one signature; few need all of it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define HYPERCALL(nr, name, who, args)	long do_##name(struct vcpu *v, const struct hc_##name *a);
#define HYPERCALL_ABSENT(nr, name, why)
#include "abi/hypercalls.def"
#undef HYPERCALL
#undef HYPERCALL_ABSENT

/*
 * do_FAMILY_NAME(v, op).  For vcpu_op the target comes along; for memory_op the extent to start from,
 * so that a restart goes on there; for SELF the guest pointer.
 */
struct subop_call {
	struct vcpu *v;			/* the caller */
	u64 extra;			/* vcpu: vcpuid; memory: start extent; assist: type; console: count; domctl: domain */
	guest_va_t arg;			/* the guest's pointer */
	void *op;			/* the structure, if the caller has copied it in; else NULL */
};
#define SUBOP(family, nr, name, who, kind)	long do_##family##_##name(struct subop_call *c, void *op);
#define SUBOP_ABSENT(family, nr, name, error)
#include "abi/subops.def"
#undef SUBOP
#undef SUBOP_ABSENT

/* Families of subops.def. */
enum subop_family {
	FAM_evtchn, FAM_sched, FAM_vcpu, FAM_memory, FAM_version, FAM_callback, FAM_physdev, FAM_gnttab,
	FAM_mmuext, FAM_assist, FAM_console, FAM_platform, FAM_domctl, FAM_sysctl, FAM_COUNT
};

/* Look the row up (unknown: -ENOSYS), check who, copy in, call, copy out, count, trace. VEC: one element at c->arg. */
long subop_call(enum subop_family fam, u32 nr, struct subop_call *c);

/* For long calls: true when the vCPU should go out and look at events or softirqs. */
#ifdef HOST_TEST
bool hypercall_preempt(void);		/* tests/unit/fake */
#else
static inline bool hypercall_preempt(void) { return softirq_pending() || event_pending(&current->evtchn); }
#endif
/* Change argument n (0-5) of the running call, then return -ERESTART: it is made again with it. */
static inline void hypercall_set_arg(struct vcpu *v, unsigned int n, u64 value) { v->hc.args[n] = value; }

/* Say why a call fails: to the trace ring and, at loglvl debug, the console.  Returns rc. */
#ifdef DEBUG
long hc_fail(long rc, const char *fmt, ...) __printf(2, 3);
#else
#define hc_fail(rc, ...) ((long)(rc))
#endif

#define HYPERCALL_LONG	1UL		/* in the table of short calls, dispatch.c: not one */
static inline void hypercall_count(u32 nr) { cpu_info()->calls[nr]++; }
void hypercall_counters_dump(void);	/* console key 'c' */

#endif
