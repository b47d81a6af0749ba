/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second domain, built by the initial one with the control calls, as a toolstack does it.
 *
 * It runs the very image of the test, taken from module 1 ("Boot: --initrd ./NAME.elf"), and so has the
 * same symbols at the same addresses: child_map(c, &x) is its x.  Where a test has test_main(), the
 * child has child_main(); returning from it is poweroff.  A child prints nothing: release builds of
 * Xen let it not.  Both sides talk by `mail`.
 */
#ifndef TESTS_GUEST_CHILD_H
#define TESTS_GUEST_CHILD_H

#include "guest.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

#define SECOND		1000000000UL
#define CHILD_PAGES_MAX	2048UL

struct child {
	domid_t id;
	u64 pages;
	u64 *mfns; /* by pfn */
	u64 shared_info; /* frame */
	u64 root; /* frame of its page tables' root */
};

/* What both sides write; a page of its own. */
struct mail {
	u64 word[64]; /* from the parent, before the start or meanwhile */
	u64 reply[448];
};

extern struct mail mail;

void child_main(void); /* the test defines it */

long domctl(u32 cmd, domid_t dom, struct xen_domctl *op); /* fills command, domain and version in */
long sysctl(u32 cmd, struct xen_sysctl *op);
long memory_op(u32 cmd, void *arg);

/* One step each, for tests that stop in between; all answer what the call answered. */
long child_create(struct child *c, u32 vcpus); /* a domain without memory */
long child_create_bare(struct child *c, u32 vcpus); /* and without these vCPUs, yet */
long child_vcpus(struct child *c, u32 vcpus);
long child_populate(struct child *c); /* memory for image, tables and `spare` more pages */
long child_load(struct child *c, const char *arguments);
long child_start_state(struct child *c); /* the first vCPU's */
extern u64 child_spare;

void child_make(struct child *c, u32 vcpus, const char *arguments); /* all of it, paused; bails out */
long child_unpause(struct child *c);
long child_pause(struct child *c);
long child_destroy(struct child *c);
/* After its destruction: whether it is not to be found any more, now or within some seconds. */
bool child_is_gone(struct child *c);
/* -ESRCH when it is gone; the call itself would tell of the next domain. */
long child_info(struct child *c, struct xen_domctl_getdomaininfo *info);
/* Wait until it has shut down: its reason, or -1 when time ran out. */
long child_wait(struct child *c, u64 ns);
/* Wait for a word in a page we share: true when *word (in the child's page) is at least `value`. */
void rest(u64 ns); /* let others run, this long */
bool child_wait_word(const u64 *word, u64 value, u64 ns);

/*
 * The child's page at the address of one of our symbols, mapped here, writable; or a frame of any
 * domain.  child_unmap() puts the page of ours back.
 */
void *child_map(struct child *c, const void *symbol);
void *foreign_map(domid_t dom, u64 mfn, u64 flags, long *rc);
long child_unmap(void *page);

u64 free_pages(void); /* of the machine: physinfo, with what waits for scrubbing */
/* The same, after waiting for `wanted` of them a second at most: what holds a domain itself may go later. */
u64 free_pages_again(u64 wanted);
/* A test point: they are as many again; on Xen but for some pages that its own small allocations keep. */
void check_free_pages(u64 wanted);
u64 free_pages_settled(void); /* when nothing has come back for a while */

#endif
