/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the network front end: netfront.c speaks with the other end through the store,
 * netfront-tx.c and netfront-rx.c through the rings.
 *
 * As with disks, the other end sees pages only that hold frames and nothing else, and they stay
 * granted: one page for each entry of a ring, frames are copied from and to them.
 */
#ifndef DRIVERS_NETFRONT_H
#define DRIVERS_NETFRONT_H

#include "drivers/grant.h"
#include "drivers/ring.h"
#include "drivers/xenbus.h"
#include "kernel/cpu.h"
#include "kernel/net.h"
#include "kernel/thread.h"

#include <xen/io/netif.h>

#define NET_QUEUES_MAX 4
#define NET_RING_SIZE  256 /* entries of a page, both ways */
#define NET_SLOTS_MAX  18 /* of one frame, without extra entries */

struct net_page {
	u8 *page;
	grant_ref_t ref;
};

struct net_queue {
	struct nic *nic;
	unsigned int cpu;
	struct spinlock lock; /* guards tx */
	bool up;
	evtchn_port_t tx_port, rx_port; /* the same one where the back end wants one */

	netif_tx_front_ring_t tx;
	struct net_page tx_ring, tx_pages[NET_RING_SIZE];
	u16 tx_free[NET_RING_SIZE]; /* ids not in the ring */
	unsigned int tx_free_count, tx_extras; /* extra entries not answered */
	bool tx_in_ring[NET_RING_SIZE];
	bool tx_full; /* somebody was told to come back */

	netif_rx_front_ring_t rx;
	struct net_page rx_ring, rx_pages[NET_RING_SIZE];
	u8 *rx_frame; /* one frame in one piece; of the queue's thread */
	struct sem wake; /* the thread */
	bool thread_runs, thread_stop;
	struct sem thread_done;
};

struct nic {
	struct net_device net;
	struct xenbus_device *dev; /* NULL: detached */
	struct net_queue *queues[NET_QUEUES_MAX];
	unsigned int queue_count;
	bool up, split;
	bool sg; /* the back end takes frames in several pieces */
	struct sem user; /* held while the user of the device is called */
	struct xs_work broken;
	char why[96];
	struct nic *next;
};

/* netfront-tx.c */
int net_send(struct net_device *net, const struct net_frame *frame);
int tx_open(struct net_queue *q);
bool tx_reclaim(struct net_queue *q);

/* netfront-rx.c: a thread for each queue */
int rx_open(struct net_queue *q);
void rx_thread(void *arg);

/* netfront.c */
void nic_broken(struct nic *nic, const char *what, u64 number);
int net_page_give(struct net_page *p, domid_t peer, bool readonly);
void net_page_take(struct net_page *p);

#endif
