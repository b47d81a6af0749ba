/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest at the other side of a ring, well-behaved and not.
 *
 * Shown: requests cut at every byte, resets at every byte, all bad
 * indices, messages too long, answers not read, two wraps of the ring, a second
 * introduction.  Right is: a good guest is answered, a bad one gets its
 * error code and silence until it asks for a fresh start, and the store is sound.
 */
#include <errno.h>

#include "core.h"
#include "ring.h"
#include "ring-link.h"
#include "tap.h"

static struct xenstore_domain_interface page;
static unsigned int notified, mapped;
static struct store *s;
static struct domain *dom;

static void *map(unsigned int domid, unsigned long gfn)
{
	(void)gfn;
	if (domid != 5) {
		errno = EFAULT;
		return NULL;
	}
	mapped++;
	return &page;
}

static void unmap(unsigned int domid, void *p)
{
	(void)domid;
	(void)p;
	mapped--;
}

static int bind_port(unsigned int domid, u32 port)
{
	(void)domid;
	return port == 99 ? -EINVAL : (int)port + 1000;
}

static void unbind(u32 port)
{
	(void)port;
}

static void notify(u32 port)
{
	(void)port;
	notified++;
}

static enum dom_state state(unsigned int domid)
{
	(void)domid;
	return DOM_ALIVE;
}

static const struct xen_ops fake_xen = {
	.map = map, .unmap = unmap, .bind = bind_port, .unbind = unbind,
	.notify = notify, .state = state,
};

static struct store_ops ops;

static int introduce(void *ctx, struct domain *d, unsigned long gfn, u32 port)
{
	(void)ctx;
	return ring_introduce(d, gfn, port);
}

static void release(void *ctx, struct domain *d)
{
	(void)ctx;
	ring_release(d);
}

static void wake(void *ctx, struct conn *c)
{
	(void)ctx;
	if (c->link)
		link_wake(c->link);
}

static void shut(void *ctx, struct conn *c, u32 error)
{
	(void)ctx;
	link_shut(c->link, error);
}

static void setup(void)
{
	memset(&page, 0, sizeof(page));
	s = store_new(&ops, NULL, 42);
	if (domain_introduce(s, 5, 1, 3))
		bail_out("cannot introduce");
	dom = domain_find(s, 5);
}

static void teardown(void)
{
	struct buf faults = { 0 };

	links_flush();
	if (!audit(s, &faults))
		ok(0, "audit: %.*s", (int)faults.len, faults.data);
	buf_free(&faults);
	if (domain_find(s, 5) && domain_find(s, 5)->introduced)
		domain_release(domain_find(s, 5));
	store_free(s);
}

/* One turn of the daemon */
static void event(void)
{
	ring_event(1003);
	links_flush();
	while (links_ready()) {
		links_turn();
		links_flush();
	}
}

static u32 guest_put(const void *data, u32 len)
{
	u32 i;

	for (i = 0; i < len && page.req_prod - page.req_cons < XENSTORE_RING_SIZE; i++)
		page.req[MASK_XENSTORE_IDX(page.req_prod++)] = ((const char *)data)[i];
	return i;
}

static u32 guest_get(void *data, u32 len)
{
	u32 i;

	for (i = 0; i < len && page.rsp_cons != page.rsp_prod; i++)
		((char *)data)[i] = page.rsp[MASK_XENSTORE_IDX(page.rsp_cons++)];
	return i;
}

static u32 message(char *buf, u32 type, const void *body, u32 len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = 9, .len = len };

	memcpy(buf, &hdr, sizeof(hdr));
	memcpy(buf + sizeof(hdr), body, len);
	return sizeof(hdr) + len;
}

/* Whole exchange; Return: type of the reply, its body in @body. */
static u32 exchange(u32 type, const void *req, u32 len, char *body)
{
	struct xsd_sockmsg hdr;
	char buf[MSG_MAX];
	u32 size = message(buf, type, req, len), done = 0, got;

	while (done < size) {
		u32 n = guest_put(buf + done, size - done);

		if (!n)
			return XS_INVALID;
		done += n;
		event();
	}
	if (guest_get(&hdr, sizeof(hdr)) != sizeof(hdr))
		return XS_INVALID;
	for (got = 0; got < hdr.len; ) {
		u32 n = guest_get(body + got, hdr.len - got);

		got += n;
		event();
		if (!n)
			return XS_INVALID;
	}
	body[got] = '\0';
	return hdr.req_id == 9 ? hdr.type : XS_INVALID;
}

