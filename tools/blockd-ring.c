// SPDX-License-Identifier: GPL-2.0-only
/* The back end's side of a xen-blkif ring. */

#include "blockd-ring.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* An id is at one place in all forms of a request: xen/io/blkif.h. */
static_assert(offsetof(struct blkif_request, id) == 8 && offsetof(struct blkif_request_discard, id) == 8 &&
	      offsetof(struct blkif_request_indirect, id) == 8, "id");
static_assert(sizeof(struct blkif_request) == 112 && sizeof(struct blkif_response) == 16, "x86-64's ring");
static_assert(BLOCK_SEGMENTS * sizeof(struct blkif_request_segment) <= 4096, "one frame holds all segments");

int block_ring_attach(struct block_ring *ring, blkif_sring_t *shared, const struct block_place *place,
		      struct block_record *record, const struct block_limits *limits, bool again)
{
	uint32_t answered = __atomic_load_n(&shared->rsp_prod, __ATOMIC_ACQUIRE);

	memset(ring, 0, sizeof(*ring));
	ring->size = __RING_SIZE(shared, place->pages * 4096);
	if (again && memcmp(&record->place, place, sizeof(*place)))
		return -ESTALE;
	if (again && (record->taken - answered > BLOCK_DEPTH || record->taken - answered > ring->size))
		return -EPROTO;
	if (!again) {
		record->place = *place;
		record->taken = answered;
	}
	ring->shared = shared;
	ring->record = record;
	ring->limits = limits;
	ring->next = ring->answered = answered;
	return 0;
}

static bool within(const struct block_limits *l, uint64_t sector, uint64_t sectors)
{
	return sectors && sector < l->sectors && sectors <= l->sectors - sector;
}

/* Segments are in place; what do they ask for? */
static void check_segments(const struct block_ring *ring, struct block_request *r)
{
	r->sectors = 0;
	for (unsigned int i = 0; i < r->count; i++) {
		const struct blkif_request_segment *s = &r->segments[i];

		if (s->first_sect > s->last_sect || s->last_sect >= 4096 / BLOCK_SECTOR) {
			r->status = BLKIF_RSP_ERROR;
			return;
		}
		r->sectors += s->last_sect - s->first_sect + 1;
	}
	if (!r->count && r->op == BLKIF_OP_FLUSH_DISKCACHE)
		return;
	if ((r->op != BLKIF_OP_READ && ring->limits->read_only) || !within(ring->limits, r->sector, r->sectors))
		r->status = BLKIF_RSP_ERROR;
}

void block_segments(const struct block_ring *ring, struct block_request *r, const struct blkif_request_segment *from)
{
	memcpy(r->segments, from, r->count * sizeof(*from));
	r->indirect = false;
	check_segments(ring, r);
}

static void parse_direct(const struct block_ring *ring, const struct blkif_request *from, struct block_request *r)
{
	r->count = from->nr_segments;
	r->sector = from->sector_number;
	if (r->count > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		r->status = BLKIF_RSP_ERROR;
	else
		block_segments(ring, r, from->seg);
}

static void parse_discard(const struct block_ring *ring, const struct blkif_request *from, struct block_request *r)
{
	const struct blkif_request_discard *d = (const void *)from;

	r->sector = d->sector_number;
	r->sectors = d->nr_sectors;
	if (!ring->limits->discard)
		r->status = BLKIF_RSP_EOPNOTSUPP;
	else if (ring->limits->read_only || !within(ring->limits, r->sector, r->sectors))
		r->status = BLKIF_RSP_ERROR;
}

static void parse_indirect(const struct blkif_request *from, struct block_request *r)
{
	const struct blkif_request_indirect *i = (const void *)from;

	r->op = i->indirect_op;
	r->count = i->nr_segments;
	r->sector = i->sector_number;
	r->table = i->indirect_grefs[0];
	r->indirect = true;
	if ((r->op != BLKIF_OP_READ && r->op != BLKIF_OP_WRITE) || !r->count || r->count > BLOCK_SEGMENTS)
		r->status = BLKIF_RSP_ERROR;
}

/* @from is our own copy. */
static void parse(const struct block_ring *ring, const struct blkif_request *from, struct block_request *r)
{
	r->status = BLKIF_RSP_OKAY;
	r->op = from->operation;
	r->indirect = false;
	r->count = 0;
	switch (from->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
	case BLKIF_OP_FLUSH_DISKCACHE:
		parse_direct(ring, from, r);
		break;
	case BLKIF_OP_DISCARD:
		parse_discard(ring, from, r);
		break;
	case BLKIF_OP_INDIRECT:
		parse_indirect(from, r);
		break;
	default:
		r->status = BLKIF_RSP_EOPNOTSUPP;
	}
}

bool block_ring_full(const struct block_ring *ring)
{
	return ring->next - ring->answered >= BLOCK_DEPTH;
}

int block_ring_take(struct block_ring *ring, struct block_request *r)
{
	struct block_record *record = ring->record;
	struct blkif_request *copy = &record->requests[ring->next % BLOCK_DEPTH];
	uint32_t end = __atomic_load_n(&ring->shared->req_prod, __ATOMIC_ACQUIRE);

	/* No more than the ring holds can be waiting for an answer, and none is taken back. */
	if (end - ring->answered > ring->size || end - ring->answered < record->taken - ring->answered)
		return -EPROTO;
	if (ring->next == record->taken) {
		if (ring->next == end || block_ring_full(ring))
			return 0;
		memcpy(copy, &ring->shared->ring[ring->next & (ring->size - 1)].req, sizeof(*copy));
		/* From here on the record counts, and the ring is not looked at again. */
		__atomic_store_n(&record->taken, ring->next + 1, __ATOMIC_SEQ_CST);
	}
	r->index = ring->next++;
	parse(ring, copy, r);
	return 1;
}

void block_ring_answer(struct block_ring *ring, uint32_t index, int16_t status)
{
	ring->done[index % BLOCK_DEPTH] = true;
	ring->status[index % BLOCK_DEPTH] = status;
}

/* Front ends want to hear of what is done, not of how it was asked for. */
static uint8_t operation_of(const struct blkif_request *r)
{
	return r->operation == BLKIF_OP_INDIRECT ? ((const struct blkif_request_indirect *)r)->indirect_op : r->operation;
}

bool block_ring_publish(struct block_ring *ring)
{
	uint32_t old = ring->answered, now = old;

	for (; ring->done[now % BLOCK_DEPTH]; now++) {
		unsigned int slot = now % BLOCK_DEPTH;
		const struct blkif_request *request = &ring->record->requests[slot];
		blkif_response_t answer;

		memset(&answer, 0, sizeof(answer));	/* its gaps, too: they would tell of our stack */
		answer.id = request->id;
		answer.operation = operation_of(request);
		answer.status = ring->status[slot];
		memcpy(&ring->shared->ring[now & (ring->size - 1)].rsp, &answer, sizeof(answer));
		ring->done[slot] = false;
	}
	if (now == old)
		return false;
	ring->answered = now;
	__atomic_store_n(&ring->shared->rsp_prod, now, __ATOMIC_SEQ_CST);
	return now - __atomic_load_n(&ring->shared->rsp_event, __ATOMIC_SEQ_CST) < now - old;
}

bool block_ring_rearm(struct block_ring *ring)
{
	__atomic_store_n(&ring->shared->req_event, ring->next + 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&ring->shared->req_prod, __ATOMIC_SEQ_CST) != ring->next;
}
