/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: ports of a domain, bound to a virq, an IPI, a pirq, or a port of a domain.
 * ABI: event_channel.h.
 *
 * Two sides, so that an interrupt handler can raise an event whatever locks are held:
 *
 *  - binding (evtchn.c, evtchn-op.c) changes ports under d->evtchn.lock, both ends of an
 *    interdomain channel under both locks.  A port that is bound to another domain's keeps a plain
 *    pointer to it: a dying domain closes its ports first, so the far end lives as the binding does;
 *  - raising (pending.c, fifo.c, virq.c) never takes that lock.  It reads the port's state, vCPU
 *    and priority as they are; groups of ports are freed with the domain only.  Two-level events are
 *    atomic bits; the FIFO queues have an irq-safe lock of their own, below all that raisers hold.
 *    A raise that races with a close may at worst give a spurious event to the port's next user.
 *
 * Raisers hold no lock of LOCK_EVTQ or further down.
 */
#ifndef HV_EVENT_EVTCHN_H
#define HV_EVENT_EVTCHN_H

#include "lib/lock.h"
#include "lib/types.h"
#include "mm/frame.h"
#include "abi/abi.h"

struct vcpu;
struct domain;
struct evtchn_fifo;
struct evtchn_fifo_vcpu;

#define EVTCHN_GROUP		64	/* ports allocated together */
#define EVTCHN_RESERVED		6	/* state of port 0; others are EVTCHNSTAT_* */

struct evtchn {
	u8 state;
	u8 priority;			/* FIFO: the queue it goes to */
	u16 vcpu;			/* whom to notify */
	/* Guarded by queue_lock, FIFO only: */
	u8 last_priority;		/* the queue it was last put in */
	bool pending;			/* raised while its event word did not exist */
	u16 last_vcpu;
	/* Guarded by lock; who sends within the domain reads it as it is: */
	union {
		domid_t unbound_for;	/* who may bind */
		struct {
			struct domain *dom;
			u32 port;
		} remote;
		u32 virq;
		u32 pirq;
	};
};

struct domain_evtchn {
	struct spinlock lock;			/* LOCK_EVTCHN */
	struct evtchn **group;			/* groups of ports, allocated as needed, in order */
	u32 nr_ports;				/* 4096 two-level, 131072 FIFO */
	u32 limit;				/* ports this domain may have ... */
	u32 nr_groups;				/* ... and what that makes in groups */
	u32 first_free;				/* no port below is free */
	u32 reset_next;				/* where a preempted reset goes on; 0: none */
	u32 destroy_next;			/* and the domain's end */
	u32 *pirq_port;				/* by pirq; NULL: the domain has none.  virq.c */

	struct spinlock queue_lock;		/* LOCK_EVTQ, irq-safe: the FIFO queues */
	struct evtchn_fifo *fifo;		/* NULL: two-level.  Changed under both locks */
};

struct vcpu_evtchn {
	struct vcpu_info *info;			/* hypervisor mapping of the vcpu_info in use */
	struct frame *info_frame;		/* referenced if the guest registered it, or NULL */
	u32 virq_port[NR_VIRQS];		/* 0: not bound.  Written under the domain's lock */
	struct evtchn_fifo_vcpu *fifo;		/* control block and queue tails; queue_lock */
	struct vcpu_info none;			/* for those beyond shared_info's, until they register a place */
};

int evtchn_domain_init(struct domain *d, u32 max_port);
/*
 * A domain dies: close all ports, give back its frames; -ERESTART when preempted.  d->dying is set, all
 * vCPUs and timers have stopped, and it can still be found by its number: partners that close meanwhile look
 * for it.
 */
int evtchn_domain_destroy(struct domain *d);
/* Nobody refers to d any more: free the table. */
void evtchn_domain_free(struct domain *d);
void evtchn_vcpu_init(struct vcpu *v);
void evtchn_vcpu_detach(struct vcpu *v);	/* shared_info goes; v never runs again */

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
/* True when port is within d's table, open or not: for poll, which refuses others. */
#define evtchn_port_valid(d, port)	(evtchn_at(d, port) != NULL)
/* Mark v's upcall pending and wake or kick it.  (event/pending.c) */
void vcpu_mark_events_pending(struct vcpu *v);

