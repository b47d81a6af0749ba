/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BLOCKD_RING_H
#define BLOCKD_RING_H

/*
 * The back end's side of a xen-blkif ring: requests out of it, answers into it.  No I/O and no hypercalls here,
 * so that it is tested on the host.
 *
 * The ring is the guest's memory: what is read of it is copied once, and then checked.  Answers are given in the
 * order of the requests.  So everything below rsp_prod is done, and nothing above is: that one number, which is
 * in the ring, tells a new process where the old one was killed.  What lay between is in the ring no more, for
 * an answer takes a request's place before rsp_prod tells of it; therefore requests are copied into a record that
 * outlives the process.
 */

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#define BLOCK_DEPTH    64U	/* requests of one ring that are worked on at a time */
#define BLOCK_SEGMENTS 32U	/* of a request; what Linux' front end uses at most */
#define BLOCK_ORDER    3U	/* a ring has at most so many pages, as a power of two */
#define BLOCK_PAGES    (1U << BLOCK_ORDER)
#define BLOCK_SECTOR   512U

/* Where a ring is: whose record it is. */
struct block_place {
	uint32_t pages, port;
	grant_ref_t refs[BLOCK_PAGES];
};

struct block_record {
	struct block_place place;
	uint32_t taken;		/* requests below this index are copied */
	struct blkif_request requests[BLOCK_DEPTH];
};

/* What a disk allows. */
struct block_limits {
	uint64_t sectors;
	bool read_only, discard;
};

struct block_ring {
	blkif_sring_t *shared;
	struct block_record *record;
	const struct block_limits *limits;
	uint32_t size;		/* entries; a power of two */
	uint32_t next;		/* index of the next request to give out: below record->taken when taken up again */
	uint32_t answered;	/* as rsp_prod; the guest may write that one */
	bool done[BLOCK_DEPTH];
	int16_t status[BLOCK_DEPTH];
};

struct block_request {
	uint32_t index;
	int16_t status;		/* not BLKIF_RSP_OKAY: to be answered with it at once */
	uint8_t op;		/* BLKIF_OP_READ, _WRITE, _FLUSH_DISKCACHE or _DISCARD */
	bool indirect;		/* segments are still in the frame of @table: block_segments() */
	grant_ref_t table;
	uint16_t count;
	uint64_t sector, sectors;
	struct blkif_request_segment segments[BLOCK_SEGMENTS];
};

/**
 * block_ring_attach - begin with a ring
 * @again: the record is of an earlier process; else it is made new, for this place
 *
 * Return: 0; -ESTALE if the record is not of this ring; -EPROTO if the guest's numbers cannot be.
 */
int block_ring_attach(struct block_ring *ring, blkif_sring_t *shared, const struct block_place *place,
		      struct block_record *record, const struct block_limits *limits, bool again);

/**
 * block_ring_take - the next request, copied and checked
 *
 * Return: 1; 0 if there is none, or BLOCK_DEPTH are being worked on; -EPROTO if the ring is broken.
 */
int block_ring_take(struct block_ring *ring, struct block_request *r);

/** block_segments - check the segments of an indirect request; @from: a copy of its frame */
void block_segments(const struct block_ring *ring, struct block_request *r, const struct blkif_request_segment *from);

/** block_ring_answer - a request is done; block_ring_publish() tells the guest */
void block_ring_answer(struct block_ring *ring, uint32_t index, int16_t status);

/** block_ring_publish - show what is answered without a gap; whether the guest wants an event for it */
bool block_ring_publish(struct block_ring *ring);

/** block_ring_rearm - ask for an event at the next request; true if there is one already */
bool block_ring_rearm(struct block_ring *ring);

/** block_ring_full - whether BLOCK_DEPTH requests are being worked on */
bool block_ring_full(const struct block_ring *ring);

#endif
