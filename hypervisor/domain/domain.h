/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vCPUs.
 */
#ifndef HV_DOMAIN_DOMAIN_H
#define HV_DOMAIN_DOMAIN_H

#include "abi/abi.h"
#include "control/control.h"
#include "event/evtchn.h"
#include "grant/grant.h"
#include "hypercall/vcpu-state.h"
#include "lib/lock.h"
#include "lib/types.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "sched/sched.h"

/* In this order, all that cpu/entry.S touches lies in the first page: the large tables end pv. */
struct vcpu {
	u32 id;
	bool initialised;		/* context was set (builder, VCPUOP_initialise) */
	struct domain *domain;
	struct vcpu_mm mm;
	struct vcpu_hypercall hc;	/* progress of the call it is in */
	struct vcpu_evtchn evtchn;
	struct vcpu_sched sched;
	struct vcpu_pv pv;
	struct cpu_user_regs regs;	/* while not running; else guest_regs() of its CPU */
};

struct domain {
	domid_t id;
	bool privileged;		/* dom0 */
	bool dying;			/* domain_kill() has begun.  Set under lock, grant, evtchn.lock, mm.lock and mm.pages_lock */
	bool shutting_down, shut_down;	/* has ended itself; shut_down once all vCPUs were told */
	u8 kill_step;			/* where a preempted domain_kill() goes on */
	u32 shutdown_code;		/* SHUTDOWN_* */
	u32 controller_pauses;		/* under the control lock */
	u32 ssidref;			/* kept for who asks */
	u64 vm_assist;			/* bits VMASST_TYPE_* */
	u8 handle[16];
	struct spinlock lock;		/* LOCK_DOMAIN */
	u32 max_vcpus;
	struct vcpu *vcpu[MAX_VCPUS];	/* NULL from max_vcpus on */
	struct shared_info *shared;	/* hypervisor page, frame_share()d */
	struct domain_mm mm;
	struct domain_evtchn evtchn;
	struct domain_sched sched;
	struct domain_pv pv;
	struct grant_table *grant;
	struct domain_console *console;	/* unfinished line: hypercall/console-io.c */
	struct domain_control control;
	volatile u32 refs;
	struct domain *next;		/* in the list of domains, by LOCK_DOMLIST */
};

extern struct domain *dom0;

#define for_each_vcpu(d, v) \
	for (u32 _i = 0; _i < (d)->max_vcpus; _i++) if (((v) = (d)->vcpu[_i]) == NULL) {} else

static inline bool vcpu_assist(const struct vcpu *v, unsigned int type)
{
	return v->domain->vm_assist & BIT(type);
}

struct domain_config {
	domid_t id;
	bool privileged;
	u8 handle[16];
	u32 max_vcpus, ssidref;
	u32 max_evtchn_port;		/* the highest it may have; at least the two-level ABI's are reserved for it */
	s32 max_grant_frames, max_maptrack_frames;	/* negative: the default */
	u8 max_grant_version;
};

/* Paused, without memory and vCPUs, in the list.  NULL and *rc: -EEXIST, -EINVAL, -ENOMEM. */
struct domain *domain_create(const struct domain_config *cfg, int *rc);
domid_t domain_free_id(void);			/* not used since longest; DOMID_INVALID: none */
struct vcpu *vcpu_create(struct domain *d, u32 id);
/*
 * DOMCTL_destroydomain: stop it and take everything from it.  0, also when that is done already; -ERESTART:
 * call again.  Frames that others still map keep the empty domain, dying, until they unmap them.
 * Locks: the control lock held; others one by one.
 */
int domain_kill(struct domain *d);
void domains_reap(void);			/* SOFTIRQ_REAP: free those that nobody refers to */

/*
 * domid as hypercall arguments name it: DOMID_SELF or a number.  Takes a reference.  NULL: none such; those
 * of I/O and the hypervisor are not for all to name (mmu_party_get()).
 */
struct domain *domain_get(domid_t id);
struct domain *domain_get_next(domid_t from);	/* the lowest number from `from` on, referenced */
void domain_put(struct domain *d);
bool domain_may_control(const struct domain *who, const struct domain *target);	/* self or privileged */

/* Ends the domain for a reason of ours; prints "dNvM crashed: reason" with registers and stack. Returns. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);
/* SCHEDOP_shutdown: pauses all vCPUs; for dom0 ends the machine accordingly. */
void domain_shutdown(struct domain *d, u32 reason);
/* d has shut down: return when its other vCPUs have really stopped, and what they did shows. */
void domain_wait_stopped(struct domain *d);
void vcpu_send_nmi(struct vcpu *v);
/* d->vm_assist has changed, or tracing begun or ended (pv/assist.c). */
void domain_assists_changed(struct domain *d);
void machine_end(void);
void domains_init(void);			/* after heap_init: dom_io, dom_xen */
/* Locks: takes LOCK_DOMLIST around all calls of fn. */
void domains_each(void (*fn)(struct domain *d));
void domains_visit(void (*fn)(struct domain *d));	/* the same, each domain referenced in place of the lock */
void domain_pause(struct domain *d);		/* returns when no vCPU of d runs, but for current */
void domain_unpause(struct domain *d);
int domain_pause_by_controller(struct domain *d);	/* 0, -EINVAL */
int domain_unpause_by_controller(struct domain *d);	/* 0; -EINVAL when it is not paused so */
void domain_resume(struct domain *d);		/* after its SHUTDOWN_suspend was of no consequence */
void vcpu_free(struct vcpu *v);

/* The initial domain from boot modules (domain/build.c).  Prints "cannot start: ..." and stops on bad input. */
struct domain *dom0_build(const void *kernel, size_t kernel_size, const char *cmdline,
			  maddr_t initrd, size_t initrd_size);

/*
 * Set a vCPU's registers from the ABI's context (VCPUOP_initialise, setvcpucontext), and its tables, if it has
 * none yet.
 */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);

void domains_dump(void);		/* console key 'q' */

#endif
