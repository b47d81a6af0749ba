/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole sessions from bytes, for libFuzzer; with a main() of its own (FUZZ_MAIN) the same
 * for any compiler: all files of the corpus, and random changes of them.
 *
 * Input: a sequence of steps.  First byte: who (low 2 bits: dom0, d1, d2, d2 raw), and what
 * (rest: request type); second byte: transaction id; third: length of the payload that follows.
 * "d2 raw" takes the payload as bytes of the stream, whatever they are.  After all, the
 * state is saved and loaded again, and both stores audit themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "domain.h"
#include "state.h"

static struct store *s;
static struct conn *conn[3];

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void audited(struct store *store)
{
	struct buf faults = { 0 };

	if (!audit(store, &faults)) {
		fprintf(stderr, "%.*s", (int)faults.len, faults.data);
		abort();
	}
	buf_free(&faults);
}

static void connect_all(void)
{
	for (unsigned int d = 1; d < 3; d++)
		if (!domain_find(s, d) || !domain_find(s, d)->introduced)
			domain_introduce(s, d, 1, 1);
	conn[1] = domain_find(s, 1)->conn;
	conn[2] = domain_find(s, 2)->conn;
}

static void raw(struct conn *c, const u8 *data, size_t len)
{
	struct answer a;
	size_t room;
	char *to;

	if (!conn_wants_input(c))
		return;
	to = conn_room(c, &room);
	memcpy(to, data, len < room ? len : room);
	conn_received(c, len < room ? len : room);
	while (conn_step(c))
		;
	if (c->ignored)
		conn_reset(c);		/* as its transport would */
	else
		drain(c, &a);
}

static void request(struct conn *c, u8 type, u8 tx, const u8 *data, size_t len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = 1, .tx_id = tx, .len = len };
	u8 msg[sizeof(hdr) + 256];

	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), data, len);
	raw(c, msg, sizeof(hdr) + len);
}

static void no_link_save(void *ctx, const struct conn *c, struct buf *b)
{
	(void)ctx;
	(void)c;
	(void)b;
}

static int no_link_load(void *ctx, struct conn *c, struct reader *r)
{
	(void)ctx;
	(void)r;
	if (c->dom->domid)
		c->dom->conn = c;
	return 0;
}

static const struct state_link no_link = { .save = no_link_save, .load = no_link_load };

static struct store *loaded(const char *data, size_t len, int *rc)
{
	struct store *copy = store_new(&test_ops, NULL, 2);
	struct reader all = { .at = data, .end = data + len }, rec;
	u32 type;

	*rc = 0;
	copy->unlimited = true;
	while (!*rc && state_next(&all, &type, &rec))
		*rc = state_load(copy, &no_link, type, &rec);
	state_load_done();
	copy->unlimited = false;
	return copy;
}

static void save_and_load(void)
{
	struct buf b = { 0 };
	struct store *copy;
	int rc;

	state_save(s, &no_link, &b);
	copy = loaded(b.data, b.len, &rc);
	must(!rc, "what was saved can be loaded");
	audited(copy);
	store_free(copy);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	s = store_new(&test_ops, NULL, 1);
	conn[0] = conn_new(s, domain_get(s, 0), NULL);
	while (size >= 3) {
		unsigned int who = data[0] & 3, len = data[2];

		if (len > size - 3)
			len = size - 3;
		connect_all();
		if (who == 3)
			raw(conn[2], data + 3, len);
		else
			request(conn[who], data[0] >> 2, data[1], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
		test_now += 100000;
		store_tick(s);
	}
	audited(s);
	save_and_load();
	store_free(s);
	buf_free(&test_events);
	return 0;
}

#ifdef FUZZ_MAIN
static u64 rng = 1;

static unsigned int rnd(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 20) % n;
}

static size_t load(const char *path, u8 *buf, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(buf, 1, room, f) : 0;

	must(f, path);
	fclose(f);
	return n;
}

/* Change, drop, double or splice a few bytes. */
static size_t mutate(u8 *buf, size_t n, size_t room)
{
	for (unsigned int k = 1 + rnd(8); k--; ) {
		size_t at = rnd(n + 1), len = rnd(16);

		if (at + len > n || n + len > room)
			continue;
		switch (rnd(4)) {
		case 0:
			if (at < n)
				buf[at] = rnd(256);
			break;
		case 1:
			memmove(buf + at, buf + at + len, n - at - len);
			n -= len;
			break;
		case 2:
			memmove(buf + at + len, buf + at, n - at);
			n += len;
			break;
		case 3:
			memmove(buf + rnd(n - len + 1), buf + at, len);
			break;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("SEED"), *runs = getenv("RUNS");
	unsigned long count = runs ? strtoul(runs, NULL, 0) : 20000;
	static u8 buf[8192];

	rng = seed ? strtoul(seed, NULL, 0) | 1 : (u64)getpid() << 20 | 1;
	printf("# seed %llu\n", (unsigned long long)rng);
	fflush(stdout);
	for (int i = 1; i < argc; i++)
		LLVMFuzzerTestOneInput(buf, load(argv[i], buf, sizeof(buf)));
	printf("ok 1 - %d files of the corpus\n", argc - 1);
	for (unsigned long i = 0; i < count && argc > 1; i++) {
		size_t n = load(argv[1 + rnd(argc - 1)], buf, sizeof(buf) / 2);

		LLVMFuzzerTestOneInput(buf, mutate(buf, n, sizeof(buf)));
	}
	printf("%sok 2 - %lu random changes of them\n1..2\n", argc > 1 ? "" : "not ", count);
	return argc < 2;
}
#endif
