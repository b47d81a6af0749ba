/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mmu_update and mmuext_op have in common: batches of requests with a count of those done.
 */
#ifndef HV_MM_MMU_H
#define HV_MM_MMU_H

#include "domain/domain.h"

/* In the count of a call that is made again: go on counting what is done. */
#define MMU_UPDATE_PREEMPTED	0x80000000u

struct mmu_batch {
	u32 count;		/* requests to do in this run */
	u32 done;		/* before this run */
	guest_va_t done_va;	/* 0: nobody wants to know */
};

/* 0, or -EFAULT when the requests, of `size` bytes each, do not lie in guest addresses. */
int mmu_batch_begin(struct mmu_batch *b, u32 count, guest_va_t done, guest_va_t reqs, size_t size);
/* Tell the guest that i more are done, and for -ERESTART where to go on.  Returns rc. */
long mmu_batch_end(struct vcpu *v, const struct mmu_batch *b, u32 i, guest_va_t next, long rc);

/* The domain that `foreign` names, for mmu_party_put(); NULL: none, or the caller's own number. */
struct domain *mmu_party_get(struct vcpu *v, u32 domid);
void mmu_party_put(struct vcpu *v, struct domain *d);

/* A guest's mask of its vCPUs as a mask of the CPUs they run on now.  0, -EFAULT. */
int mmu_vcpu_mask(struct vcpu *v, guest_va_t va, u64 *cpus);

/*
 * From cpu/entry.S: the one request of a call of v's about itself, not traced.  OWN_NOT: nothing is
 * done, the long way does it or says why not; OWN_LEFT: tables are left to be torn down, which a call without requests does.
 */
enum { OWN_DONE, OWN_NOT, OWN_LEFT };
unsigned long mmu_update_own(guest_va_t req, struct vcpu *v);
unsigned long mmu_update_unusual(struct domain *d, guest_va_t req);	/* what that does not do by itself; d->mm.lock held, left free */
unsigned long mmuext_own(guest_va_t req, struct vcpu *v);

#endif
