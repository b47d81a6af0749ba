// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of the block back end: what it takes for a request, in which order it answers, where a new process goes
 * on, and that a hostile ring gets nothing but errors.
 */

#include "blockd-ring.h"
#include "tap.h"

#include <errno.h>
#include <stddef.h>

#define SECTORS 1000UL
#define ROUNDS	200000

static union {
	blkif_sring_t ring;
	uint8_t bytes[BLOCK_PAGES * 4096];
} shared;

static struct block_limits limits;
static struct block_place place;
static struct block_record record;
static struct block_ring ring;

static void begin(unsigned int pages)
{
	memset(&shared, 0, sizeof(shared));
	shared.ring.req_event = shared.ring.rsp_event = 1;
	limits = (struct block_limits){ .sectors = SECTORS, .discard = true };
	place = (struct block_place){ .pages = pages, .port = 7, .refs = { 8, 9 } };
	if (block_ring_attach(&ring, &shared.ring, &place, &record, &limits, false))
		bail_out("cannot attach to a fresh ring");
}

/* Another process: it has the record and the ring. */
static int again(void)
{
	memset(&ring, 0xaa, sizeof(ring));
	return block_ring_attach(&ring, &shared.ring, &place, &record, &limits, true);
}

static struct blkif_request transfer(uint8_t op, uint64_t id, uint64_t sector, unsigned int count)
{
	struct blkif_request r = { .operation = op, .nr_segments = count, .id = id, .sector_number = sector };

	for (unsigned int i = 0; i < count && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		r.seg[i] = (struct blkif_request_segment){ .gref = i, .last_sect = 7 };
	return r;
}

static struct blkif_request discard(uint64_t sector, uint64_t sectors)
{
	struct blkif_request_discard d = { .operation = BLKIF_OP_DISCARD, .sector_number = sector, .nr_sectors = sectors };
	struct blkif_request r = { 0 };

	memcpy(&r, &d, sizeof(d));
	return r;
}

static struct blkif_request indirect(uint8_t op, uint16_t count)
{
	struct blkif_request_indirect i = { .operation = BLKIF_OP_INDIRECT, .indirect_op = op, .nr_segments = count,
					    .indirect_grefs = { 42 } };
	struct blkif_request r = { 0 };

