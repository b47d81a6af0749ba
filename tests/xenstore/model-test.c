/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random requests of four clients, transactions, failures and deaths of
 * domains, on the real store and on the model; each reply and each event is
 * compared.  Every so often the whole tree is, and the store audits itself.
 *
 *	model-test [operations [seed]]
 */
#include <time.h>

#include "core.h"
#include "domain.h"
#include "model.h"
#include "tap.h"

#define OPERATIONS	1000000
#define AUDIT_EVERY	5000
#define TXN_OPS		200

static uint64_t rng;
static struct store *s;
static struct conn *conn[DOMS];
static struct mresult want;
static struct answer got;
static char doing[256];
static unsigned long step;

static unsigned int rnd(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 20) % n;
}

static void fail(const char *what)
{
	ok(0, "step %lu: %s: %s", step, doing, what);
	printf("# model says %s, store says %s '%s'\n", want.error ? want.error : "OK",
	       got.type == XS_ERROR ? "error" : request_name(got.type), got.body);
	printf("1..%d\n", tap_count);
	exit(1);
}

static int cmp_pair(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(int));
}

static int path_of(const char *s)
{
	int p = 0;

	if (!strcmp(s, "/"))
		return 0;
	for (; *s; s += 2)
		p = p * NAMES + 1 + (s[1] - 'a');
	return p;
}

/* What came to a client against what the model says, in any order */
static void check_events(int c)
{
	int have[512][2], n = 0;

	for (size_t i = 0; i < test_events.len; n++) {
		have[n][0] = path_of(test_events.data + i);
		i += strlen(test_events.data + i) + 1;
		have[n][1] = atoi(test_events.data + i);
		i += strlen(test_events.data + i) + 1;
	}
	qsort(have, n, sizeof(have[0]), cmp_pair);
	qsort(want.events[c], want.nevents[c], sizeof(want.events[c][0]), cmp_pair);
	if (n != want.nevents[c] || memcmp(have, want.events[c], n * sizeof(have[0]))) {
		printf("# client %d got %d events, expected %d\n", c, n, want.nevents[c]);
		fail("events differ");
	}
	test_events.len = 0;
}

static void check(int c, u32 type, const void *body, int len)
{
	if (want.error ? !said(&got, want.error) : got.type != type)
		fail("reply differs");
	if (!want.error && len >= 0 && (got.len != (u32)len || memcmp(got.body, body, len)))
		fail("payload differs");
	check_events(c);
	for (int i = 0; i < DOMS; i++) {
		struct answer none;

		if (i == c)
			continue;
		drain(conn[i], &none);
		if (none.type != XS_INVALID)
			fail("a reply to somebody else");
		check_events(i);
	}
}

/* "path\0" and more */
static int with_path(char *buf, int path)
{
	model_path(path, buf);
	return strlen(buf) + 1;
}

static int random_path(void)
{
	return rnd(4) ? rnd(PATHS) : rnd(1 + NAMES + NAMES * NAMES);
}

static void node_op(int c, struct mtxn *t, unsigned int kind)
{
	static const u32 types[] = { XS_READ, XS_DIRECTORY, XS_GET_PERMS, XS_WRITE, XS_MKDIR,
				     XS_RM, XS_SET_PERMS };
	char req[128], body[128] = "OK";
	int path = random_path(), len = with_path(req, path), blen = 3;
	int value = rnd(5), n = 1 + rnd(PERMS);
	struct mperm p[PERMS];

	for (int i = 0; i < n; i++)
		p[i] = (struct mperm){ rnd(DOMS), rnd(4) };
	snprintf(doing, sizeof(doing), "d%d t%u %s %s", c, t ? t->id : 0,
		 request_name(types[kind]), req);
	switch (types[kind]) {
	case XS_READ:
		model_read(c, t, path, &want);
		blen = want.value ? sprintf(body, "v%d", want.value) : 0;
		break;
	case XS_DIRECTORY:
		model_directory(c, t, path, &want, body, &blen);
		break;
	case XS_GET_PERMS:
		model_get_perms(c, t, path, &want, body, &blen);
		break;
	case XS_WRITE:
		len += value ? sprintf(req + len, "v%d", value) : 0;
		model_write(c, t, path, value, false, &want);
		break;
	case XS_MKDIR:
		model_write(c, t, path, 0, true, &want);
		break;
	case XS_RM:
		model_rm(c, t, path, &want);
		break;
	case XS_SET_PERMS:
		for (int i = 0; i < n; i++)
			len += sprintf(req + len, "%c%d", "nrwb"[p[i].bits], p[i].dom) + 1;
		model_set_perms(c, t, path, p, n, &want);
		break;
	}
	ask(conn[c], &got, types[kind], t ? t->id : 0, req, len);
	check(c, types[kind], body, blen);
}

