/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the block back end: blkback.c speaks with the other end through the store,
 * blkback-io.c through the rings, blkback-copy.c moves the data.
 *
 * The other end is another domain, and nothing it writes is believed: each request is copied out of
 * the ring once and checked as a copy; its data goes through pages of ours, so that what is written to
 * the disk is what was there at one moment.  What is kept for it is bounded by the numbers below.
 */
#ifndef BACK_BLKBACK_H
#define BACK_BLKBACK_H

#include "drivers/grant.h"
#include "drivers/ring.h"
#include "drivers/xenbus.h"
#include "kernel/block.h"
#include "kernel/thread.h"

#include <xen/io/blkif.h>

#define BACK_QUEUES_MAX	    4
#define BACK_ORDER_MAX	    2 /* pages of a ring: 2^2 */
#define BACK_SEGMENTS_MAX   32 /* pages of a request: 128 KiB */
#define BACK_DEPTH	    32 /* requests of a queue at work; the others wait in the ring */
#define BACK_PERSISTENT_MAX 256 /* pages of the other end that stay mapped, per queue */
#define BACK_COMPLAINTS_MAX 8 /* printed of one device */

#define PERSISTENT_LISTS 64

/* A page of the other end that stays mapped: it said it will use the same ones again. */
struct persistent {
	grant_ref_t ref;
	struct grant_map map;
	struct persistent *next;
};

/* A request at work. */
struct io {
	struct block_request req; /* first: done() finds the io by it */
	struct blkq *q;
	struct io *next; /* idle, or done */
	u64 id;
	u8 op; /* part of the answer: the ring's, of an indirect request what it is about */
	u8 *data; /* 2^order pages */
	unsigned int order, segment_count;
	struct blkif_request_segment segments[BACK_SEGMENTS_MAX];
};

struct blkq {
	struct vbd *vbd;
	unsigned int cpu;
	blkif_back_ring_t ring;
	struct grant_map pages; /* the ring's */
	evtchn_port_t port;
	struct sem wake; /* the queue's thread: an event, a request done, or the end */
	bool stop;

	struct spinlock lock; /* guards done */
	struct io *done;

	/* Of the thread only: */
	struct io ios[BACK_DEPTH], *idle;
	unsigned int in_flight;
	u8 *descriptors; /* a page, for those of indirect requests */
	gnttab_copy_t ops[2 * BACK_SEGMENTS_MAX];
	struct persistent *persistent[PERSISTENT_LISTS];
	unsigned int persistent_count;
};

struct vbd {
	struct xenbus_device *dev; /* NULL: removed; of the store's thread only */
	domid_t peer;
	char name[XENBUS_PATH];
	struct block_device *block;
	bool read_only, can_persist, told_to_close; /* by the tools */
	unsigned int segments_max;
	struct blkq *queues[BACK_QUEUES_MAX];
	unsigned int queue_count, running; /* threads, counted down by themselves */
	bool stopping;
	unsigned int complaints;
	bool told; /* that it is connected: once is enough for the log */
	struct xs_work broken, ended;
	char why[96];
};

/* blkback-io.c */
void blkq_thread(void *arg);
void blkq_event(void *arg);
void vbd_complain(struct vbd *vbd, const char *what, u64 number);

/* blkback-copy.c; Return: 0 or -EACCES */
int data_copy(struct io *io, bool in);
int descriptors_copy(struct blkq *q, grant_ref_t ref, unsigned int bytes);
void persistent_drop(struct blkq *q);

#endif