#define PATH_REQ	"7\0"

static bool is_served(void)
{
	char body[MSG_MAX];

	return exchange(XS_GET_DOMAIN_PATH, PATH_REQ, 2, body) == XS_GET_DOMAIN_PATH &&
	       !strcmp(body, "/local/domain/7");
}

static void prepare_node(void)
{
	struct answer a;
	struct conn *c = conn_new(s, domain_get(s, 0), NULL);

	ask(c, &a, XS_WRITE, 0, "/d5\0", 5);
	ask(c, &a, XS_SET_PERMS, 0, "/d5\0b5\0", 7);
	is_int(a.type, XS_SET_PERMS, "dom0 prepares a node");
	conn_free(c);
}

static void test_good_guest(void)
{
	char body[MSG_MAX], big[XENSTORE_PAYLOAD_MAX];
	int good = 0;

	setup();
	is_int(page.server_features, 3, "features: reconnection and error");
	ok(is_served(), "a request is answered");
	ok(notified > 0, "and the guest is notified");
	for (int i = 0; i < 200; i++)
		good += is_served();
	is_int(good, 200, "over many wraps of the ring");

	/* A value larger than the ring, both ways */
	prepare_node();
	memset(big, 'x', sizeof(big));
	memcpy(big, "/d5", 4);
	is_int(exchange(XS_WRITE, big, 2000, body), XS_WRITE, "a request longer than the ring");
	is_int(exchange(XS_READ, "/d5\0", 4, body), XS_READ, "an answer longer than the ring");
	is_int(strlen(body), 1996, "and it is whole");
	teardown();
}

static void test_cut_everywhere(void)
{
	char buf[64], body[64];
	u32 size = message(buf, XS_GET_DOMAIN_PATH, PATH_REQ, 2);
	int bad = 0;

	setup();
	for (u32 cut = 1; cut < size; cut++) {
		struct xsd_sockmsg hdr;

		guest_put(buf, cut);
		event();
		bad += page.rsp_prod != page.rsp_cons;	/* nothing yet */
		guest_put(buf + cut, size - cut);
		event();
		bad += guest_get(&hdr, sizeof(hdr)) != sizeof(hdr) ||
		       guest_get(body, hdr.len) != 16;
	}
	is_int(bad, 0, "requests cut in two at every byte are answered once whole");
	teardown();
}

static void test_reset_everywhere(void)
{
	char buf[64];
	u32 size = message(buf, XS_GET_DOMAIN_PATH, PATH_REQ, 2);
	int bad = 0;

	setup();
	for (u32 cut = 0; cut <= size; cut++) {
		char body[64];

		exchange(XS_WATCH, "/w\0t\0", 5, body);
		guest_get(body, sizeof(body));
		guest_put(buf, cut);
		if (cut & 1)
			event();
		page.connection = XENSTORE_RECONNECT;
		event();
		bad += page.connection != XENSTORE_CONNECTED || page.req_prod || page.req_cons ||
		       page.rsp_prod || page.rsp_cons || dom->watches || !is_served();
	}
	is_int(bad, 0, "a reset at every byte of a request: clean start, watches gone, served");

	/* ... and at every byte of an answer */
	bad = 0;
	for (u32 cut = 0; cut < 32; cut++) {
		char body[64];

		guest_put(buf, size);
		event();
		guest_get(body, cut);
		page.connection = XENSTORE_RECONNECT;
		event();
		bad += page.connection != XENSTORE_CONNECTED || !is_served();
	}
	is_int(bad, 0, "a reset at every byte of an answer: clean start, served");
	teardown();
}

static void expect_shut(u32 error, const char *what)
{
	char body[MSG_MAX];
	u32 rsp = page.rsp_prod;

	event();
	is_int(page.error, error, what);
	exchange(XS_GET_DOMAIN_PATH, PATH_REQ, 2, body);
	is_int(page.rsp_prod, rsp, "... and silence after it");
	page.connection = XENSTORE_RECONNECT;
	event();
	is_int(page.error, XENSTORE_ERROR_NONE, "... until it asks for a fresh start");
	ok(is_served(), "... and is served again");
}

