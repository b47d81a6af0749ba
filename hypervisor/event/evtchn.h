/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: ports of a domain, bound to a virq, an IPI, a pirq, or a port of a domain.
 * ABI: event_channel.h.
 */
#ifndef HV_EVENT_EVTCHN_H
#define HV_EVENT_EVTCHN_H

#include "lib/lock.h"
#include "lib/types.h"
#include "abi/abi.h"

struct vcpu;
struct domain;
struct evtchn;
struct evtchn_fifo;

struct domain_evtchn {
	struct spinlock lock;			/* LOCK_EVTCHN */
	struct evtchn **group;			/* ports in groups, allocated as needed */
	u32 nr_ports;				/* 4096 two-level, up to 131072 FIFO */
	u32 limit;				/* ports this domain may have */
	struct evtchn_fifo *fifo;		/* NULL: two-level */
};

struct vcpu_evtchn {
	struct vcpu_info *info;			/* hypervisor mapping of the vcpu_info in use */
	struct frame *info_frame;		/* referenced when registered by the guest, else NULL */
	u16 virq_port[NR_VIRQS];		/* two-level: port + 1?  see evtchn.c; 0 = not bound */
	struct evtchn_fifo_vcpu *fifo;
	u32 poll_port;				/* port polled on; 0: several */
};

int evtchn_domain_init(struct domain *d);
void evtchn_domain_destroy(struct domain *d);
void evtchn_vcpu_init(struct vcpu *v);

/* Raise a virq (per-vCPU kinds) at v.  Safe from interrupt handlers.  Unbound: no effect. */
void virq_raise(struct vcpu *v, u32 virq);
/* Raise a global virq (CONSOLE, DOM_EXC, ...) at the domain that has bound it. */
void virq_raise_global(struct domain *d, u32 virq);
/* Raise a pirq's port.  Safe from interrupt handlers. */
void pirq_raise(struct domain *d, u32 pirq);

/* Set a port pending and notify its vCPU. */
void evtchn_set_pending(struct domain *d, u32 port);
/* True when port is pending (both ABIs): for poll. */
bool evtchn_is_pending(struct domain *d, u32 port);
/* Mark v's upcall pending and wake or kick it.  (event/pending.c) */
void vcpu_mark_events_pending(struct vcpu *v);

/* VCPUOP_register_vcpu_info and boot: start using another vcpu_info. */
int vcpu_info_map(struct vcpu *v, mfn_t mfn, u32 offset);
void vcpu_info_unmap(struct vcpu *v);

/* True when an upcall should be delivered now: pending and not masked. */
static inline bool event_pending(const struct vcpu_evtchn *e)
{
	return READ_ONCE(e->info->evtchn_upcall_pending) && !READ_ONCE(e->info->evtchn_upcall_mask);
}

void evtchn_dump(struct domain *d);		/* console key 'e' */

#endif
