/* SPDX-License-Identifier: GPL-2.0-only */
#include "drivers/event.h"
#include "drivers/store-ring.h"
#include "kernel/errno.h"
#include "kernel/pages.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;

int store_ring_init(void (*fn)(void *arg))
{
	if (!start_info->store_mfn || !start_info->store_evtchn)
		return -ENODEV;
	ring = pfn_to_va(M2P[start_info->store_mfn]);
	port = start_info->store_evtchn;
	evtchn_open(port, 0, fn, NULL);
	return 0;
}

/* A full ring means a store with much to do: no need to hurry. */
int store_ring_write(const void *from, u32 n)
{
	const u8 *p = from;

	while (n) {
		u32 prod = ring->req_prod,
		    used = prod - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE);
		u32 at = MASK_XENSTORE_IDX(prod), now = MIN(n, XENSTORE_RING_SIZE - at);

		if (used > XENSTORE_RING_SIZE)
			return -EIO;
		now = MIN(now, XENSTORE_RING_SIZE - used);
		if (!now) {
			thread_sleep(MSEC);
			continue;
		}
		memcpy(ring->req + at, p, now);
		__atomic_store_n(&ring->req_prod, prod + now, __ATOMIC_RELEASE);
		evtchn_send(port);
		p += now;
		n -= now;
	}
	return 0;
}

int store_ring_read(void *to, u32 n, void (*wait)(void))
{
	u8 *p = to;

	while (n) {
		u32 cons = ring->rsp_cons,
		    ready = __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) - cons;
		u32 at = MASK_XENSTORE_IDX(cons), now = MIN(n, XENSTORE_RING_SIZE - at);

		if (ready > XENSTORE_RING_SIZE)
			return -EIO;
		now = MIN(now, ready);
		if (!now) {
			wait();
			continue;
		}
		memcpy(p, ring->rsp + at, now);
		__atomic_store_n(&ring->rsp_cons, cons + now, __ATOMIC_RELEASE);
		evtchn_send(port);
		p += now;
		n -= now;
	}
	return 0;
}
