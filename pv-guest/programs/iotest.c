/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks and network cards as somebody on the console asks for, one command a line:
 *
 *	disks				what there is
 *	fill DISK SEED DEPTH [TIMES]	write all of it, in pieces of all sizes in any order, DEPTH at once
 *	check DISK SEED DEPTH		read it so, and compare
 *	sum DISK			its checksum, that of the program crc32, and size
 *	discard DISK SECTOR COUNT
 *	echo CARD			from now on send every frame back to where it came from
 *	counts				what is in use
 *	quit
 */
#include "kernel/block.h"
#include "kernel/console.h"
#include "kernel/heap.h"
#include "kernel/net.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/port.h"
#include "programs/programs.h"

#define DEPTH_MAX  64
#define WORDS_MAX  5
#define SUM_BYTES  65536
#define PIECES_MAX 16384

static u64 random_next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

/* --- patterns: what a sector holds follows from the seed and its number ----------------------------- */

static u64 sector_state(u64 seed, u64 sector)
{
	return (seed + 1) * 0x9e3779b97f4a7c15 ^ (sector + 1) * 0xd6e8feb86659fd93;
}

static void pattern_write(u64 seed, u64 sector, u8 *data, u64 bytes)
{
	u64 *p = (u64 *)data, *end = (u64 *)(data + bytes);

	for (; p < end; sector++) {
		u64 state = sector_state(seed, sector);
		int i;

		for (i = 0; i < BLOCK_SECTOR / 8; i++)
			*p++ = random_next(&state);
	}
}

/* Return: how many sectors are not what they should be. */
static unsigned int pattern_wrong(u64 seed, u64 sector, const u8 *data, u64 bytes)
{
	u64 expected[BLOCK_SECTOR / 8];
	unsigned int wrong = 0;

	for (; bytes; bytes -= BLOCK_SECTOR, data += BLOCK_SECTOR, sector++) {
		pattern_write(seed, sector, (u8 *)expected, BLOCK_SECTOR);
		wrong += memcmp(expected, data, BLOCK_SECTOR) != 0;
	}
	return wrong;
}

/* --- many requests at once -------------------------------------------------------------------------- */

struct piece {
	u64 sector;
	u32 bytes;
};

struct slot {
	struct block_request req; /* first: done() finds the slot by it */
	struct run *run;
	struct slot *next;
	bool used;
};

struct run {
	struct block_device *dev;
	enum block_op op;
	u64 seed;
	struct piece *pieces;
	unsigned int piece_count, errors, wrong;
	struct slot slots[DEPTH_MAX];
	struct spinlock lock;
	struct slot *idle;
	struct sem idle_count;
};

static void slot_done(struct block_request *req)
{
	struct slot *slot = (struct slot *)req;
	struct run *run = slot->run;
	bool irqs = spin_lock(&run->lock);

	slot->next = run->idle;
	run->idle = slot;
	spin_unlock(&run->lock, irqs);
	sem_up(&run->idle_count);
}

/* An idle slot, its last request judged. */
static struct slot *slot_get(struct run *run)
{
	struct slot *slot;
	bool irqs;

	sem_down(&run->idle_count);
	irqs = spin_lock(&run->lock);
	slot = run->idle;
	run->idle = slot->next;
	spin_unlock(&run->lock, irqs);
	if (slot->used && slot->req.result && !run->errors++)
		printk("iotest: first error %d, sector %lu, %lu bytes\n", slot->req.result,
		       slot->req.sector, slot->req.bytes);
	if (slot->used && !slot->req.result && run->op == BLOCK_READ)
		run->wrong +=
			pattern_wrong(run->seed, slot->req.sector, slot->req.data, slot->req.bytes);
	slot->used = false;
	return slot;
}

static void pieces_make(struct run *run)
{
	struct block_device *dev = run->dev;
	u64 at = 0, state = run->seed + 0x1234567, unit = dev->sector_bytes / BLOCK_SECTOR;
	u64 most = dev->max_bytes / dev->sector_bytes, left = dev->sectors / unit;
	unsigned int i, n = 0;

	while (left && n < PIECES_MAX) {
		u64 limit = 2UL << random_next(&state) % 10; /* short ones as often as long ones */
		u64 now = 1 + random_next(&state) % MIN(limit, most);

		now = MIN(now, left);
		run->pieces[n++] = (struct piece){ at * unit, now * dev->sector_bytes };
		at += now;
		left -= now;
	}
	for (i = n; i-- > 1;) {
		unsigned int j = random_next(&state) % (i + 1);
		struct piece p = run->pieces[i];

		run->pieces[i] = run->pieces[j];
		run->pieces[j] = p;
	}
	run->piece_count = n;
}

static void piece_begin(struct run *run, const struct piece *p)
{
	struct slot *slot = slot_get(run);
	int rc;

	slot->used = true;
	slot->req.op = run->op;
	slot->req.sector = p->sector;
	slot->req.bytes = p->bytes;
	slot->req.result = 0;
	if (run->op == BLOCK_WRITE)
		pattern_write(run->seed, p->sector, slot->req.data, p->bytes);
	else
		memset(slot->req.data, 0, p->bytes);
	rc = block_submit(run->dev, &slot->req);
	if (rc) {
		slot->req.result = rc;
		slot_done(&slot->req);
	}
}

