/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console (pv): the hypervisor's own for the initial domain; for others a ring in a page shared with
 * a console daemon in the initial domain, and an event when something was put there.
 */
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "port/port.h"
#include "port/pv/pv.h"

#include <xen/io/console.h>

static struct xencons_interface *ring;
static evtchn_port_t ring_port;

/**
 * console_find - use the ring where the domain has one
 */
void console_find(void)
{
	if (start_info->flags & SIF_INITDOMAIN || !start_info->console.domU.mfn)
		return;
	ring = (void *)(KERNEL_BASE + (M2P[start_info->console.domU.mfn] << PAGE_SHIFT));
	ring_port = start_info->console.domU.evtchn;
}

static void ring_write(const char *s, size_t n)
{
	struct evtchn_send kick = { .port = ring_port };
	XENCONS_RING_IDX prod = ring->out_prod;

	while (n) {
		if (prod - READ_ONCE(ring->out_cons) < sizeof(ring->out)) {
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *s++;
			n--;
			continue;
		}
		__atomic_store_n(&ring->out_prod, prod, __ATOMIC_RELEASE);
		HC(event_channel_op, .cmd = EVTCHNOP_send, .arg = &kick);
		HC(sched_op, .cmd = SCHEDOP_yield);
	}
	__atomic_store_n(&ring->out_prod, prod, __ATOMIC_RELEASE);
	HC(event_channel_op, .cmd = EVTCHNOP_send, .arg = &kick);
}

void port_console_write(const char *s, size_t n)
{
	if (ring)
		ring_write(s, n);
	else
		HC(console_io, .cmd = CONSOLEIO_write, .count = n, .buffer = (void *)s);
}

static bool ring_read(char *c)
{
	static struct spinlock lock;
	bool irqs = spin_lock(&lock), some;
	XENCONS_RING_IDX cons = ring->in_cons;

	some = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE) != cons;
	if (some) {
		*c = ring->in[MASK_XENCONS_IDX(cons, ring->in)];
		__atomic_store_n(&ring->in_cons, cons + 1, __ATOMIC_RELEASE);
		evtchn_send(ring_port); /* who filled the ring may go on */
	}
	spin_unlock(&lock, irqs);
	return some;
}

bool port_console_read(char *c)
{
	return ring ? ring_read(c)
		    : HC(console_io, .cmd = CONSOLEIO_read, .count = 1, .buffer = c) == 1;
}

static void on_event(void *arg)
{
	void (*fn)(void) = arg;

	fn();
}

bool port_console_listen(void (*fn)(void))
{
	evtchn_bind_virq_t virq = { .virq = VIRQ_CONSOLE };

	if (!ring && HC(event_channel_op, .cmd = EVTCHNOP_bind_virq, .arg = &virq))
		return false;
	evtchn_open(ring ? ring_port : virq.port, 0, on_event, (void *)fn);
	return true;
}
