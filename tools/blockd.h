/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BLOCKD_H
#define BLOCKD_H

#include "bonsai.h"
#include "blockd-ring.h"

#include <sys/uio.h>

#include <liburing.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

/* The parts of bonsai-blockd. */

#define QUEUES	   4U				/* rings a disk has at most */
#define KEPT_SLOTS 4096U			/* of a ring's table of persistent grants; a power of two */
#define KEPT_MOST  (BLOCK_DEPTH * BLOCK_SEGMENTS)
#define JOB_BYTES  (BLOCK_SEGMENTS * PAGE_BYTES)

/* A request that is worked on. */
struct job {
	struct job *next;		/* in blockd.waiting */
	struct queue *queue;
	struct block_request request;
	bool copied;			/* by way of its part of the queue's buffer; else in the guest's own frames */
	bool flushed;
	struct iovec parts[BLOCK_SEGMENTS];
	unsigned int part, part_count;	/* the first that is not done yet */
};

struct kept {
	grant_ref_t ref;
	void *frame;			/* NULL: the slot is free */
};

/* One ring of a disk. */
struct queue {
	struct vdisk *disk;
	struct block_ring ring;
	struct block_record *record;
	char record_path[128];
	blkif_sring_t *shared;
	uint32_t pages;
	xenevtchn_port_or_error_t port;	/* -1: none */
	bool ready;			/* there may be requests */
	bool answered;			/* there are answers to publish */
	unsigned int flying;		/* jobs that are not done */
	uint8_t *buffer;		/* JOB_BYTES for each job; touched only where grants are not persistent */
	struct job jobs[BLOCK_DEPTH];
	unsigned int kept_count;
	struct kept kept[KEPT_SLOTS];
};

/* A disk of a guest. */
struct vdisk {
	struct vdisk *next;
	struct blockd *blockd;
	uint32_t domain, number;
	char *front;			/* its front end's folder in the store */
	bool gone;			/* the tools have taken it away */
	bool dead;			/* its domain is */
	bool closing;			/* jobs are waited for */
	bool failed;			/* it was told why; until the front end begins anew */
	unsigned int locked;		/* times its target was found locked */
	uint64_t retry;			/* ms, by the monotonic clock: when to look again */
	int fd;				/* of the target, -1: not open */
	bool is_block, cdrom, persistent;
	unsigned int grain;		/* bytes, of discarding */
	int error;			/* the last that was told of a request */
	struct block_limits limits;
	unsigned int queue_count;
	struct queue *queues[QUEUES];
};

struct blockd {
	struct ctl *ctl;
	struct xs_handle *store;
	xenevtchn_handle *events;
	xengnttab_handle *grants;
	const char *folder;		/* of records */
	bool plain;			/* no io_uring */
	bool copies;			/* no persistent grants */
	struct io_uring uring;
	struct job *waiting, **waiting_end;
	struct vdisk *disks;
};

/** blockd_say - one line on standard error */
__attribute__((format(printf, 2, 3))) void blockd_say(const struct vdisk *d, const char *fmt, ...);

/* blockd-io.c: files and block devices */

/** io_open - begin with io_uring, or say that the kernel refuses it */
void io_open(struct blockd *b);

/**
 * io_target - open what the disk is on, and find out its size and what it can do
 *
 * Only one writer, or readers, may have it open.  The lock is held by what the kernel still does for a killed process,
 * too, so that no write of its comes after ours.
 *
 * Return: 0; -EAGAIN while it is locked; -ENOTBLK for what is neither; else what the kernel says.
 */
int io_target(struct vdisk *d, const char *path);

/** io_start - put a job in line */
void io_start(struct blockd *b, struct job *job);

/** io_run - give what is in line to the kernel and take what it has done: job_done() */
void io_run(struct blockd *b);

/* blockd-queue.c: rings and grants */

/** queue_open - map and bind a ring; @again: with the record of an earlier process.  0 or a negative errno */
int queue_open(struct vdisk *d, unsigned int n, const struct block_place *place, bool again);

/** queue_close - nothing of it is flying */
void queue_close(struct queue *q);

/** queue_take - requests from the ring to io_start(); -EPROTO if it is broken */
int queue_take(struct queue *q);

/** queue_publish - show the guest what has been done */
void queue_publish(struct queue *q);

/** job_done - the kernel has done a part of a job, @did bytes, or a negative errno */
void job_done(struct job *job, int did);

/* blockd-disk.c: disks and their states in the store */

/** disk_event - a watch fired, or with NULL: look at everything */
void disk_event(struct blockd *b, char **watch);

/** disk_tidy - after a first look: forget what an earlier process has left of disks that are no more */
void disk_tidy(struct blockd *b);

/** disk_ready - a port rang */
void disk_ready(struct blockd *b, xenevtchn_port_or_error_t port);

/** disks_run - serve what is ready; milliseconds after which there is more to do, -1: when something comes */
int disks_run(struct blockd *b);

#endif
