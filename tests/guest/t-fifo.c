/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fifo - event channels with queues
 *
 * Right: init_control takes a page for each vCPU and turns the domain to FIFO, expand_array gives
 * room for ports in order; a send sets PENDING and LINKED in the port's word, puts it at the head
 * of its priority's queue and sets that ready bit; later ones of the same priority are linked
 * behind; a masked one is only pending; priorities are 0 to 15. Once FIFO, port numbers of more
 * than 4095 are there.  ABI: event_channel.h, evtchn_fifo_control_block.
 */
#include "guest.h"

#define PENDING (1U << EVTCHN_FIFO_PENDING)
#define MASKED	(1U << EVTCHN_FIFO_MASKED)
#define LINKED	(1U << EVTCHN_FIFO_LINKED)
#define LINK(w) ((w)&EVTCHN_FIFO_LINK_MASK)

static evtchn_fifo_control_block_t *control;
static event_word_t *words;

static long init_control(u64 gfn, u32 offset, u32 vcpu)
{
	evtchn_init_control_t op = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	long rc = event_op(EVTCHNOP_init_control, &op);

	if (!rc)
		check_eq(op.link_bits, EVTCHN_FIFO_LINK_BITS, "link bits");
	return rc;
}

static long expand(u64 gfn)
{
	evtchn_expand_array_t op = { .array_gfn = gfn };

	return event_op(EVTCHNOP_expand_array, &op);
}

static long set_priority(u32 port, u32 priority)
{
	evtchn_set_priority_t op = { .port = port, .priority = priority };

	return event_op(EVTCHNOP_set_priority, &op);
}

static void unmask(u32 port)
{
	__atomic_and_fetch(&words[port], ~MASKED, __ATOMIC_SEQ_CST);
}

/* Take the first of a queue, as a guest does it. */
static u32 take(u32 q)
{
	u32 port = LIVE(control->head[q]), word;

	word = __atomic_fetch_and(&words[port], ~(LINKED | EVTCHN_FIFO_LINK_MASK),
				  __ATOMIC_SEQ_CST);
	LIVE(control->head[q]) = LINK(word);
	if (!LINK(word))
		__atomic_and_fetch(&control->ready, ~(1U << q), __ATOMIC_SEQ_CST);
	__atomic_and_fetch(&words[port], ~PENDING, __ATOMIC_SEQ_CST);
	return port;
}

static void setting_up(void)
{
	char *page = page_alloc();

	check_eq(expand(mfn_of(page_alloc())), -XEN_EOPNOTSUPP, "expand_array before init_control");
	check_eq(init_control(mfn_of(page), PAGE_SIZE - 4, 0), -XEN_EINVAL,
		 "across the end of a page");
	check_eq(init_control(mfn_of(page), 4, 0), -XEN_EINVAL, "not aligned to 8");
	check_eq(init_control(mfn_of(page), 0, 1), -XEN_ENOENT, "a vCPU that is not");
	check(init_control(0xfffffffff, 0, 0) < 0, "no frame");
	check(init_control(root_mfn(), 0, 0) < 0, "a page table");
	check_eq(init_control(mfn_of(page), 64, 0), 0, "init_control");
	control = (evtchn_fifo_control_block_t *)(page + 64);
	check(init_control(mfn_of(page), 64, 0) < 0, "once");
	words = pages_alloc(2);
	check(expand(0xfffffffff) < 0, "expand_array, no frame");
	check_eq(expand(mfn_of(words)), 0, "expand_array");
	check_eq(expand(mfn_of((char *)words + PAGE_SIZE)), 0, "and a second page");
}

static void one(u32 from, u32 port)
{
	unmask(port);
	check_eq(send(from), 0, "send");
	check_eq(LIVE(words[port]) & (PENDING | LINKED), (long)(PENDING | LINKED),
		 "pending and linked");
	check_eq(LIVE(control->ready), 1 << EVTCHN_FIFO_PRIORITY_DEFAULT,
		 "the queue of priority 7 is ready");
	check_eq(LIVE(control->head[EVTCHN_FIFO_PRIORITY_DEFAULT]), port, "the port is its head");
	check_eq(LIVE(this_vcpu_info()->evtchn_upcall_pending), 1, "an upcall is pending");
	check_eq(take(EVTCHN_FIFO_PRIORITY_DEFAULT), port, "taken");
	__atomic_or_fetch(&words[port], MASKED, __ATOMIC_SEQ_CST);
	send(from);
	check_eq(LIVE(words[port]) & (PENDING | LINKED), (long)PENDING,
		 "masked: pending, not linked");
	event_port_on(port);
	check_eq(LIVE(words[port]) & (PENDING | LINKED | MASKED), (long)(PENDING | LINKED),
		 "unmask links it");
	check_eq(take(EVTCHN_FIFO_PRIORITY_DEFAULT), port, "taken");
}

static void order(const u32 *from, const u32 *port)
{
	for (int i = 0; i < 4; i++) {
		unmask(port[i]);
		send(from[i]);
	}
	for (int i = 0; i < 4; i++)
		check_eq(take(EVTCHN_FIFO_PRIORITY_DEFAULT), port[i],
			 "first come, first served: %d", i);
	check_eq(LIVE(control->ready), 0, "the queue is empty");
	check_eq(set_priority(port[1], 2), 0, "priority 2");
	check_eq(set_priority(port[2], 15), 0, "priority 15");
	check_eq(set_priority(port[2], 16), -XEN_EINVAL, "priority 16");
	for (int i = 0; i < 4; i++)
		send(from[i]);
	check_eq(LIVE(control->ready), 1 << 2 | 1 << 7 | 1 << 15, "three queues are ready");
	check_eq(take(2), port[1], "the first of priority 2");
	check_eq(take(7), port[0], "the first of priority 7");
	check_eq(take(7), port[3], "the second");
	check_eq(take(15), port[2], "the first of priority 15");
}

void test_main(void)
{
	u32 from[4], port[4];

	callback(CALLBACKTYPE_event, 0, entry_event);
	setting_up();
	for (int i = 0; i < 4; i++) {
		bind_pair(&from[i], &port[i]);
		/* binding has told the new end */
		if (LIVE(words[port[i]]) & LINKED)
			take(EVTCHN_FIFO_PRIORITY_DEFAULT);
		words[port[i]] = 0;
	}
	LIVE(this_vcpu_info()->evtchn_upcall_pending) = 0;
	one(from[0], port[0]);
	order(from, port);
}
