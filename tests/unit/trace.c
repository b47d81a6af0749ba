/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace buffers: the control call, what is recorded of calls and runstates, rings that run full or round,
 * and readers that write nonsense into them.
 */
#include <stdlib.h>

#include "control/op.h"
#include "control/trace.h"
#include "fake/fake.h"
#include "tap.h"

#define PAGES	2
#define SIZE	(PAGES * (u32)PAGE_SIZE - (u32)sizeof(struct t_buf))

/* A record as a reader finds it. */
struct seen {
	u32 event, n, extra[TRACE_EXTRA_MAX];
	u64 tsc;
};

static struct domain *d;
static struct vcpu *v;
static u32 *pages[PAGES];	/* of CPU 0's ring */

static long tbuf(u32 cmd, struct xen_sysctl_tbuf_op *t)
{
	xen_sysctl_t op = { .u.tbuf_op = *t };
	struct subop_call c = { .v = current, .op = &op };
	long rc;

	op.u.tbuf_op.cmd = cmd;
	rc = do_sysctl_tbuf_op(&c, &op);
	*t = op.u.tbuf_op;
	return rc;
}

static long simple(u32 cmd, u32 size)
{
	struct xen_sysctl_tbuf_op t = { .size = size };

	return tbuf(cmd, &t);
}

static long mask(u32 events)
{
	struct xen_sysctl_tbuf_op t = { .evt_mask = events };

	return tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, &t);
}

static long cpus(u64 word)
{
	struct xen_sysctl_tbuf_op t = { .cpu_mask.nr_bits = 64 };

	set_xen_guest_handle(t.cpu_mask.bitmap, (void *)&word);
	return tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, &t);
}

static struct t_buf *head(void)
{
	return (struct t_buf *)pages[0];
}

static u32 word_at(u32 pos)
{
	u32 at = pos % SIZE + sizeof(struct t_buf);

	return pages[at / PAGE_SIZE][at % PAGE_SIZE / 4];
}

/* The next record but fillers; false: none. */
static bool next(struct seen *s)
{
	for (;;) {
		u32 pos = head()->cons, word, n;

		if (pos == head()->prod)
			return false;
		*s = (struct seen){ 0 };
		word = word_at(pos);
		s->event = TRC_HD_TO_EVENT(word);
		s->n = TRC_HD_EXTRA(word);
		n = 1 + s->n;
		if (TRC_HD_INCLUDES_CYCLE_COUNT(word)) {
			s->tsc = word_at(pos + 4) | (u64)word_at(pos + 8) << 32;
			n += 2;
		}
		for (u32 i = 0; i < s->n; i++)
			s->extra[i] = word_at(pos + 4 * (n - s->n + i));
		if (pos % SIZE + 4 * n > SIZE)
			s->event = ~0u;		/* went round the end */
		head()->cons = (pos + 4 * n) % (2 * SIZE);
		if (s->event != TRC_TRACE_WRAP_BUFFER)
			return true;
	}
}

static void empty(void)
{
	struct seen s;

	while (next(&s))
		;
}

long do_stack_switch(struct vcpu *who, const struct hc_stack_switch *a)
{
	(void)who;
	return a->ss ? -EINVAL : 7;
}

static void test_control(void)
{
	struct xen_sysctl_tbuf_op t = { 0 };
	const struct t_info *info;

	is_int(tbuf(XEN_SYSCTL_TBUFOP_get_info, &t), 0, "asked before there is anything");
	ok(!t.buffer_mfn && !t.size && t.evt_mask == TRC_ALL, "nothing is there, and all would be wanted");
	is_int(simple(XEN_SYSCTL_TBUFOP_enable, 0), -EINVAL, "not to be turned on without buffers");
	is_int(simple(99, 0), -EINVAL, "no such command");
	is_int(simple(XEN_SYSCTL_TBUFOP_set_size, 0), -EINVAL, "a size of nothing");
	is_int(simple(XEN_SYSCTL_TBUFOP_set_size, ~0u), -ENOMEM, "one that this machine does not have");
	is_int(tbuf(XEN_SYSCTL_TBUFOP_get_info, &t), 0, "asked after that");
	ok(!t.buffer_mfn, "nothing is left of it");
	is_int(simple(XEN_SYSCTL_TBUFOP_set_size, PAGES), 0, "two pages a CPU");
	is_int(simple(XEN_SYSCTL_TBUFOP_set_size, PAGES), -EBUSY, "the same again");
	is_int(simple(XEN_SYSCTL_TBUFOP_set_size, PAGES + 1), -EINVAL, "or another size");
	is_int(tbuf(XEN_SYSCTL_TBUFOP_get_info, &t), 0, "where are they?");
	info = mfn_to_hv(t.buffer_mfn);
	is_int(info->tbuf_size, PAGES, "of two pages");
	is_int(t.size, PAGE_SIZE, "told in a page");
	for (u32 i = 0; i < PAGES; i++)
		pages[i] = mfn_to_hv(((const u32 *)info)[info->mfn_offset[0] + i]);
	is_int(frame_get_both(mfn_to_frame(t.buffer_mfn), dom_xen, FT_WRITABLE, false), -EINVAL,
	       "which nobody maps writable");
	is_int(frame_get_both(mfn_to_frame(hv_to_mfn(pages[1])), dom_xen, FT_WRITABLE, false), 0,
	       "unlike the buffers");
	frame_put_both(mfn_to_frame(hv_to_mfn(pages[1])), false);
	is_int(frame_get_both(mfn_to_frame(hv_to_mfn(pages[1])), dom_xen, FT_L1, false), -EINVAL,
	       "that never become page tables");
}

