/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatch, multicall and continuations.
 */
#include "fake/fake.h"
#include "tap.h"

static struct domain *d;
static struct vcpu *v;

static void setup(void)
{
	fake_start(1);
	d = fake_domain(1, 1, false);
	v = d->vcpu[0];
	fake_run(0, v);
}

/* A handler of the test's own, in place of the real one: preempted as often as `stops` says. */
static u32 stops, entered;

long do_stack_switch(struct vcpu *who, const struct hc_stack_switch *a)
{
	(void)who;
	entered++;
	if (stops) {
		stops--;
		hypercall_set_arg(v, 1, a->sp + 1);
		return -ERESTART;
	}
	return a->sp;
}

long do_iret(struct vcpu *who, const struct hc_iret *a)
{
	(void)who;
	(void)a;
	return 0x1234;
}

static void test_dispatch(void)
{
	setup();
	is_int(fake_call(63, 0, 0, 0, 0), -ENOSYS, "a number without call");
	is_int(fake_call(64, 0, 0, 0, 0), -ENOSYS, "beyond the table");
	is_int(fake_call(~0u, 0, 0, 0, 0), -ENOSYS, "far beyond");
	is_int(fake_call(HC_hvm_op, 0, 0, 0, 0), -ENOSYS, "a call that is absent");
	is_int(fake_call(HC_platform_op, 0, 0, 0, 0), -EPERM, "one for privileged domains");
	stops = 3;
	is_int(fake_call(HC_stack_switch, 0, 10, 0, 0), 13, "a call preempted three times goes on");
	is_int(fake_restarts, 3, "by being made again");
	is_int(fake_call(HC_event_channel_op, 63, 0, 0, 0), -ENOSYS, "an unknown command");
	is_int(fake_call(HC_event_channel_op, ~0u, 0, 0, 0), -ENOSYS, "by far");
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_send, FAKE_BAD_VA, 0, 0), -EFAULT, "no structure");
	is_int(fake_call(HC_event_channel_op, EVTCHNOP_send, HV_START, 0, 0), -EFAULT, "the hypervisor's");
}

static void entry(multicall_entry_t *e, u32 op, u64 a0, u64 a1)
{
	*e = (multicall_entry_t){ .op = op, .result = 0xdead, .args = { a0, a1 } };
}

static long multicall(multicall_entry_t *e, u32 n)
{
	return fake_call(HC_multicall, (u64)e, n, 0, 0);
}

static void test_multicall(void)
{
	multicall_entry_t e[4];

	setup();
	entry(&e[0], HC_stack_switch, 0, 7);
	entry(&e[1], 63, 0, 0);
	entry(&e[2], HC_multicall, (u64)e, 1);
	entry(&e[3], HC_stack_switch, 0, 9);
	is_int(multicall(e, 4), 0, "four calls");
	is_int(e[0].result, 7, "the first is answered");
	is_int(e[1].result, -ENOSYS, "a bad one too");
	is_int(e[2].result, -EINVAL, "one inside another is refused");
	is_int(e[3].result, 9, "and the last is made all the same");
	is_int(multicall(e, 0), 0, "none at all");
	is_int(multicall((void *)FAKE_BAD_VA, 1), -EFAULT, "from nowhere");
	is_int(multicall((void *)HV_START, 1), -EFAULT, "or from the hypervisor");

	entry(&e[0], HC_stack_switch, 0, 1);
	entry(&e[1], HC_iret, 0, 0);
	entry(&e[2], HC_stack_switch, 0, 3);
	is_int(multicall(e, 3), 0x1234, "after an iret");
	is_int(e[0].result, 1, "what came before is answered");
	is_int(e[2].result, 0xdead, "and nothing more is done");
}

static void test_preempted(void)
{
	multicall_entry_t e[4];

	for (u32 at = 1; at <= 3; at++) {
		setup();
		for (u32 i = 0; i < 4; i++)
			entry(&e[i], HC_stack_switch, 0, 10 * i);
		stops = entered = 0;
		fake_preempt_at = at;
		is_int(multicall(e, 4), 0, "preempted between entries, at %u", at);
		is_int(fake_restarts, 1, "once");
		is_int(entered, 4, "each entry is made once");
		is_int(e[3].result, 30, "and answered");
	}
	setup();
	for (u32 i = 0; i < 4; i++)
		entry(&e[i], HC_stack_switch, 0, 10 * i);
	stops = 5;
	is_int(multicall(e, 4), 0, "preempted within an entry");
	is_int(fake_restarts, 5, "five times");
	is_int(e[0].result, 5, "whose progress is kept");
	is_int(e[1].result, 10, "and is its own");
}

/* A real one: a long mmu_update inside a multicall. */
static void test_nested(void)
{
	mmu_update_t u[40];
	multicall_entry_t e[2];
	u32 done = 0;

	/* Behind 16 requests, behind 32, behind the entry. */
	for (u32 at = 1; at < 4; at++) {
		mfn_t page;

		setup();
		page = frame_to_mfn(frame_alloc(d, 0, 0));
		for (u32 i = 0; i < 40; i++)
			u[i] = (mmu_update_t){ (page << PAGE_SHIFT) + i * 8, i + at };
		entry(&e[0], HC_mmu_update, (u64)u, 40);
		e[0].args[2] = (u64)&done;
		e[0].args[3] = DOMID_SELF;
		entry(&e[1], HC_stack_switch, 0, 5);
		fake_preempt_at = at;
		if (multicall(e, 2) || e[0].result || e[1].result != 5 || done != 40 ||
		    ((u64 *)mfn_to_hv(page))[39] != 39 + at || fake_restarts != 1) {
			ok(false, "preempted at %u", at);
			return;
		}
	}
	ok(true, "a batch in a batch, preempted wherever it looks");
}

int main(void)
{
	test_dispatch();
	test_multicall();
	test_preempted();
	test_nested();
	return tap_done();
}
