/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FIFO events.  ABI: event_channel.h, "FIFO ABI".
 *
 * The guest gives pages of event words, one word a port (bits PENDING, MASKED, LINKED, BUSY and a
 * link of 17 bits), and for each vCPU a control block with the heads of 16 queues, one a priority,
 * and a word of bits telling which are not empty.  A port that becomes pending is put at the end of
 * its queue: its LINKED bit is set, and the former last port's link names it; or, when that one is
 * not LINKED any more (the guest took it out: the queue is empty), the head does.
 *
 * We keep the last port of each queue; the guest takes ports out at the head, without a lock.  All
 * that we read in these words may be a lie.  It is never used to find memory, only to decide
 * whether to link and to notify, so a guest that lies breaks its own queues and no more.
 *
 * Locks: d->evtchn.queue_lock for all that follows, taken with interrupts off.
 */
#include "hypercall/hypercall.h"
#include "mm/heap.h"

#define WORDS_PER_PAGE	(PAGE_SIZE / sizeof(event_word_t))
#define ARRAY_PAGES	(EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

#define PENDING		(1u << EVTCHN_FIFO_PENDING)
#define MASKED		(1u << EVTCHN_FIFO_MASKED)
#define LINKED		(1u << EVTCHN_FIFO_LINKED)
#define BUSY		(1u << EVTCHN_FIFO_BUSY)

struct evtchn_fifo {
	u32 nr_pages;
	struct frame *page[ARRAY_PAGES];	/* each one general and one writable reference */
};

struct evtchn_fifo_vcpu {
	struct evtchn_fifo_control_block *control;	/* NULL: not given yet */
	struct frame *frame;			/* of the control block, held like the pages */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];	/* last port put in; 0: none, queue empty */
};