static void test_bad_guest(void)
{
	static const u32 ahead[] = { 1025, 4096, 0x7fffffff, 0x80000000, 0xffffffff };
	char buf[MSG_MAX];
	struct xsd_sockmsg hdr = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

	setup();
	for (unsigned int i = 0; i < ARRAY_SIZE(ahead); i++) {
		page.req_prod = page.req_cons + ahead[i];
		expect_shut(XENSTORE_ERROR_RINGIDX, "request producer too far ahead");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ahead); i++) {
		guest_put(buf, message(buf, XS_GET_DOMAIN_PATH, PATH_REQ, 2));
		page.rsp_cons = page.rsp_prod - ahead[i];
		expect_shut(XENSTORE_ERROR_RINGIDX, "response consumer too far behind");
	}
	guest_put(&hdr, sizeof(hdr));
	expect_shut(XENSTORE_ERROR_PROTO, "a payload longer than allowed");
	hdr.len = 0xffffffff;
	guest_put(&hdr, sizeof(hdr));
	expect_shut(XENSTORE_ERROR_PROTO, "a payload of 4 GiB");
	teardown();
}

/* Requests without ever reading an answer: the daemon stops taking them. */
static void test_never_reads(void)
{
	char buf[64];
	u32 size = message(buf, XS_GET_DOMAIN_PATH, PATH_REQ, 2), sent = 0, quiet = 0;
	int answers = 0;
	char body[64];
	struct xsd_sockmsg hdr;

	setup();
	while (quiet < 10) {
		u32 room = XENSTORE_RING_SIZE - (page.req_prod - page.req_cons);

		if (room >= size)
			sent += guest_put(buf, size);
		event();
		quiet = page.req_prod - page.req_cons > XENSTORE_RING_SIZE - size ? quiet + 1 : 0;
		if (sent > 100000)
			break;
	}
	ok(sent < 20000, "a guest that never reads is not listened to for ever (%u bytes)", sent);
	ok(dom->conn->replies <= 20 + 1, "no more answers wait than the quota (%u)",
	   dom->conn->replies);
	for (int i = 0; i < 100000 && sent / size > (u32)answers; i++) {
		if (guest_get(&hdr, sizeof(hdr)) == sizeof(hdr)) {
			u32 got = guest_get(body, hdr.len);

			while (got < hdr.len) {
				event();
				got += guest_get(body + got, hdr.len - got);
			}
			answers++;
		}
		event();
	}
	is_int(answers, sent / size, "and gets every answer once it reads");
	teardown();
}

/* More requests at once than fit a turn, announced once */
static void test_burst(void)
{
	char buf[64];
	u32 size = message(buf, XS_GET_DOMAIN_PATH, PATH_REQ, 2);

	setup();
	for (int i = 0; i < 18; i++)
		guest_put(buf, size);
	event();
	is_int(page.rsp_prod, 18 * (sizeof(struct xsd_sockmsg) + 16),
	       "18 requests announced once are all answered");
	teardown();
}

static void test_same_event(void)
{
	struct answer a;
	struct conn *dom0, *slow;

	setup();
	dom0 = conn_new(s, domain_get(s, 0), NULL);
	slow = conn_new(s, domain_get(s, 0), NULL);
	ask(slow, &a, XS_WATCH, 0, "/w\0t", 5);
	test_events.len = 0;
	for (int i = 0; i < 10; i++)
		ask(dom0, &a, XS_WRITE, 0, "/w/x", 5);
	ask(dom0, &a, XS_WRITE, 0, "/w/y", 5);
	drain(slow, &a);
	is_int(test_events.len, 2 * 7, "an event that already waits is not queued again");
	buf_free(&test_events);
	conn_free(slow);
	conn_free(dom0);
	teardown();
}

static void test_introduce_again(void)
{
	char body[64];

	setup();
	exchange(XS_WATCH, "/w\0t\0", 5, body);
	is_int(dom->watches, 1, "a watch is set");
	is_int(domain_introduce(s, 5, 1, 99), -EINVAL, "a port that cannot be bound is refused");
	is_int(domain_introduce(s, 6, 1, 4), -EFAULT, "a page that cannot be mapped is refused");
	is_int(domain_introduce(s, 5, 1, 3), 0, "a second introduction works");
	is_int(dom->watches, 0, "and starts over: no watches");
	is_int(page.req_prod | page.rsp_prod, 0, "... empty ring");
	ok(is_served(), "... served");
	teardown();
	is_int(mapped, 0, "no page stays mapped");
}

int main(void)
{
	ops = test_ops;
	ops.introduce = introduce;
	ops.release = release;
	ops.wake = wake;
	ops.shut = shut;
	rings_init(&fake_xen);
	test_good_guest();
	test_cut_everywhere();
	test_reset_everywhere();
	test_bad_guest();
	test_never_reads();
	test_burst();
	test_same_event();
	test_introduce_again();
	return done_testing();
}
