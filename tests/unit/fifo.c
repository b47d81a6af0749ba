/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FIFO events: queues as the guest finds them, and a guest that writes nonsense into them
 * meanwhile.
 */
#include <pthread.h>

#include "fake/fake.h"
#include "tap.h"

#define PENDING	(1u << EVTCHN_FIFO_PENDING)
#define MASKED	(1u << EVTCHN_FIFO_MASKED)
#define LINKED	(1u << EVTCHN_FIFO_LINKED)
#define NORMAL	EVTCHN_FIFO_PRIORITY_DEFAULT

static struct domain *d;
static evtchn_fifo_control_block_t *block[2];	/* of vCPU 0 and 1 */
static event_word_t *words;			/* of ports 0-1023 */
static mfn_t frames[2];				/* control blocks, event words */

static long evtchn(u32 cmd, void *op)
{
	return fake_call(HC_event_channel_op, cmd, (u64)op, 0, 0);
}

static u32 bind_ipi(u32 vcpu)
{
	evtchn_bind_ipi_t b = { .vcpu = vcpu };

	return evtchn(EVTCHNOP_bind_ipi, &b) ? 0 : b.port;
}

static long port_op(u32 cmd, u32 port)
{
	return evtchn(cmd, &port);		/* close, send, unmask: the port alone */
}

static long set_priority(u32 port, u32 priority)
{
	evtchn_set_priority_t p = { .port = port, .priority = priority };

	return evtchn(EVTCHNOP_set_priority, &p);
}

static long expand(mfn_t mfn)
{
	evtchn_expand_array_t e = { .array_gfn = mfn };

	return evtchn(EVTCHNOP_expand_array, &e);
}

static mfn_t new_page(void)
{
	mfn_t mfn = frame_to_mfn(frame_alloc(d, 0, 0));

	memset(mfn_to_hv(mfn), 0, PAGE_SIZE);
	return mfn;
}

/* Two vCPUs with control blocks in one page, one page of event words. */
static void setup(void)
{
	fake_start(1);
	d = fake_domain(1, 2, false);
	fake_run(0, d->vcpu[0]);
	frames[0] = new_page();
	frames[1] = new_page();
	words = mfn_to_hv(frames[1]);
	for (u32 i = 0; i < 2; i++) {
		evtchn_init_control_t c = { .control_gfn = frames[0], .offset = 256 * i, .vcpu = i };

		is_int(evtchn(EVTCHNOP_init_control, &c), 0, "control block %u", i);
		block[i] = mfn_to_hv(frames[0]) + 256 * i;
	}
	is_int(expand(frames[1]), 0, "event words");
}

/* What a guest does: the first of a queue, taken out of it; 0: none. */
static u32 take(u32 vcpu, u32 priority)
{
	static u32 head[2][16];
	u32 port = head[vcpu][priority], word;

	if (!port)
		port = block[vcpu]->head[priority];
	if (!port)
		return 0;
	word = words[port];
	words[port] = word & ~(LINKED | PENDING | EVTCHN_FIFO_LINK_MASK);
	head[vcpu][priority] = word & EVTCHN_FIFO_LINK_MASK;
	if (!head[vcpu][priority])
		block[vcpu]->head[priority] = 0;
	return port;
}

static void test_queue(void)
{
	u32 a, b, c;

	setup();
	a = bind_ipi(0);
	b = bind_ipi(0);
	c = bind_ipi(0);
	port_op(EVTCHNOP_send, a);
	is_int(block[0]->head[NORMAL], a, "the first is the head");
	is_int(block[0]->ready, 1 << NORMAL, "of a queue that is ready");
	is_int(fake_kicks, 1, "its vCPU is told");
	port_op(EVTCHNOP_send, b);
	port_op(EVTCHNOP_send, c);
	port_op(EVTCHNOP_send, a);
	is_int(fake_kicks, 1, "once");
	is_int(words[a] & EVTCHN_FIFO_LINK_MASK, b, "the others follow");
	is_int(take(0, NORMAL), a, "taken out in order");
	port_op(EVTCHNOP_send, a);
	is_int(take(0, NORMAL), b, "second");
	is_int(take(0, NORMAL), c, "third");
	is_int(take(0, NORMAL), a, "and one that came again, last");
	is_int(take(0, NORMAL), 0, "no more");
	port_op(EVTCHNOP_send, c);
	is_int(take(0, NORMAL), c, "an empty queue begins anew");
}