	memcpy(&r, &i, sizeof(i));
	return r;
}

/* The array is declared with one entry. */
static union blkif_sring_entry *entry(uint32_t index)
{
	return (union blkif_sring_entry *)(shared.bytes + offsetof(blkif_sring_t, ring)) + (index & (ring.size - 1));
}

static void send(const struct blkif_request *r)
{
	entry(shared.ring.req_prod++)->req = *r;
}

/* What becomes of one request: its status, as far as the ring knows; 1000 if it was not even taken. */
static int verdict(struct blkif_request r, struct block_request *taken)
{
	struct block_request mine;

	taken = taken ? taken : &mine;
	begin(1);
	send(&r);
	return block_ring_take(&ring, taken) == 1 ? taken->status : 1000;
}

static void test_requests(void)
{
	struct blkif_request bad = transfer(BLKIF_OP_READ, 1, 0, 2);
	struct block_request r;

	is_int(verdict(transfer(BLKIF_OP_READ, 1, 0, 11), &r), BLKIF_RSP_OKAY, "a read of eleven segments");
	ok(r.op == BLKIF_OP_READ && r.count == 11 && r.sectors == 88 && r.segments[10].gref == 10, "is taken as it is");
	is_int(verdict(transfer(BLKIF_OP_WRITE, 1, SECTORS - 8, 1), NULL), BLKIF_RSP_OKAY, "a write up to the end");
	is_int(verdict(transfer(BLKIF_OP_WRITE, 1, SECTORS - 7, 1), NULL), BLKIF_RSP_ERROR, "one beyond it");
	is_int(verdict(transfer(BLKIF_OP_READ, 1, UINT64_MAX - 3, 1), NULL), BLKIF_RSP_ERROR, "one that wraps around");
	is_int(verdict(transfer(BLKIF_OP_READ, 1, 0, 12), NULL), BLKIF_RSP_ERROR, "twelve segments");
	is_int(verdict(transfer(BLKIF_OP_READ, 1, 0, 0), NULL), BLKIF_RSP_ERROR, "none");
	is_int(verdict(transfer(BLKIF_OP_FLUSH_DISKCACHE, 1, 0, 0), NULL), BLKIF_RSP_OKAY, "a flush has none");
	is_int(verdict(transfer(BLKIF_OP_FLUSH_DISKCACHE, 1, 8, 1), NULL), BLKIF_RSP_OKAY, "or some");
	bad.seg[1].last_sect = 8;
	is_int(verdict(bad, NULL), BLKIF_RSP_ERROR, "a segment longer than a frame");
	bad.seg[1] = (struct blkif_request_segment){ .first_sect = 3, .last_sect = 2 };
	is_int(verdict(bad, NULL), BLKIF_RSP_ERROR, "one that ends before it begins");
	is_int(verdict(transfer(BLKIF_OP_WRITE_BARRIER, 1, 0, 1), NULL), BLKIF_RSP_EOPNOTSUPP, "a barrier: not offered");
	is_int(verdict(transfer(77, 1, 0, 1), NULL), BLKIF_RSP_EOPNOTSUPP, "an unknown operation");
	is_int(verdict(discard(0, SECTORS), &r), BLKIF_RSP_OKAY, "a discard of everything");
	ok(r.sectors == SECTORS && !r.count, "is taken as it is");
	is_int(verdict(discard(1, SECTORS), NULL), BLKIF_RSP_ERROR, "a discard beyond the end");
	is_int(verdict(discard(1, UINT64_MAX), NULL), BLKIF_RSP_ERROR, "one that wraps around");
	is_int(verdict(discard(1, 0), NULL), BLKIF_RSP_ERROR, "one of nothing");
}

static void test_indirect(void)
{
	struct blkif_request_segment segments[BLOCK_SEGMENTS];
	struct block_request r;

	for (unsigned int i = 0; i < BLOCK_SEGMENTS; i++)
		segments[i] = (struct blkif_request_segment){ .gref = i, .last_sect = 7 };
	is_int(verdict(indirect(BLKIF_OP_WRITE, BLOCK_SEGMENTS), &r), BLKIF_RSP_OKAY, "an indirect write");
	ok(r.indirect && r.table == 42 && r.op == BLKIF_OP_WRITE, "asks for its frame of segments");
	block_segments(&ring, &r, segments);
	ok(!r.status && !r.indirect && r.sectors == BLOCK_SEGMENTS * 8, "which are good");
	block_ring_answer(&ring, r.index, 0);
	block_ring_publish(&ring);
	is_int(entry(0)->rsp.operation, BLKIF_OP_WRITE, "and it is answered as a write");
	segments[31].last_sect = 9;
	block_segments(&ring, &r, segments);
	is_int(r.status, BLKIF_RSP_ERROR, "or are not");
	is_int(verdict(indirect(BLKIF_OP_READ, BLOCK_SEGMENTS + 1), NULL), BLKIF_RSP_ERROR, "more than was offered");
	is_int(verdict(indirect(BLKIF_OP_READ, 0), NULL), BLKIF_RSP_ERROR, "none");
	is_int(verdict(indirect(BLKIF_OP_INDIRECT, 1), NULL), BLKIF_RSP_ERROR, "an indirect indirect request");
	is_int(verdict(indirect(BLKIF_OP_DISCARD, 1), NULL), BLKIF_RSP_ERROR, "an indirect discard");
}

static void test_limits(void)
{
	struct block_request r;

	begin(1);
	limits = (struct block_limits){ .sectors = SECTORS, .read_only = true };
	for (int i = 0; i < 3; i++)
		send(&(struct blkif_request[]){ transfer(BLKIF_OP_READ, 1, 0, 1), transfer(BLKIF_OP_WRITE, 1, 0, 1),
						discard(0, 1) }[i]);
	ok(block_ring_take(&ring, &r) == 1 && !r.status, "a disk to be read is read");
	ok(block_ring_take(&ring, &r) == 1 && r.status == BLKIF_RSP_ERROR, "but not written");
	ok(block_ring_take(&ring, &r) == 1 && r.status == BLKIF_RSP_EOPNOTSUPP, "and nothing is discarded");
}

static void send_some(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		send(&(struct blkif_request[]){ transfer(BLKIF_OP_READ, 100 + shared.ring.req_prod, 0, 1) }[0]);
}

static unsigned int take_all(void)
{
	struct block_request r;
	unsigned int n = 0;

	while (block_ring_take(&ring, &r) == 1)
		n++;
	return n;
}

static uint64_t id_at(uint32_t index)
{
	return entry(index)->rsp.id;
}

static void test_order(void)
{
	begin(1);
	is_int(ring.size, 32, "a ring of one page has 32 entries");
	send_some(3);
	is_int(take_all(), 3, "three requests");
	block_ring_answer(&ring, 2, 0);
	ok(!block_ring_publish(&ring) && !shared.ring.rsp_prod, "the last one is done: nothing is to be seen");
	block_ring_answer(&ring, 0, BLKIF_RSP_ERROR);
	ok(block_ring_publish(&ring) && shared.ring.rsp_prod == 1, "the first: one answer, and an event");
	ok(id_at(0) == 100 && entry(0)->rsp.status == BLKIF_RSP_ERROR, "with its id and status");
	block_ring_answer(&ring, 1, 0);
	ok(!block_ring_publish(&ring) && shared.ring.rsp_prod == 3, "the second: the others, no event was asked for");
	ok(id_at(1) == 101 && id_at(2) == 102, "in their order");
	ok(!block_ring_rearm(&ring) && shared.ring.req_event == 4, "an event is asked for");
	send_some(1);
	ok(block_ring_rearm(&ring), "or is not needed");
	begin(8);
	is_int(ring.size, 256, "a ring of eight pages has 256 entries");
	send_some(256);
	ok(take_all() == BLOCK_DEPTH && block_ring_full(&ring), "no more than BLOCK_DEPTH are taken");
}

static void test_again(void)
{
	struct block_request r;

	begin(1);
	send_some(5);
	take_all();
	block_ring_answer(&ring, 0, 0);
	block_ring_answer(&ring, 1, 0);
	block_ring_answer(&ring, 2, 0);
	block_ring_publish(&ring);
	send_some(2);
	/* Killed before the number was written: two answers have taken the places of requests. */
	shared.ring.rsp_prod = 1;
	is_int(again(), 0, "a new process takes the ring up");
	ok(block_ring_take(&ring, &r) == 1 && r.index == 1 && !r.status && r.op == BLKIF_OP_READ && r.count == 1,
	   "with what was not answered, though it is in the ring no more");
	is_int(take_all(), 5, "and all that came later");
	for (unsigned int i = 1; i < 7; i++)
		block_ring_answer(&ring, i, 0);
	block_ring_publish(&ring);
	ok(shared.ring.rsp_prod == 7 && id_at(1) == 101 && id_at(6) == 106, "all are answered once");
	place.port++;
	is_int(again(), -ESTALE, "a record of another ring is refused");
	place.port--;
	shared.ring.rsp_prod = 100;
	is_int(again(), -EPROTO, "so is a number that cannot be");
}

static void test_broken(void)
{
	struct block_request r;

	begin(1);
	shared.ring.req_prod = 33;
	is_int(block_ring_take(&ring, &r), -EPROTO, "more requests than the ring holds");
	begin(1);
	send_some(4);
	take_all();
	shared.ring.req_prod = 2;
	is_int(block_ring_take(&ring, &r), -EPROTO, "requests taken back");
	begin(1);
	send_some(1);
	shared.ring.rsp_prod = 12345;
	is_int(take_all(), 1, "what the guest writes to rsp_prod is not looked at");
}

/* Requests come, are done in any order, and the process is killed at any point: each is answered once, in order. */
static void test_model(unsigned int pages)
{
	uint32_t flying[BLOCK_DEPTH], seen = 0, at;
	unsigned int count = 0, kills = 0;
	struct block_request r;
	bool good = true;

	begin(pages);
	for (int i = 0; i < ROUNDS && good; i++) {
		uint32_t before = ring.answered;

		if (rand() % 2 && shared.ring.req_prod - seen < ring.size)
			send_some(1);
		if (rand() % 2 && block_ring_take(&ring, &r) == 1) {
			good &= !r.status && count < BLOCK_DEPTH;
			flying[count++] = r.index;
		}
		if (rand() % 2 && count) {
			at = rand() % count;
			block_ring_answer(&ring, flying[at], 0);
			flying[at] = flying[--count];
		}
		block_ring_publish(&ring);
		if (rand() % 50 == 0) {
			if (ring.answered != before)
				shared.ring.rsp_prod = before + rand() % (ring.answered - before);
			good &= !again();
			count = 0;
			kills++;
		}
		for (; seen != shared.ring.rsp_prod; seen++)
			good &= id_at(seen) == 100 + seen;
	}
	ok(good && seen > ROUNDS / 20, "%u pages: %u requests, killed %u times: each was answered once", pages, seen, kills);
}

/* Every byte is the guest's, at any time. */
static void test_hostile(void)
{
	struct blkif_request_segment segments[BLOCK_SEGMENTS];
	unsigned int taken = 0, broken = 0, in_flight = 0;
	struct block_request r;
	bool good = true;
	int rc;

	begin(1);
	for (int i = 0; i < ROUNDS && good; i++) {
		for (int n = 0; n < 24; n++)
			shared.bytes[rand() % 4096] = rand();
		/* Mostly requests are there, and look like some. */
		if (rand() % 16)
			shared.ring.req_prod = ring.next + rand() % 8;
		entry(ring.next)->req.operation = rand() % 8;
		entry(ring.next)->req.nr_segments = rand() % 16;
		if (rand() % 2)
			entry(ring.next)->req.sector_number = rand() % (2 * SECTORS);
		for (int n = 0; n < 11 && rand() % 4; n++)
			entry(ring.next)->req.seg[n] = (struct blkif_request_segment){
				.first_sect = rand() % 4, .last_sect = 3 + rand() % 6 };
		rc = block_ring_take(&ring, &r);
		if (rc < 0) {
			broken++;
			begin(1);
			in_flight = 0;
			continue;
		}
		if (rc && !r.status && r.indirect) {
			for (size_t n = 0; n < sizeof(segments); n++)
				((uint8_t *)segments)[n] = n % 8 < 4 ? rand() : rand() % 9;
			block_segments(&ring, &r, segments);
		}
		in_flight += rc;
		good &= in_flight <= BLOCK_DEPTH && in_flight <= ring.size;
		if (rc && !r.status) {
			taken++;
			good &= r.op == BLKIF_OP_READ || r.op == BLKIF_OP_WRITE || r.op == BLKIF_OP_DISCARD ||
				r.op == BLKIF_OP_FLUSH_DISKCACHE;
			good &= r.count <= BLOCK_SEGMENTS && r.sectors <= SECTORS;
			good &= !r.sectors || r.sector + r.sectors <= SECTORS;
			good &= r.op == BLKIF_OP_DISCARD || r.sectors <= r.count * 8UL;
		}
		if (rc)
			block_ring_answer(&ring, r.index, r.status);
		if (rand() % 4 == 0) {
			block_ring_publish(&ring);
			in_flight = 0;
		}
		if (rand() % 100 == 0 && again())
			begin(1);
		in_flight = ring.next - ring.answered;
	}
	ok(good && taken > ROUNDS / 100 && broken, "a hostile ring: %u requests within the limits, broken %u times", taken,
	   broken);
}

int main(void)
{
	srand(1);
	test_requests();
	test_indirect();
	test_limits();
	test_order();
	test_again();
	test_broken();
	test_model(1);
	test_model(8);
	test_hostile();
	return done_testing();
}
