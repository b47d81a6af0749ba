/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which port has which address: a table of fixed size, so that who invents addresses costs no memory,
 * with a bound for each port, so that it cannot push out those of others.
 */
#include "drivers/back/bridge.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/port.h"

#define ADDRESSES 1024 /* a power of two */
#define PROBES	  8 /* places an address may have */
#define PORT_MAX  128 /* addresses of one port */
#define AGE	  (300 * SEC)

struct address {
	u8 mac[6];
	struct bridge_port *port; /* NULL: free */
	u64 seen;
};

struct bridge {
	char name[32];
	struct spinlock lock; /* guards all below */
	struct bridge_port *ports[BRIDGE_PORTS_MAX];
	unsigned int port_count;
	struct address addresses[ADDRESSES];
	struct bridge *next;
};

static struct spinlock bridges_lock; /* guards the list */
static struct bridge *bridges; /* they only come */

struct bridge *bridge_named(const char *name)
{
	bool irqs = spin_lock(&bridges_lock);
	struct bridge *b;

	for (b = bridges; b && strcmp(b->name, name); b = b->next)
		;
	if (!b) {
		b = heap_alloc(sizeof(*b));
		memset(b, 0, sizeof(*b));
		format(b->name, sizeof(b->name), "%s", name);
		b->next = bridges;
		bridges = b;
	}
	spin_unlock(&bridges_lock, irqs);
	return b;
}

int bridge_join(struct bridge *b, struct bridge_port *port)
{
	bool irqs = spin_lock(&b->lock), room = b->port_count < BRIDGE_PORTS_MAX;

	port->bridge = b;
	port->users = 0;
	port->learnt = 0;
	if (room)
		b->ports[b->port_count++] = port;
	spin_unlock(&b->lock, irqs);
	return room ? 0 : -ENOSPC;
}

void bridge_leave(struct bridge_port *port)
{
	struct bridge *b = port->bridge;
	bool irqs = spin_lock(&b->lock);
	unsigned int i;

	for (i = 0; b->ports[i] != port; i++)
		;
	b->ports[i] = b->ports[--b->port_count];
	for (i = 0; i < ADDRESSES; i++)
		if (b->addresses[i].port == port)
			b->addresses[i].port = NULL;
	spin_unlock(&b->lock, irqs);
	while (__atomic_load_n(&port->users, __ATOMIC_ACQUIRE))
		thread_sleep(MSEC / 10);
}

/* --- addresses; the lock is held -------------------------------------------------------------------- */

static unsigned int hash(const u8 *mac)
{
	u32 h = (mac[2] << 24 | mac[3] << 16 | mac[4] << 8 | mac[5]) ^ (mac[0] << 8 | mac[1]);

	return h * 0x9e3779b1 >> 22;
}

static struct address *lookup(struct bridge *b, const u8 *mac)
{
	unsigned int at = hash(mac), i;

	for (i = 0; i < PROBES; i++) {
		struct address *a = &b->addresses[(at + i) % ADDRESSES];

		if (a->port && !memcmp(a->mac, mac, 6))
			return a;
	}
	return NULL;
}

/* A place that is free, or too old. */
static struct address *place(struct bridge *b, const u8 *mac, u64 now)
{
	unsigned int at = hash(mac), i;

	for (i = 0; i < PROBES; i++) {
		struct address *a = &b->addresses[(at + i) % ADDRESSES];

		if (a->port && now - a->seen > AGE) {
			a->port->learnt--;
			a->port = NULL;
		}
		if (!a->port)
			return a;
	}
	return NULL;
}

/* An address moves with the one who uses it; an unknown one is not learnt where there is no room. */
static void learn(struct bridge *b, struct bridge_port *from, const u8 *mac, u64 now)
{
	struct address *a = lookup(b, mac);

	if (mac[0] & 1)
		return;
	if (a && a->port != from) {
		if (from->learnt == PORT_MAX)
			return;
		a->port->learnt--;
		from->learnt++;
	} else if (!a) {
		a = from->learnt < PORT_MAX ? place(b, mac, now) : NULL;
		if (!a)
			return;
		memcpy(a->mac, mac, 6);
		from->learnt++;
	}
	a->port = from;
	a->seen = now;
}

/* --- frames ------------------------------------------------------------------------------------------ */

static void hold(struct bridge_port *port)
{
	__atomic_add_fetch(&port->users, 1, __ATOMIC_ACQUIRE);
}

static void release(struct bridge_port *port)
{
	__atomic_sub_fetch(&port->users, 1, __ATOMIC_RELEASE);
}

/* All ports, held: nothing may be copied with the lock taken.  Return: how many */
static unsigned int hold_all(struct bridge *b, struct bridge_port **ports)
{
	bool irqs = spin_lock(&b->lock);
	unsigned int i, n = b->port_count;

	for (i = 0; i < n; i++) {
		ports[i] = b->ports[i];
		hold(ports[i]);
	}
	spin_unlock(&b->lock, irqs);
	return n;
}

static void flood(struct bridge_port *from, const struct net_frame *frame, unsigned int hint)
{
	struct bridge_port *ports[BRIDGE_PORTS_MAX];
	unsigned int n = hold_all(from->bridge, ports);
	bool group = frame->data[0] & 1;

	while (n--) {
		if (ports[n] != from && (!group || ports[n]->wants(ports[n], frame->data)))
			ports[n]->send(ports[n], frame, hint);
		release(ports[n]);
	}
}

void bridge_input(struct bridge_port *from, const struct net_frame *frame, unsigned int hint)
{
	struct bridge *b = from->bridge;
	struct bridge_port *to = NULL;
	struct address *a;
	bool irqs = spin_lock(&b->lock);

	learn(b, from, frame->data + 6, port_time_ns());
	a = frame->data[0] & 1 ? NULL : lookup(b, frame->data);
	if (a) {
		to = a->port;
		hold(to);
	}
	spin_unlock(&b->lock, irqs);
	if (!a) {
		flood(from, frame, hint);
		return;
	}
	if (to != from)
		to->send(to, frame, hint);
	release(to);
}

/* One that left since has nothing of ours any more. */
void bridge_flush(struct bridge_port *from, unsigned int hint)
{
	struct bridge_port *ports[BRIDGE_PORTS_MAX];
	unsigned int n = hold_all(from->bridge, ports);

	while (n--) {
		ports[n]->flush(ports[n], hint);
		release(ports[n]);
	}
}
