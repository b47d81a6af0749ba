/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the block front end: blkfront.c speaks with the other end through the store,
 * blkfront-io.c through the rings.
 *
 * The other end sees pages of ours only that hold nothing else and that stay granted for good:
 * data is copied from and to them.  So it need not be trusted to let go of a page in time, no grant
 * is given or taken back per request, and a back end that can keeps its mappings ("persistent").
 */
#ifndef DRIVERS_BLKFRONT_H
#define DRIVERS_BLKFRONT_H

#include "drivers/grant.h"
#include "drivers/ring.h"
#include "drivers/xenbus.h"
#include "kernel/block.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"

#include <xen/io/blkif.h>

#define RING_ORDER_MAX 2
#define RING_PAGES_MAX (1 << RING_ORDER_MAX)
#define SEGMENTS_MAX   64 /* of one request */
#define POOL_MAX       1024 /* pages of one queue */

/* A page the other end may use. */
struct bounce {
	struct bounce *next;
	u8 *page;
	grant_ref_t ref;
};

/* What we know of a request in the ring, whatever the other end does to it there. */
struct shadow {
	struct block_request *req; /* NULL: not in use */
	u8 op;
	u16 next_free;
	struct bounce *pages; /* in the order of the data */
	struct bounce *indirect;
};

struct queue {
	struct disk *disk;
	unsigned int cpu;
	struct spinlock lock; /* guards all below */
	bool up;
	blkif_front_ring_t ring;
	u8 *ring_pages;
	unsigned int ring_order;
	grant_ref_t ring_refs[RING_PAGES_MAX];
	evtchn_port_t port;
	struct shadow *shadows; /* one for each entry of the ring */
	u16 free_shadow;
	unsigned int in_flight;
	struct bounce *pool; /* not in use, the last used first */
	unsigned int pool_pages; /* in use or not */
	unsigned int waiting; /* threads in submit() */
	struct sem room;
};

struct disk {
	struct block_device block;
	struct xenbus_device *dev; /* NULL: detached */
	struct queue queues[MAX_CPUS];
	unsigned int queue_count;
	int flush_op; /* BLKIF_OP_..., or -1: no way to flush */
	unsigned int segments; /* of one request; more than the direct ones: indirect */
	bool closing; /* new requests wait, the back end goes */
	int dead; /* a negative error: no request is taken any more */
	struct spinlock lock; /* guards backlog; taken under a queue's */
	struct block_request *backlog, **backlog_end; /* were in flight when the back end went */
	struct xs_work broken; /* tell the store why */
	char why[96];
	struct disk *next;
};

/* blkfront-io.c */
int queue_submit(struct block_device *block, struct block_request *req);
void queue_event(void *arg);
int queue_open(struct queue *q, struct xenbus_device *dev, unsigned int order);
void queue_close(struct queue *q);
void queue_start(struct queue *q);
void disk_wake(struct disk *disk);
void disk_fail_backlog(struct disk *disk, int rc);

#endif