static void transfer(struct block_device *dev, enum block_op op, u64 seed, unsigned int depth,
		     unsigned int times)
{
	struct run *run = heap_alloc(sizeof(*run));
	u64 begin = port_time_ns();
	unsigned int i;

	memset(run, 0, sizeof(*run));
	run->dev = dev;
	run->op = op;
	run->seed = seed;
	run->pieces = heap_alloc(PIECES_MAX * sizeof(*run->pieces));
	pieces_make(run);
	for (i = 0; i < depth; i++) {
		run->slots[i].run = run;
		run->slots[i].req.done = slot_done;
		run->slots[i].req.data = heap_alloc(dev->max_bytes);
		slot_done(&run->slots[i].req);
	}
	while (times-- && !run->errors)
		for (i = 0; i < run->piece_count; i++)
			piece_begin(run, &run->pieces[i]);
	for (i = 0; i < depth; i++)
		heap_free(slot_get(run)->req.data, dev->max_bytes);
	if (op == BLOCK_WRITE && block_flush(dev))
		run->errors++;
	printk("iotest: %s %s seed %lu: %u pieces, %u errors, %u sectors wrong, %lu ms\n",
	       op == BLOCK_WRITE ? "fill" : "check", dev->name, seed, run->piece_count, run->errors,
	       run->wrong, (port_time_ns() - begin) / MSEC);
	heap_free(run->pieces, PIECES_MAX * sizeof(*run->pieces));
	heap_free(run, sizeof(*run));
}

/* --- checksums: that of the program crc32 -------------------------------------------------------------- */

static u32 crc_table[256];

static void crc_init(void)
{
	u32 i, bit, c;

	for (i = 0; i < 256; i++) {
		for (c = i, bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		crc_table[i] = c;
	}
}

static void sum(struct block_device *dev)
{
	u64 size = dev->sectors * BLOCK_SECTOR, at, n;
	u8 *buf = heap_alloc(SUM_BYTES);
	u32 crc = ~0U, i;
	int rc = 0;

	crc_init();
	for (at = 0; at < size && !rc; at += n) {
		n = MIN(size - at, SUM_BYTES);
		rc = block_read(dev, at / BLOCK_SECTOR, buf, n);
		for (i = 0; i < n; i++)
			crc = crc >> 8 ^ crc_table[(u8)crc ^ buf[i]];
	}
	if (rc)
		printk("iotest: sum %s: error %d\n", dev->name, rc);
	else
		printk("iotest: sum %s: %08x %lu\n", dev->name, ~crc, size);
	heap_free(buf, SUM_BYTES);
}

/* --- network ------------------------------------------------------------------------------------------- */

/* What does not fit into the ring now is lost, as with any card. */
static void send_back(struct net_device *net, const struct net_frame *frame)
{
	u8 *data = (u8 *)frame->data, mac[6];

	memcpy(mac, data, 6);
	memcpy(data, data + 6, 6);
	memcpy(data + 6, mac, 6);
	net->send(net, frame);
}

static void echo(const char *name)
{
	struct net_device *net = net_find(name);

	if (net)
		net->receive = send_back;
	printk("iotest: echo %s: %s\n", name, net ? "begins" : "no such card");
}

/* --- commands ------------------------------------------------------------------------------------------ */

static u64 number(const char *s)
{
	u64 v = 0;

	while (*s >= '0' && *s <= '9')
		v = v * 10 + *s++ - '0';
	return v;
}

static void disks(void)
{
	struct block_device *dev;
	unsigned int i;

	for (i = 0; (dev = block_nth(i)); i++)
		printk("iotest: disk %s: %lu sectors of %u bytes%s\n", dev->name, dev->sectors,
		       dev->sector_bytes, dev->read_only ? ", read-only" : "");
	printk("iotest: %u disks\n", i);
}

static void with_disk(const char **word, unsigned int n)
{
	struct block_device *dev = n > 1 ? block_find(word[1]) : NULL;
	u64 depth = n > 3 ? number(word[3]) : 1;

	if (!dev)
		printk("iotest: no disk %s\n", n > 1 ? word[1] : "named");
	else if (!strcmp(word[0], "sum"))
		sum(dev);
	else if (!strcmp(word[0], "discard") && n > 3)
		printk("iotest: discard %s: %d\n", dev->name,
		       block_discard(dev, number(word[2]), depth * BLOCK_SECTOR));
	else if (n > 2)
		transfer(dev, !strcmp(word[0], "fill") ? BLOCK_WRITE : BLOCK_READ, number(word[2]),
			 depth && depth <= DEPTH_MAX ? depth : 1, n > 4 ? number(word[4]) : 1);
}

static void command(const char **word, unsigned int n)
{
	struct net_device *net = net_nth(0);

	if (!strcmp(word[0], "disks"))
		disks();
	else if (!strcmp(word[0], "echo") && n > 1)
		echo(word[1]);
	else if (!strcmp(word[0], "counts"))
		printk("iotest: %lu KiB free, frames in %lu out %lu dropped %lu %lu\n",
		       pages_free_count() * 4, net ? net->rx_frames : 0, net ? net->tx_frames : 0,
		       net ? net->rx_dropped : 0, net ? net->tx_dropped : 0);
	else
		with_disk(word, n);
}

/**
 * iotest_run - do what lines of the console say
 */
void iotest_run(void)
{
	char line[80], *p;
	const char *word[WORDS_MAX];
	unsigned int n;

	port_devices_start();
	printk("iotest: ready\n");
	for (;;) {
		console_getline(line, sizeof(line));
		for (n = 0, p = line; *p && n < WORDS_MAX; n++) {
			word[n] = p;
			while (*p && *p != ' ')
				p++;
			while (*p == ' ')
				*p++ = 0;
		}
		if (n && !strcmp(word[0], "quit"))
			return;
		if (n)
			command(word, n);
	}
}
