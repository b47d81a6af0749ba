/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile front end of disks.
 */
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/hostile/hostile.h"

#include <xen/io/blkif.h>

#define PATIENCE (3 * SEC)
#define ID	 0x1122334455667788UL
#define NO_GRANT 0xfffff0

union request {
	blkif_request_t plain;
	blkif_request_indirect_t indirect;
	blkif_request_discard_t discard;
};

struct disk_wire {
	struct wire w;
	blkif_sring_t *ring;
	grant_ref_t ring_ref, readonly, revoked, others;
	long port;
	u32 produced;
};

/* A request that would be fine, for the cases to spoil. */
static void good(struct disk_wire *d, union request *r, u8 op)
{
	*r = (union request){ .plain = { .operation = op, .nr_segments = 1, .id = ID } };
	r->plain.seg[0] = (struct blkif_request_segment){ d->w.ref, 0, 7 };
}

static void indirect(struct disk_wire *d, union request *r, u16 segments)
{
	*r = (union request){ .indirect = { .operation = BLKIF_OP_INDIRECT,
					    .indirect_op = BLKIF_OP_READ,
					    .nr_segments = segments,
					    .id = ID,
					    .indirect_grefs = { d->w.ref } } };
}

static void discard(union request *r, u64 sector, u64 count, u8 flag)
{
	*r = (union request){ .discard = { .operation = BLKIF_OP_DISCARD,
					   .flag = flag,
					   .id = ID,
					   .sector_number = sector,
					   .nr_sectors = count } };
}

#define CASES(CASE)                                                                                        \
	CASE("a good read", 0, good(d, r, BLKIF_OP_READ))                                                  \
	CASE("an unknown operation", -2, good(d, r, 77))                                                   \
	CASE("a reserved operation", -2, good(d, r, BLKIF_OP_RESERVED_1))                                  \
	CASE("12 segments", -1, good(d, r, BLKIF_OP_READ); r->plain.nr_segments = 12)                      \
	CASE("255 segments", -1, good(d, r, BLKIF_OP_WRITE); r->plain.nr_segments = 255)                   \
	CASE("no segment", -1, good(d, r, BLKIF_OP_WRITE); r->plain.nr_segments = 0)                       \
	CASE("first behind last", -1, good(d, r, BLKIF_OP_READ); r->plain.seg[0].first_sect = 7;           \
	     r->plain.seg[0].last_sect = 6)                                                                \
	CASE("a sector outside of the page", -1, good(d, r, BLKIF_OP_READ); r->plain.seg[0].last_sect = 8) \
	CASE("last sector 255", -1, good(d, r, BLKIF_OP_WRITE); r->plain.seg[0].last_sect = 255)           \
	CASE("sector behind the end", -1, good(d, r, BLKIF_OP_READ); r->plain.sector_number = 1UL << 40)   \
	CASE("a sum beyond 64 bits", -1, good(d, r, BLKIF_OP_READ); r->plain.sector_number = ~0UL - 3)     \
	CASE("no such grant, written", -1, good(d, r, BLKIF_OP_WRITE); r->plain.seg[0].gref = NO_GRANT)    \
	CASE("no such grant, read", -1, good(d, r, BLKIF_OP_READ); r->plain.seg[0].gref = ~0U)             \
	CASE("a read-only grant", -1, good(d, r, BLKIF_OP_READ); r->plain.seg[0].gref = d->readonly)       \
	CASE("a grant taken back", -1, good(d, r, BLKIF_OP_WRITE); r->plain.seg[0].gref = d->revoked)      \
	CASE("somebody else's grant", -1, good(d, r, BLKIF_OP_WRITE); r->plain.seg[0].gref = d->others)    \
	CASE("indirect without segments", -1, indirect(d, r, 0))                                           \
	CASE("indirect with too many", -1, indirect(d, r, 4096))                                           \
	CASE("indirect with 65535", -1, indirect(d, r, 65535))                                             \
	CASE("indirect to flush", -1, indirect(d, r, 1); r->indirect.indirect_op = BLKIF_OP_FLUSH_DISKCACHE) \
	CASE("indirect in indirect", -1, indirect(d, r, 1); r->indirect.indirect_op = BLKIF_OP_INDIRECT)   \
	CASE("indirect, list not granted", -1, indirect(d, r, 1); r->indirect.indirect_grefs[0] = NO_GRANT) \
	CASE("indirect, list of no grants", -1, indirect(d, r, 32))                                        \
	CASE("discard behind the end", -1, discard(r, 1UL << 40, 8, 0))                                    \
	CASE("discard beyond 64 bits", -1, discard(r, 8, ~0UL - 3, 0))                                     \
	CASE("a secure discard", -2, discard(r, 0, 8, BLKIF_DISCARD_SECURE))                               \
	CASE("flush with bad data", -1, good(d, r, BLKIF_OP_FLUSH_DISKCACHE); r->plain.seg[0].gref = NO_GRANT) \
	CASE("barrier with 99 segments", -1, good(d, r, BLKIF_OP_WRITE_BARRIER); r->plain.nr_segments = 99) \
	CASE("a good write after all", 0, good(d, r, BLKIF_OP_WRITE))