static event_word_t *word_of(const struct evtchn_fifo *f, u32 port)
{
	if (port >= f->nr_pages * WORDS_PER_PAGE)
		return NULL;
	return (event_word_t *)mfn_to_hv(frame_to_mfn(f->page[port / WORDS_PER_PAGE])) +
	       port % WORDS_PER_PAGE;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static bool try_link(event_word_t *word, u32 keep, u32 port, unsigned int tries)
{
	u32 old = READ_ONCE(*word);

	while (tries-- && (old & LINKED))
		if (__atomic_compare_exchange_n(word, &old, (old & keep) | port, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

/*
 * Make the last port's word name its successor.  False when it is not LINKED: the queue is empty.
 * After some tries BUSY asks the guest to leave the word alone; one that does not is given up on.
 */
static bool link_after(event_word_t *tail, u32 port)
{
	if (try_link(tail, ~EVTCHN_FIFO_LINK_MASK, port, 4))
		return true;
	if (!(READ_ONCE(*tail) & LINKED))
		return false;
	__atomic_fetch_or(tail, BUSY, __ATOMIC_SEQ_CST);
	if (try_link(tail, ~(EVTCHN_FIFO_LINK_MASK | BUSY), port, 64))
		return true;
	__atomic_fetch_and(tail, ~BUSY, __ATOMIC_SEQ_CST);
	return false;
}

/*
 * Port leaves the record of the queue it was last in: were it the tail there, that queue is empty.
 */
static void forget_tail(struct domain *d, const struct evtchn *ch, u32 port)
{
	struct evtchn_fifo_vcpu *q = d->vcpu[ch->last_vcpu]->evtchn.fifo;

	if (q->tail[ch->last_priority] == port)
		q->tail[ch->last_priority] = 0;
}

/* Put a pending port in v's queue.  True when v is to be notified. */
static bool enqueue(struct domain *d, struct vcpu *v, struct evtchn *ch, u32 port, u32 *word)
{
	struct evtchn_fifo_vcpu *q = v->evtchn.fifo;
	u8 priority = READ_ONCE(ch->priority);
	u32 bit = 1u << priority;
	bool linked = false;

	/* The ABI forbids the guest to unmask before it gave a control block: the event is lost. */
	if (!q || !q->control || (__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED))
		return false;
	forget_tail(d, ch, port);
	ch->last_vcpu = v->id;
	ch->last_priority = priority;
	if (q->tail[priority])
		linked = link_after(word_of(d->evtchn.fifo, q->tail[priority]), port);
	q->tail[priority] = port;
	if (linked)
		return false;
	__atomic_store_n(&q->control->head[priority], port, __ATOMIC_SEQ_CST);
	return !(__atomic_fetch_or(&q->control->ready, bit, __ATOMIC_SEQ_CST) & bit);
}

/*
 * Set bits of the port's word and enqueue it if that makes it deliverable. Returns the vCPU to
 * notify.
 */
static struct vcpu *raise(struct domain *d, struct evtchn *ch, u32 port, bool *fresh)
{
	struct vcpu *v = d->vcpu[READ_ONCE(ch->vcpu)];
	u32 *word = word_of(d->evtchn.fifo, port);
	u32 old;

	if (!word) {
		*fresh = !ch->pending;
		ch->pending = true;		/* fifo_expand_array() raises it again */
		return NULL;
	}
	old = __atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
	*fresh = !(old & PENDING);
	if ((old & (MASKED | LINKED)) || !v || !enqueue(d, v, ch, port, word))
		return NULL;
	return v;
}

bool fifo_set_pending(struct domain *d, struct evtchn *ch, u32 port)
{
	u64 flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	struct vcpu *v = NULL;
	bool fresh = false;

	if (d->evtchn.fifo)			/* else: a reset came between */
		v = raise(d, ch, port, &fresh);
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	if (v)
		vcpu_mark_events_pending(v);
	return fresh;
}

void fifo_unmask(struct domain *d, struct evtchn *ch, u32 port)
{
	u64 flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	struct vcpu *v = NULL;
	u32 *word = d->evtchn.fifo ? word_of(d->evtchn.fifo, port) : NULL;
	bool fresh;

	if (word && (__atomic_fetch_and(word, ~MASKED, __ATOMIC_SEQ_CST) & PENDING))
		v = raise(d, ch, port, &fresh);
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	if (v)
		vcpu_mark_events_pending(v);
}

bool fifo_test(struct domain *d, u32 port, unsigned int bit)
{
	u64 flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	const u32 *word = d->evtchn.fifo ? word_of(d->evtchn.fifo, port) : NULL;
	bool set = word && (READ_ONCE(*word) & (1u << bit));

	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	return set;
}

/* It may stay in a queue: the guest takes it out and passes over what is not pending. */
void fifo_clear_pending(struct domain *d, struct evtchn *ch, u32 port)
{
	u64 flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	u32 *word = d->evtchn.fifo ? word_of(d->evtchn.fifo, port) : NULL;

	ch->pending = false;
	if (word)
		__atomic_fetch_and(word, ~PENDING, __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
}

/* ---- frames the guest gives ------------------------------------------------------------------ */

static struct frame *get_frame(struct domain *d, mfn_t mfn)
{
	if (!mfn_valid(mfn) || frame_get_both(mfn_to_frame(mfn), d, FT_WRITABLE, false))
		return NULL;
	return mfn_to_frame(mfn);
}

static int map_control_block(struct domain *d, struct vcpu *v, mfn_t mfn, u32 offset)
{
	struct evtchn_fifo_vcpu *q = v->evtchn.fifo;
	struct frame *f;
	u64 flags;

	if (!q || q->control)
		return hc_fail(-EINVAL, "v%u has its control block", v->id);
	f = get_frame(d, mfn);
	if (!f)
		return hc_fail(-EINVAL, "control block frame %#lx", mfn);
	flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	q->frame = f;
	q->control = mfn_to_hv(mfn) + offset;
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	return 0;
}

static void free_queues(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		zfree(v->evtchn.fifo);
		v->evtchn.fifo = NULL;
	}
}

static int alloc_queues(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		v->evtchn.fifo = zalloc(sizeof(*v->evtchn.fifo));
		if (!v->evtchn.fifo) {
			free_queues(d);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Events pending in the bitmap are kept for when their words exist. */
static void carry_over_pending(struct domain *d)
{
	for (u32 port = 1; port < EVTCHN_2L_NR_CHANNELS && evtchn_port_valid(d, port); port++) {
		struct evtchn *ch = evtchn_at(d, port);

		ch->pending = READ_ONCE(d->shared->evtchn_pending[port / 64]) & BIT(port % 64);
		ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		ch->last_vcpu = ch->last_priority = 0;
	}
}

static int switch_to_fifo(struct domain *d, struct vcpu *v, mfn_t mfn, u32 offset)
{
	struct evtchn_fifo *f = zalloc(sizeof(*f));
	u64 flags;
	int rc;

	if (!f)
		return -ENOMEM;
	rc = alloc_queues(d);
	if (!rc) {
		rc = map_control_block(d, v, mfn, offset);
		if (rc)
			free_queues(d);
	}
	if (rc) {
		zfree(f);
		return rc;
	}
	flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	d->evtchn.fifo = f;
	carry_over_pending(d);
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	d->evtchn.nr_ports = EVTCHN_FIFO_NR_CHANNELS;
	return 0;
}

int fifo_init_control(struct domain *d, struct vcpu *v, mfn_t mfn, u32 offset)
{
	if (d->evtchn.fifo)
		return map_control_block(d, v, mfn, offset);
	return switch_to_fifo(d, v, mfn, offset);
}

/* Return: 0; -ENOSPC when the array is complete; -EINVAL for a frame that cannot be written. */
int fifo_expand_array(struct domain *d, mfn_t mfn)
{
	struct evtchn_fifo *f = d->evtchn.fifo;
	struct frame *page;
	u32 first = f->nr_pages * WORDS_PER_PAGE;
	u64 flags;

	if (f->nr_pages == ARRAY_PAGES)
		return hc_fail(-ENOSPC, "event array is complete");
	page = get_frame(d, mfn);
	if (!page)
		return hc_fail(-EINVAL, "event array frame %#lx", mfn);
	flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	f->page[f->nr_pages++] = page;
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);

	for (u32 port = first; port < first + WORDS_PER_PAGE && evtchn_port_valid(d, port); port++)
		if (READ_ONCE(evtchn_at(d, port)->pending))
			fifo_set_pending(d, evtchn_at(d, port), port);
	return 0;
}

/*
 * Back to two-level events, with no port open.  Frames are put when no raiser can see them any
 * more.
 */
void fifo_destroy(struct domain *d)
{
	struct evtchn_fifo *f = d->evtchn.fifo;
	u64 flags = spin_lock_irqsave(&d->evtchn.queue_lock);
	struct vcpu *v;

	d->evtchn.fifo = NULL;
	spin_unlock_irqrestore(&d->evtchn.queue_lock, flags);
	if (!f)
		return;
	for (u32 i = 0; i < f->nr_pages; i++)
		frame_put_both(f->page[i], false);
	for_each_vcpu(d, v)
		if (v->evtchn.fifo && v->evtchn.fifo->frame)
			frame_put_both(v->evtchn.fifo->frame, false);
	free_queues(d);
	zfree(f);
	d->evtchn.nr_ports = EVTCHN_2L_NR_CHANNELS;
}

void evtchn_for_each_ref(struct domain *d, void (*fn)(void *arg, struct frame *f), void *arg)
{
	struct evtchn_fifo *f = d->evtchn.fifo;
	struct vcpu *v;

	for (u32 i = 0; f && i < f->nr_pages; i++)
		fn(arg, f->page[i]);
	for_each_vcpu(d, v) {
		if (v->evtchn.info_frame)
			fn(arg, v->evtchn.info_frame);
		if (v->evtchn.fifo && v->evtchn.fifo->frame)
			fn(arg, v->evtchn.fifo->frame);
	}
}