static void is_call(u32 event, u32 nr, u32 flags, const char *what)
{
	struct seen s;

	ok(next(&s) && s.event == event && s.extra[0] == (nr | flags), "%s", what);
}

static void is_result(u32 nr, long rc, bool is_subcall, const char *what)
{
	struct seen s;

	ok(next(&s) && s.event == TRC_PV_RESULT && s.extra[0] == (nr | (is_subcall ? TRC_RESULT_SUBCALL : 0)) &&
	   s.extra[1] == (0 | 3u << 16) && (long)(s.extra[2] | (u64)s.extra[3] << 32) == rc && s.extra[4],
	   "%s", what);
}

static void test_calls(void)
{
	multicall_entry_t e[2] = { { .op = HC_stack_switch, .args = { 0, 5 } }, { .op = 63 } };
	u32 one = TRC_PV_HYPERCALL_V2_ARG_32(0), two = TRC_PV_HYPERCALL_V2_ARG_64(1);
	struct seen s;

	fake_call(HC_stack_switch, 0, 1, 0, 0);
	ok(!next(&s), "off: no records");
	is_int(simple(XEN_SYSCTL_TBUFOP_enable, 0), 0, "on");
	is_int(fake_call(HC_stack_switch, 1, 0x1234567890, 0, 0), -EINVAL, "a call is answered as ever");
	ok(next(&s) && s.event == TRC_PV_HYPERCALL_V2 && s.extra[0] == (HC_stack_switch | one | two), "recorded");
	ok(s.n == 4 && s.extra[1] == 1 && s.extra[2] == 0x34567890 && s.extra[3] == 0x12, "with its arguments");
	is_result(HC_stack_switch, -EINVAL, false, "and its result");
	fake_call(63, 0, 0, 0, 0);
	is_call(TRC_PV_HYPERCALL_V2, 63, 0, "an unknown call has no arguments");
	is_result(63, -ENOSYS, false, "but a result");
	fake_call(0xffffff, 0, 0, 0, 0);
	is_call(TRC_PV_HYPERCALL_V2, 0xfffff, 0, "a number beyond all does not reach the arguments' bits");
	is_result(0xffff, -ENOSYS, false, "and is refused");
	fake_call(HC_multicall, (u64)e, 2, 0, 0);
	ok(next(&s) && (s.extra[0] & 0xfffff) == HC_multicall, "a multicall");
	is_call(TRC_PV_HYPERCALL_SUBCALL, HC_stack_switch, one | TRC_PV_HYPERCALL_V2_ARG_32(1), "its first entry");
	is_result(HC_stack_switch, 7, true, "is answered as such");
	is_call(TRC_PV_HYPERCALL_SUBCALL, 63, 0, "then the second");
	is_result(63, -ENOSYS, true, "with its own result");
	is_result(HC_multicall, 0, false, "and the multicall's comes last");
	fake_call(HC_update_va_mapping, ~0UL, ~0UL, ~0UL, 0);
	ok(next(&s) && s.n == TRACE_EXTRA_MAX, "three long arguments just fit");
	empty();
	fake_call(HC_update_va_mapping_otherdomain, ~0UL, ~0UL, 1, DOMID_SELF);
	ok(next(&s) && s.n == TRACE_EXTRA_MAX && s.extra[6] == DOMID_SELF, "narrow ones make room for others");
	empty();
	fake_call(HC_domctl, FAKE_BAD_VA, 0, 0, 0);
	ok(next(&s) && next(&s) && s.extra[6] == TRC_RESULT_NO_CMD, "a command that cannot be read");
	fake_call(HC_domctl, (u64)&(u32){ 5 }, 0, 0, 0);
	ok(next(&s) && next(&s) && s.extra[6] == 5, "and one that can");
}