static void request_of(struct disk_wire *d, union request *r, unsigned int i)
{
	unsigned int n = 0;

	CASES(CASE_RUN)
}

static const struct hostile_case cases[] = { CASES(CASE_ROW) };

/* Show the requests up to an index, whatever there is. */
static void produce(struct disk_wire *d, u32 index)
{
	xen_mb();
	WRITE_ONCE(d->ring->req_prod, index);
	xen_mb();
	evtchn_send(d->port);
}

static bool answered(struct disk_wire *d, u32 index)
{
	u64 end = port_time_ns() + PATIENCE;

	while (READ_ONCE(d->ring->rsp_prod) != index && port_time_ns() < end)
		thread_sleep(MSEC);
	return READ_ONCE(d->ring->rsp_prod) == index;
}

static void one_case(struct disk_wire *d, unsigned int i)
{
	union request r = { 0 };
	blkif_response_t *rsp = &d->ring->ring[d->produced % 32].rsp;
	char got[64] = "no answer";
	bool came;

	request_of(d, &r, i);
	d->ring->ring[d->produced % 32].req = r.plain;
	produce(d, ++d->produced);
	came = answered(d, d->produced);
	if (came)
		format(got, sizeof(got), "answer %d%s", rsp->status, rsp->id == ID ? "" : " to another request");
	judge("disk", cases[i].name, came && rsp->status == cases[i].want && rsp->id == ID, got);
}

/* A ring, up to the state Initialised; what is said of it is the caller's. */
static bool disk_open(struct disk_wire *d, unsigned int n)
{
	*d = (struct disk_wire){ .port = 0 };
	if (!wire_open(&d->w, "vbd", n) || !wire_reaches(&d->w, XenbusStateInitWait)) {
		judge("disk", "a device to break", false, "is missing");
		return false;
	}
	d->ring = page_alloc_zeroed();
	SHARED_RING_INIT(d->ring);
	d->ring_ref = grant_page(d->w.peer, d->ring, false);
	d->readonly = grant_page(d->w.peer, d->w.page, true);
	d->others = grant_page(d->w.peer == 0 ? 1 : 0, d->w.page, false);
	d->revoked = grant_page(d->w.peer, d->w.page, false);
	grant_end(d->revoked);
	d->port = wire_port(&d->w);
	wire_write(&d->w, "ring-ref", d->ring_ref);
	wire_write(&d->w, "event-channel", d->port);
	return true;
}

static bool disk_connect(struct disk_wire *d)
{
	wire_write(&d->w, "state", XenbusStateInitialised);
	return wire_reaches(&d->w, XenbusStateConnected);
}

static void expect_close(struct disk_wire *d, const char *name)
{
	bool closed = wire_closes(&d->w);

	judge("disk", name, closed, closed ? "closed" : "not closed");
}

/* One device for each: none of these can be used again. */
static void index_case(unsigned int n, const char *name, u32 first, u32 index)
{
	struct disk_wire d;

	if (!disk_open(&d, n))
		return;
	disk_connect(&d);
	if (first) {
		good(&d, (union request *)&d.ring->ring[0].req, BLKIF_OP_READ);
		good(&d, (union request *)&d.ring->ring[1].req, BLKIF_OP_READ);
		produce(&d, first);
		answered(&d, first);
	}
	produce(&d, index);
	expect_close(&d, name);
}

static void key_case(unsigned int n, const char *name, const char *key, u64 value)
{
	struct disk_wire d;

	if (!disk_open(&d, n))
		return;
	wire_write(&d.w, key, value);
	disk_connect(&d);
	expect_close(&d, name);
}

static void states_case(unsigned int n)
{
	static const u8 states[] = { 4, 3, 6, 1, 7, 3, 5, 8, 3, 1, 0, 99, 6, 4, 1 };
	struct disk_wire d;
	unsigned int i, round;
	bool connected;

	if (!disk_open(&d, n))
		return;
	for (round = 0; round < 5; round++)
		for (i = 0; i < sizeof(states); i++) {
			wire_write(&d.w, "state", states[i]);
			if (round)
				thread_sleep(round * MSEC);
		}
	for (i = 0; i < 5000 && wire_state(&d.w) != XenbusStateInitWait; i++)
		thread_sleep(MSEC);
	connected = disk_connect(&d);
	judge("disk", "states in any order, then the right ones", connected,
	      xenbus_state_name(wire_state(&d.w)));
}

/**
 * hostile_disk - all a front end can do wrong
 */
void hostile_disk(void)
{
	struct disk_wire d;
	unsigned int i;

	if (!wire_open(&d.w, "vbd", 0))
		return;
	if (disk_open(&d, 0) && disk_connect(&d))
		for (i = 0; i < ARRAY_SIZE(cases); i++)
			one_case(&d, i);
	index_case(1, "an index far ahead", 0, 1000);
	index_case(2, "an index going back", 2, 1);
	index_case(3, "an index one too far", 0, 33);
	key_case(4, "a ring too big", "ring-page-order", 9);
	key_case(5, "a ring not granted", "ring-ref", NO_GRANT);
	key_case(6, "a port not offered", "event-channel", 777);
	key_case(7, "too many queues", "multi-queue-num-queues", 99);
	states_case(8);
}
