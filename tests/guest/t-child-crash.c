/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-crash - the many ways of a domain to come to a bad end
 *
 * Right: whatever one domain does to itself, it ends alone, for the reason `crash`, keeps its memory
 * for whoever wants to look at it, and can be destroyed; a domain that never ends can be, too.  The initial
 * domain goes on after each.  The vCPU's registers can be read afterwards.
 *
 * Boot: --initrd ./child-crash.elf --memory 256
 */
#include "child.h"

#define MARK	0x600dc0deUL

enum { HOW };
enum { STARTED, RESULT };

static char *const nowhere = (char *)UNMAPPED;

static void no_handler(void)
{
	HC(set_trap_table, .traps = NULL);
	__asm__ volatile("ud2" : : "b"(MARK));
}

static void no_stack(void)
{
	__asm__ volatile("movq %0, %%rsp\n\tint3" : : "r"(nowhere), "b"(MARK));
}

static void shutdown_crash(void)
{
	guest_exit(SHUTDOWN_crash);
}

static void loop(void)
{
	for (;;)
		__asm__ volatile("pause");
}

static void all_ports(void)
{
	evtchn_alloc_unbound_t a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	u64 n = 0;
	long rc;

	while (!(rc = event_op(EVTCHNOP_alloc_unbound, &a)))
		n++;
	mail.reply[RESULT] = rc;
	guest_exit(SHUTDOWN_crash);
}

static void all_memory(void)
{
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 mfn = 0, n = 0;

	set_xen_guest_handle(r.extent_start, &mfn);
	while (n < 100000 && memory_op(XENMEM_increase_reservation, &r) == 1)
		n++;
	mail.reply[RESULT] = n;
	guest_exit(SHUTDOWN_crash);
}

static const struct way {
	const char *name;
	void (*go)(void);
	long reason; /* -1: it does not end */
	bool marked; /* RBX says where it was */
	long result;
} ways[] = {
	{ "an exception without a handler", no_handler, SHUTDOWN_crash, true, 0 },
	{ "an exception without a stack", no_stack, SHUTDOWN_crash, true, 0 },
	{ "its own wish", shutdown_crash, SHUTDOWN_crash, false, 0 },
	{ "no end", loop, -1, false, 0 },
	{ "all its ports", all_ports, SHUTDOWN_crash, false, -XEN_ENOSPC },
	{ "more memory than it may have", all_memory, SHUTDOWN_crash, false, 0 },
};

void child_main(void)
{
	LIVE(mail.reply[STARTED]) = 1;
	ways[mail.word[HOW]].go();
}

static u64 rbx_of(struct child *c)
{
	static vcpu_guest_context_t ctx;
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)&ctx);
	if (domctl(XEN_DOMCTL_getvcpucontext, c->id, &op))
		return 0;
	return ctx.user_regs.rbx;
}

static void try_way(u64 i)
{
	const struct way *w = &ways[i];
	struct mail *box;
	struct child c;
	long reason;

	child_make(&c, 1, "");
	box = child_map(&c, &mail);
	box->word[HOW] = i;
	child_unpause(&c);
	check(child_wait_word(&box->reply[STARTED], 1, 10 * SECOND), "%s: started", w->name);
	reason = child_wait(&c, w->reason < 0 ? SECOND / 10 : 10 * SECOND);
	check_eq(reason, w->reason, "%s: how it ended", w->name);
	if (w->marked)
		check_eq(rbx_of(&c), MARK, "%s: its registers are there to read", w->name);
	check_eq((long)box->reply[RESULT], w->result, "%s: what it was told", w->name);
	child_unmap(box);
	check_eq(child_destroy(&c), 0, "%s: destroy", w->name);
	check(child_is_gone(&c), "%s: gone", w->name);
}

void test_main(void)
{
	u64 before = free_pages();

	for (u64 i = 0; i < ARRAY_SIZE(ways); i++)
		try_way(i);
	check_free_pages(before);
}