static void test_moves(void)
{
	u32 a, b;

	setup();
	a = bind_ipi(0);
	b = bind_ipi(0);
	port_op(EVTCHNOP_send, a);
	is_int(take(0, NORMAL), a, "a port that was the last of its queue");
	is_int(set_priority(a, 2), 0, "gets another priority");
	port_op(EVTCHNOP_send, a);
	is_int(block[0]->head[2], a, "and is the head there");
	port_op(EVTCHNOP_send, b);
	is_int(block[0]->head[NORMAL], b, "the next in the old queue does not follow it");
	is_int(words[a] & EVTCHN_FIFO_LINK_MASK, 0, "nor is linked to it");
	is_int(set_priority(a, 16), -EINVAL, "no priority 16");
	is_int(set_priority(b + 1, 1), -EACCES, "nor any for a closed port");
	is_int(set_priority(100000, 1), -EINVAL, "nor for one beyond the table");
}

static void test_masks(void)
{
	u32 a;

	setup();
	a = bind_ipi(1);
	words[a] = MASKED;
	port_op(EVTCHNOP_send, a);
	is_int(words[a], MASKED | PENDING, "masked: pending, in no queue");
	is_int(port_op(EVTCHNOP_unmask, a), 0, "unmasked");
	is_int(words[a], PENDING | LINKED, "in its queue");
	is_int(block[1]->head[NORMAL], a, "at its vCPU");
	is_int(port_op(EVTCHNOP_close, a), 0, "closed");
	is_int(words[a], LINKED, "not pending, still linked");
	is_int(bind_ipi(0), a + 1, "so not given out");
	words[a] = 0;
	is_int(bind_ipi(0), a, "until the guest took it out");
}

static void test_size(void)
{
	u64 refs = 0;
	u32 port = 0;

	setup();
	for (u32 i = 1; i < 128; i++)
		refs += !expand(new_page());
	is_int(refs, 127, "128 pages of words");
	is_int(expand(new_page()), -ENOSPC, "and no more");
	for (u32 i = 1; i <= 5000 && (port = bind_ipi(0)) == i; i++)
		;
	is_int(port, 5000, "more ports than two levels have");
	port_op(EVTCHNOP_send, port);
	ok(evtchn_is_pending(d, port), "that work");
	is_int(mm_audit(d), 0, "audit is clean");
}

static void test_expand_late(void)
{
	evtchn_init_control_t c = { .vcpu = 0 };
	u32 a;

	fake_start(1);
	d = fake_domain(1, 1, false);
	fake_run(0, d->vcpu[0]);
	a = bind_ipi(0);
	c.control_gfn = new_page();
	block[0] = mfn_to_hv(c.control_gfn);
	is_int(expand(new_page()), -EOPNOTSUPP, "no event words with two levels");
	is_int(evtchn(EVTCHNOP_init_control, &c), 0, "control block");
	port_op(EVTCHNOP_send, a);
	is_int(block[0]->head[NORMAL], 0, "an event without a word waits");
	is_int(expand(new_page()), 0, "for its word");
	is_int(block[0]->head[NORMAL], a, "and comes then");
}

static void test_reset(void)
{
	evtchn_reset_t r = { .dom = DOMID_SELF };

	setup();
	bind_ipi(0);
	is_int(evtchn(EVTCHNOP_reset, &r), 0, "reset");
	is_int(frame_refs(mfn_to_frame(frames[0])), 1, "lets control blocks go");
	is_int(frame_refs(mfn_to_frame(frames[1])), 1, "and event words");
	is_int(frame_type_refs(mfn_to_frame(frames[0])), 0, "with their uses");
	is_int(set_priority(1, 1), -ENOSYS, "two levels again");
}

/* ---- a hostile guest ------------------------------------------------------------------------- */

static volatile int stop;

static void *scribble(void *arg)
{
	volatile u32 *word[2] = { mfn_to_hv(frames[0]), mfn_to_hv(frames[1]) };
	u32 seed = 1;

	(void)arg;
	while (!stop) {
		seed = seed * 1664525 + 1013904223;
		word[seed >> 9 & 1][seed >> 16 & 1023] = seed * 2654435761u;
	}
	return NULL;
}

static void test_hostile(void)
{
	pthread_t other;
	u32 seed = 2;

	setup();
	for (u32 i = 1; i < 1024; i++)
		bind_ipi(i & 1);
	CHECK(!pthread_create(&other, NULL, scribble, NULL));
	for (u32 i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		port_op(i & 15 ? EVTCHNOP_send : EVTCHNOP_unmask, seed >> 16 & 1023);
		if (!(i & 63))
			set_priority(seed >> 16 & 1023, seed >> 8 & 15);
		if (!(i & 1023)) {
			port_op(EVTCHNOP_close, seed >> 16 & 1023);
			bind_ipi(i >> 10 & 1);
		}
	}
	stop = 1;
	pthread_join(other, NULL);
	is_int(mm_audit(d), 0, "words that change under our eyes do no harm");
}

int main(void)
{
	test_queue();
	test_moves();
	test_masks();
	test_size();
	test_expand_late();
	test_reset();
	test_hostile();
	return tap_done();
}