static void test_masks(void)
{
	struct seen s;

	mask(TRC_SCHED);
	fake_call(63, 0, 0, 0, 0);
	ok(!next(&s), "another class is wanted");
	mask(TRC_PV_ENTRY);
	fake_call(63, 0, 0, 0, 0);
	is_call(TRC_PV_HYPERCALL_V2, 63, 0, "one subclass is wanted");
	ok(!next(&s), "and no other");
	mask(TRC_ALL);
	is_int(cpus(~1UL), 0, "not of this CPU");
	fake_call(63, 0, 0, 0, 0);
	ok(!next(&s), "no records");
	cpus(1);
	trace_runstate(v, RUNSTATE_blocked);
	ok(next(&s) && s.event == (TRC_SCHED_RUNSTATE_CHANGE | RUNSTATE_running << 8 | RUNSTATE_blocked << 4) &&
	   s.extra[0] == 3u << 16, "a runstate changes");
	ok(next(&s) && s.event == TRC_SCHED_BLOCK && s.extra[0] == 3 && !s.extra[1], "which is a vCPU that blocks");
}

/* Fill it up: the ring keeps what it has and counts the others. */
static void test_full(void)
{
	evtchn_bind_virq_t b = { .virq = VIRQ_TBUF };
	u32 made = 0, found = 0, bad = 0;
	struct seen s;

	empty();
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_bind_virq, (u64)&b, 0, 0), 0, "told when half full");
	for (; made < 1000; made++)
		fake_call(63, 0, 0, 0, 0);
	ok(evtchn_is_pending(d, b.port), "an event when it was");
	while (next(&s))
		found += s.event == TRC_PV_HYPERCALL_V2 && s.extra[0] == 63;
	ok(found > 50 && found < made, "%u of %u calls are still there", found, made);
	fake_call(63, 0, 0, 0, 0);
	ok(next(&s) && s.event == TRC_LOST_RECORDS && s.extra[0] > made - found, "the lost ones are counted");
	ok(s.extra[1] == 3 && (s.extra[2] | (u64)s.extra[3] << 32) < s.tsc, "since when, too");
	is_call(TRC_PV_HYPERCALL_V2, 63, 0, "and it goes on");
	empty();
	for (u32 i = 0; i < 5000; i++) {
		u32 arg = rand() % 7;

		fake_call(rand() % 2 ? HC_mmu_update : HC_stack_switch, arg & 1 ? ~0UL : 0, arg & 2 ? ~0UL : 0,
			  arg & 4 ? ~0UL : 0, 0);
		while (next(&s))
			bad += s.event != TRC_PV_HYPERCALL_V2 && s.event != TRC_PV_RESULT;
	}
	is_int(bad, 0, "round and round, each record is whole");
}

static void test_nonsense(void)
{
	static const u32 values[] = { 2 * SIZE, ~0u, 3, SIZE * 2 - 4, 0x80000000 };
	struct seen s;

	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		head()->cons = values[i];
		head()->prod = values[ARRAY_SIZE(values) - 1 - i];
		for (u32 n = 0; n < 500; n++)
			fake_call(63, 0, 0, 0, 0);
	}
	/* One of two places is behind where it goes on: then there is room, and `prod` is told again. */
	head()->prod = 1;
	for (u32 cons = 0; cons <= SIZE && head()->prod == 1; cons += SIZE) {
		head()->cons = cons;
		fake_call(63, 0, 0, 0, 0);
	}
	ok(head()->prod != 1, "a reader's nonsense is not followed");
	head()->cons = head()->prod;
	simple(XEN_SYSCTL_TBUFOP_disable, 0);
	fake_call(63, 0, 0, 0, 0);
	ok(!next(&s), "off again");
	simple(XEN_SYSCTL_TBUFOP_enable, 0);
	fake_call(63, 0, 0, 0, 0);
	ok(next(&s) && s.event == TRC_PV_HYPERCALL_V2, "turned off and on, nothing is told as lost");
	simple(XEN_SYSCTL_TBUFOP_disable, 0);
}

int main(void)
{
	fake_start(1);
	d = fake_domain(3, 1, true);
	v = d->vcpu[0];
	v->sched.runstate.state = RUNSTATE_running;
	fake_run(0, v);
	test_control();
	test_calls();
	test_masks();
	test_full();
	test_nonsense();
	return tap_done();
}