static void watch_op(int c)
{
	struct mwatch *w = &mwatches[c][rnd(WATCHES)];
	char req[64];
	int len;

	if (!w->set) {
		w->set = true;
		w->path = random_path();
		w->token = rnd(1000000);
		w->depth = rnd(3) ? -1 : (int)rnd(3);
		len = with_path(req, w->path);
		len += sprintf(req + len, "%d", w->token) + 1;
		if (w->depth >= 0)
			len += sprintf(req + len, "%d", w->depth) + 1;
		want.events[c][0].path = w->path;
		want.events[c][0].token = w->token;
		want.nevents[c] = 1;
		snprintf(doing, sizeof(doing), "d%d WATCH %s", c, req);
		ask(conn[c], &got, XS_WATCH, 0, req, len);
		check(c, XS_WATCH, "OK", 3);
		return;
	}
	w->set = false;
	len = with_path(req, w->path);
	len += sprintf(req + len, "%d", w->token) + 1;
	snprintf(doing, sizeof(doing), "d%d UNWATCH %s", c, req);
	ask(conn[c], &got, XS_UNWATCH, 0, req, len);
	check(c, XS_UNWATCH, "OK", 3);
}

static void start_op(int c, struct mtxn *t)
{
	snprintf(doing, sizeof(doing), "d%d TRANSACTION_START", c);
	ask(conn[c], &got, XS_TRANSACTION_START, 0, "", 1);
	model_start(c, t, atoi(got.body));
	check(c, XS_TRANSACTION_START, NULL, -1);
}

static void end_op(int c, struct mtxn *t)
{
	bool commit = rnd(8);

	snprintf(doing, sizeof(doing), "d%d t%u TRANSACTION_END %d", c, t->id, commit);
	model_end(c, t, commit, &want);
	ask(conn[c], &got, XS_TRANSACTION_END, t->id, commit ? "T" : "F", 2);
	check(c, XS_TRANSACTION_END, "OK", 3);
}

static void reset_op(int c)
{
	snprintf(doing, sizeof(doing), "d%d RESET_WATCHES", c);
	memset(mwatches[c], 0, sizeof(mwatches[c]));
	for (int i = 0; i < TXNS; i++)
		mtxns[c][i].open = false;
	ask(conn[c], &got, XS_RESET_WATCHES, 0, "", 1);
	check(c, XS_RESET_WATCHES, "OK", 3);
}

static void introduce(int dom)
{
	char req[32];
	int len = sprintf(req, "%d%c1%c1", dom, 0, 0) + 1;

	ask(conn[0], &got, XS_INTRODUCE, 0, req, len);
	conn[dom] = domain_find(s, dom)->conn;
}

static void death_op(int dom)
{
	char req[8];
	int len = sprintf(req, "%d", dom) + 1;

	snprintf(doing, sizeof(doing), "RELEASE %d", dom);
	model_release(dom, &want);
	ask(conn[0], &got, XS_RELEASE, 0, req, len);
	conn[dom] = conn[0];	/* nobody's for the check */
	check(0, XS_RELEASE, "OK", 3);
	introduce(dom);
}

static void random_op(void)
{
	int c = rnd(DOMS);
	struct mtxn *t = rnd(2) ? &mtxns[c][rnd(TXNS)] : NULL;
	unsigned int kind = rnd(100);

	memset(want.nevents, 0, sizeof(want.nevents));
	want.error = NULL;
	if (t && !t->open) {
		start_op(c, t);
	} else if (t && (t->ops > TXN_OPS || !rnd(6))) {
		end_op(c, t);
	} else if (kind < 80) {
		static const u8 mix[] = { 0, 0, 1, 2, 3, 3, 3, 3, 4, 5, 6, 6 };

		node_op(c, t, mix[rnd(sizeof(mix))]);
	} else if (kind < 98) {
		watch_op(c);
	} else if (!rnd(20)) {
		reset_op(c);
	} else if (!rnd(10)) {
		death_op(1 + rnd(DOMS - 1));
	}
}

static void compare_tree(void)
{
	struct buf faults = { 0 };
	char req[64];

	for (int p = 0; p < PATHS; p++) {
		struct place at;

		with_path(req, p);
		node_find(s->root, req, &at);
		if (!at.node != !mtree.n[p].exists)
			fail("trees differ");
	}
	if (!audit(s, &faults)) {
		printf("# %.*s", (int)faults.len, faults.data);
		fail("audit");
	}
	buf_free(&faults);
}

static void setup(void)
{
	s = store_new(&test_ops, NULL, rng);
	s->quota[QUOTA_NODES] = mquota_nodes;
	conn[0] = conn_new(s, domain_get(s, 0), NULL);
	for (int d = 1; d < DOMS; d++)
		introduce(d);
	model_init();
	test_events.len = 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : OPERATIONS;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : (unsigned long)time(NULL);

	rng = seed * 0x9e3779b97f4a7c15ull | 1;
	printf("# %lu operations, seed %lu\n", count, seed);
	setup();
	for (step = 0; step < count; step++) {
		random_op();
		if (step % AUDIT_EVERY == 0)
			compare_tree();
	}
	compare_tree();
	ok(1, "%lu operations as the model says (%llu commits, %llu conflicts)", count,
	   (unsigned long long)s->stat_commits, (unsigned long long)s->stat_conflicts);
	ok(s->stat_commits > count / 1000, "enough transactions succeeded to mean something");
	ok(s->stat_conflicts > count / 1000, "enough transactions met a conflict");
	store_free(s);
	buf_free(&test_events);
	return done_testing();
}
