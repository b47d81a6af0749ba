/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared rings with an untrusted other end.  The public header gives the layout; here is how indices
 * are read (once, and their distance checked) and entries are taken (copied once, then checked).
 */
#ifndef DRIVERS_RING_H
#define DRIVERS_RING_H

#include "kernel/string.h"
#include "kernel/types.h"

#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() barrier()
#define xen_wmb() barrier()
#include <xen/io/ring.h>

#define RING_BROKEN (-1) /* the other end's index is impossible */

/*
 * ring_responses - front end: how many wait, or RING_BROKEN
 * More than we have asked for cannot be.
 */
#define ring_responses(r)                                                                          \
	({                                                                                         \
		u32 wait__ =                                                                       \
			__atomic_load_n(&(r)->sring->rsp_prod, __ATOMIC_ACQUIRE) - (r)->rsp_cons;  \
		wait__ > (r)->req_prod_pvt - (r)->rsp_cons ? RING_BROKEN : (int)wait__;            \
	})

/*
 * ring_requests - back end: how many wait, or RING_BROKEN
 * The ring holds what is not answered and what waits.
 */
#define ring_requests(r)                                                                           \
	({                                                                                         \
		u32 wait__ =                                                                       \
			__atomic_load_n(&(r)->sring->req_prod, __ATOMIC_ACQUIRE) - (r)->req_cons;  \
		wait__ > (r)->nr_ents - ((r)->req_cons - (r)->rsp_prod_pvt) ? RING_BROKEN          \
									    : (int)wait__;         \
	})

/* Take the next one: a copy the other end cannot change any more. */
#define ring_take_response(r, to)                                                                  \
	do {                                                                                       \
		RING_COPY_RESPONSE(r, (r)->rsp_cons, to);                                          \
		(r)->rsp_cons++;                                                                   \
	} while (0)
#define ring_take_request(r, to)                                                                   \
	do {                                                                                       \
		RING_COPY_REQUEST(r, (r)->req_cons, to);                                           \
		(r)->req_cons++;                                                                   \
	} while (0)

/* Put the next one into the ring, not shown yet; RING_PUSH_..._AND_CHECK_NOTIFY() shows all. */
#define ring_put_request(r, from)                                                                  \
	do {                                                                                       \
		*RING_GET_REQUEST(r, (r)->req_prod_pvt) = *(from);                                 \
		(r)->req_prod_pvt++;                                                               \
	} while (0)
#define ring_put_response(r, from)                                                                 \
	do {                                                                                       \
		*RING_GET_RESPONSE(r, (r)->rsp_prod_pvt) = *(from);                                \
		(r)->rsp_prod_pvt++;                                                               \
	} while (0)

/*
 * ring_sleep_responses, ring_sleep_requests - ask for an event with the next one
 * Return: as ring_responses(), looked at after asking: 0 means an event will come
 */
#define ring_sleep_responses(r)                                                                    \
	({                                                                                         \
		WRITE_ONCE((r)->sring->rsp_event, (r)->rsp_cons + 1);                              \
		xen_mb();                                                                          \
		ring_responses(r);                                                                 \
	})
#define ring_sleep_requests(r)                                                                     \
	({                                                                                         \
		WRITE_ONCE((r)->sring->req_event, (r)->req_cons + 1);                              \
		xen_mb();                                                                          \
		ring_requests(r);                                                                  \
	})

#endif
