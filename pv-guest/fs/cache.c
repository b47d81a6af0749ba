/* SPDX-License-Identifier: GPL-2.0-only */
#include "fs/cache.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/string.h"

#define PIECE_ORDER 3 /* pages */
#define SPARE_PAGES 64 /* are left to others */

struct cache *cache_open(struct block_device *dev)
{
	struct cache *c = heap_alloc(sizeof(*c));

	memset(c, 0, sizeof(*c));
	c->dev = dev;
	c->unit = dev->sector_bytes > 1024 ? dev->sector_bytes : 1024;
	c->bytes = dev->sectors * BLOCK_SECTOR / c->unit * c->unit;
	return c;
}

void cache_close(struct cache *c)
{
	struct cache_piece *p = &c->pieces[0][0];
	unsigned int i;

	for (i = 0; i < CACHE_SETS * CACHE_WAYS; i++)
		if (p[i].data)
			pages_free(p[i].data, PIECE_ORDER);
	heap_free(c, sizeof(*c));
}

/* The bits of units first..end-1. */
static u32 units(unsigned int first, unsigned int end)
{
	return (u32)((1UL << end) - (1UL << first));
}

static unsigned int piece_units(const struct cache *c, const struct cache_piece *p)
{
	return MIN(c->bytes - p->number * CACHE_PIECE, (u64)CACHE_PIECE) / c->unit;
}

/* Where a run of equal bits that begins at unit i ends. */
static unsigned int run_end(u32 bits, unsigned int i, unsigned int end)
{
	u32 bit = bits >> i & 1;

	while (i < end && (bits >> i & 1) == bit)
		i++;
	return i;
}

/* Do one operation for each run of set bits; done ones are cleared in *bits. */
static int piece_runs(struct cache *c, struct cache_piece *p, u32 *bits, bool write)
{
	unsigned int i, next, end = piece_units(c, p);

	for (i = 0; i < end; i = next) {
		u64 sector = (p->number * CACHE_PIECE + i * c->unit) / BLOCK_SECTOR;
		u8 *data = p->data + i * c->unit;
		int rc = 0;

		next = run_end(*bits, i, end);
		if (!(*bits >> i & 1))
			continue;
		rc = write ? block_write(c->dev, sector, data, (next - i) * c->unit)
			   : block_read(c->dev, sector, data, (next - i) * c->unit);
		if (rc)
			return rc;
		*bits &= ~units(i, next);
	}
	return 0;
}

/* A whole piece is read when any of it is wanted: files and tables are mostly read on and on. */
static int piece_fill(struct cache *c, struct cache_piece *p)
{
	u32 all = units(0, piece_units(c, p)), missing = all & ~p->valid;
	int rc = piece_runs(c, p, &missing, false);

	p->valid = all & ~missing;
	return rc;
}

/* The piece not used for longest gives way, once it is written. */
static struct cache_piece *set_oldest(struct cache_piece *set)
{
	struct cache_piece *p = set;
	unsigned int i;

	for (i = 1; i < CACHE_WAYS; i++)
		if (set[i].data && (!p->data || set[i].used < p->used))
			p = &set[i];
	return p;
}

static struct cache_piece *set_unused(struct cache_piece *set)
{
	unsigned int i;

	for (i = 0; i < CACHE_WAYS; i++)
		if (!set[i].data)
			return &set[i];
	return NULL;
}

static int piece_get(struct cache *c, u64 number, struct cache_piece **found)
{
	struct cache_piece *set = c->pieces[number % CACHE_SETS], *p = set_unused(set);
	unsigned int i;
	int rc;

	for (i = 0; i < CACHE_WAYS; i++) {
		if (set[i].data && set[i].number == number) {
			*found = &set[i];
			return 0;
		}
	}
	if (p && pages_free_count() > SPARE_PAGES)
		p->data = pages_alloc(PIECE_ORDER);
	if (!p || !p->data)
		p = set_oldest(set);
	if (!p->data)
		return -ENOMEM;
	rc = p->dirty ? piece_runs(c, p, &p->dirty, true) : 0;
	if (rc)
		return rc;
	p->number = number;
	p->valid = p->dirty = 0;
	*found = p;
	return 0;
}

/* The part of an access that lies in one piece: from, n are bytes in it. */
static int piece_read(struct cache *c, struct cache_piece *p, u64 from, void *buf, u64 n)
{
	u32 wanted = units(from / c->unit, (from + n + c->unit - 1) / c->unit);
	int rc = 0;

	if (wanted & ~p->valid) {
		c->misses++;
		rc = piece_fill(c, p);
	} else {
		c->hits++;
	}
	if (!rc)
		memcpy(buf, p->data + from, n);
	return rc;
}

static int piece_write(struct cache *c, struct cache_piece *p, u64 from, const void *buf, u64 n)
{
	u64 end = from + n;
	u32 touched = units(from / c->unit, (end + c->unit - 1) / c->unit);
	bool partial = from % c->unit || end % c->unit;
	int rc = 0;

	if (partial && touched & ~p->valid)
		rc = piece_fill(c, p);
	if (rc)
		return rc;
	memcpy(p->data + from, buf, n);
	p->valid |= touched;
	p->dirty |= touched;
	return 0;
}

static int cache_access(struct cache *c, u64 at, u8 *buf, u64 n, bool write)
{
	if (at > c->bytes || n > c->bytes - at)
		return -EINVAL;
	if (write && c->dev->read_only)
		return -EROFS;
	while (n) {
		u64 from = at % CACHE_PIECE, now = MIN(n, CACHE_PIECE - from);
		struct cache_piece *p;
		int rc = piece_get(c, at / CACHE_PIECE, &p);

		if (rc)
			return rc;
		p->used = ++c->accesses;
		rc = write ? piece_write(c, p, from, buf, now) : piece_read(c, p, from, buf, now);
		if (rc)
			return rc;
		at += now;
		buf += now;
		n -= now;
	}
	return 0;
}

int cache_read(struct cache *c, u64 at, void *buf, u64 n)
{
	return cache_access(c, at, buf, n, false);
}

int cache_write(struct cache *c, u64 at, const void *buf, u64 n)
{
	return cache_access(c, at, (u8 *)buf, n, true);
}

/* All are tried; the first error is told, and what could not be written stays dirty. */
int cache_sync(struct cache *c)
{
	struct cache_piece *p = &c->pieces[0][0];
	unsigned int i;
	int first = 0, rc;

	for (i = 0; i < CACHE_SETS * CACHE_WAYS; i++) {
		rc = p[i].dirty ? piece_runs(c, &p[i], &p[i].dirty, true) : 0;
		first = first ? first : rc;
	}
	return first ? first : block_flush(c->dev);
}

u64 cache_dirty_bytes(const struct cache *c)
{
	const struct cache_piece *p = &c->pieces[0][0];
	u64 n = 0;
	unsigned int i;
	u32 bits;

	for (i = 0; i < CACHE_SETS * CACHE_WAYS; i++)
		for (bits = p[i].dirty; bits; bits &= bits - 1)
			n += c->unit;
	return n;
}
