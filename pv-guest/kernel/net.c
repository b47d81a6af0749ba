/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of network devices.
 */
#include "kernel/net.h"
#include "kernel/lock.h"
#include "kernel/string.h"

static struct spinlock list_lock;
static struct net_device *list;
static void (*user)(struct net_device *dev);

void net_register(struct net_device *dev)
{
	void (*attached)(struct net_device *);
	struct net_device **p;
	bool irqs = spin_lock(&list_lock);

	for (p = &list; *p; p = &(*p)->next)
		;
	dev->next = NULL;
	*p = dev;
	attached = user;
	spin_unlock(&list_lock, irqs);
	if (attached)
		attached(dev);
}

/* Devices only come: the list up to any element stays as it is without the lock. */
void net_attach(void (*attached)(struct net_device *dev))
{
	struct net_device *dev;
	bool irqs = spin_lock(&list_lock);

	user = attached;
	dev = list;
	spin_unlock(&list_lock, irqs);
	for (; dev; dev = dev->next)
		attached(dev);
}

struct net_device *net_nth(unsigned int n)
{
	struct net_device *dev;

	for (dev = READ_ONCE(list); dev && n; dev = READ_ONCE(dev->next))
		n--;
	return dev;
}

struct net_device *net_find(const char *name)
{
	struct net_device *dev;

	for (dev = READ_ONCE(list); dev && strcmp(dev->name, name); dev = READ_ONCE(dev->next))
		;
	return dev;
}