/* VCPUOP_register_vcpu_info and boot: start using another vcpu_info. */
int vcpu_info_map(struct vcpu *v, mfn_t mfn, u32 offset);
void vcpu_info_unmap(struct vcpu *v);
/* False for a vCPU beyond those of shared_info that has not registered a place: it may not run. */
bool vcpu_info_present(const struct vcpu *v);

/* True when an upcall should be delivered now: pending and not masked. */
static inline bool event_pending(const struct vcpu_evtchn *e)
{
	return READ_ONCE(e->info->evtchn_upcall_pending) && !READ_ONCE(e->info->evtchn_upcall_mask);
}

/* ---- physical interrupts (virq.c) ------------------------------------------------------------ */

/* The range of pirqs a domain may be given. */
#define NR_PIRQS	1024

/* Let d bind pirq; take that back (-EBUSY while it is bound).  For map_pirq and unmap_pirq. */
int pirq_allow(struct domain *d, u32 pirq);
int pirq_forbid(struct domain *d, u32 pirq);
/* Told of each binding before it is made (may refuse) and after it ended.  NULL: nobody to tell. */
extern int (*pirq_bind_hook)(struct domain *d, u32 pirq, bool bind, bool share);

/* ---- within the room ------------------------------------------------------------------------- */

/* NULL beyond the table.  A group is complete before its pointer shows, so readers need no lock. */
static inline struct evtchn *evtchn_in(const struct domain_evtchn *e, u32 port)
{
	struct evtchn *group = NULL;

	if (port / EVTCHN_GROUP < e->nr_groups)
		group = __atomic_load_n(&e->group[port / EVTCHN_GROUP], __ATOMIC_ACQUIRE);
	return group ? &group[port % EVTCHN_GROUP] : NULL;
}
#define evtchn_at(d, port)	evtchn_in(&(d)->evtchn, port)
static inline bool evtchn_is_open(const struct evtchn *ch)
{
	u8 state = READ_ONCE(ch->state);

	return state != EVTCHNSTAT_closed && state != EVTCHN_RESERVED;
}

/*
 * The lowest free port, made ready for `state` by evtchn_open(); -ENOSPC, -ENOMEM, -EINVAL.  Under
 * lock.
 */
int evtchn_find_free(struct domain *d);
void evtchn_open(struct domain *d, u32 port, u8 state, u32 vcpu);
/* Takes the locks needed.  0, -EINVAL. */
int evtchn_close(struct domain *d, u32 port);
/* All ports from *next on; -ERESTART when preempted, *next is where to go on. */
int evtchn_close_from(struct domain *d, u32 *next);
int evtchn_send(struct domain *d, u32 port);

bool virq_is_global(u32 virq);
int pirq_bind(struct domain *d, u32 pirq, u32 port, bool share);
void pirq_unbind(struct domain *d, u32 pirq);

void evtchn_clear_pending(struct domain *d, u32 port);
/* Clear the mask and deliver what is pending. */
void evtchn_unmask(struct domain *d, u32 port);
/* Mask bits and event words belong to the guest: what they say now, for dumps. */
bool evtchn_is_masked(struct domain *d, u32 port);

/* True when it was not pending before. */
bool fifo_set_pending(struct domain *d, struct evtchn *ch, u32 port);
void fifo_unmask(struct domain *d, struct evtchn *ch, u32 port);
/* One bit of a port's event word; false when there is none. */
bool fifo_test(struct domain *d, u32 port, unsigned int bit);
void fifo_clear_pending(struct domain *d, struct evtchn *ch, u32 port);
/* For these three the caller holds d->evtchn.lock. */
int fifo_init_control(struct domain *d, struct vcpu *v, mfn_t mfn, u32 offset);
int fifo_expand_array(struct domain *d, mfn_t mfn);
void fifo_destroy(struct domain *d);

/* ---- others ---------------------------------------------------------------------------------- */

/*
 * For the auditor: every frame the event room holds for d, each one general and one writable
 * reference.
 */
void evtchn_for_each_ref(struct domain *d, void (*fn)(void *arg, struct frame *f), void *arg);

void evtchn_dump(struct domain *d);		/* console key 'e' */

#endif
