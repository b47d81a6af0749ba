/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench-shares - what the scheduler gives to domains that use all they get: bench/shares prints it
 *
 * Three children of one vCPU spin.  Each line is "bench NAME wanted=N got=N": parts of a CPU in 1/100 %,
 * by the time that their vCPUs were running; or nanoseconds from the time that an idle child's timer was set to
 * until it runs, beside the three.  CPUs: as many as the machine has (cpus=N on the command line).
 */
#include "child.h"

#define HOGS	3
#define WAKES	200
#define MS	1000000UL

enum { IDLER = 1, FIRST_WAIT = 8 };

static struct child children[HOGS + 1];
static const char *phase;

static void sleep_often(void)
{
	for (u64 i = 0; i < WAKES; i++) {
		u64 due = now() + 5 * MS + i * 10000, woken;
		sched_poll_t poll = { .nr_ports = 0, .timeout = due };

		HC(sched_op, .cmd = SCHEDOP_poll, .arg = &poll);
		woken = now();
		mail.reply[FIRST_WAIT + i] = woken > due ? woken - due : 0; /* Xen's timers may be early */
		LIVE(mail.reply[0]) = i + 1;
	}
}

void child_main(void)
{
	while (LIVE(mail.word[0]) != IDLER)
		;
	sleep_often();
	for (;;)
		rest(SECOND);
}

static void params(struct child *c, u16 weight, u16 cap)
{
	struct xen_domctl op = { 0 };

	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit2.weight = weight;
	op.u.scheduler_op.u.credit2.cap = cap;
	if (domctl(XEN_DOMCTL_scheduler_op, c->id, &op))
		bail_out("weight and cap are refused");
}

struct sample {
	u64 when, used;
};

/* Both at one time: once more when something came in between. */
static struct sample used(struct child *c)
{
	struct xen_domctl_getdomaininfo info;
	struct sample s;
	u64 tries = 100;

	do {
		s.when = now();
		if (child_info(c, &info))
			bail_out("no getdomaininfo");
		s.used = info.cpu_time;
	} while (now() - s.when > MS / 5 && --tries);
	return s;
}

/* What the three used in `ns`, beside what is wanted of each, in 1/100 % of a CPU. */
static void measure(const u64 *wanted, u64 ns)
{
	struct sample begin[HOGS], end[HOGS];

	rest(SECOND);
	for (u64 i = 0; i < HOGS; i++)
		begin[i] = used(&children[i]);
	rest(ns);
	for (u64 i = 0; i < HOGS; i++)
		end[i] = used(&children[i]);
	for (u64 i = 0; i < HOGS; i++)
		print("bench %s wanted=%lu got=%lu\n", phase, wanted[i],
		      (end[i].used - begin[i].used) * 10000 / (end[i].when - begin[i].when));
}

static void weights(u64 cpus, u64 seconds)
{
	static const u64 one[] = { 1429, 2857, 5714 }, two[] = { 3333, 6667, 10000 };

	phase = "weight";
	for (u64 i = 0; i < HOGS; i++)
		params(&children[i], 256 << i, 0);
	measure(cpus == 1 ? one : two, seconds * SECOND);
}

static void caps(u64 seconds)
{
	static const u64 wanted[] = { 1000, 2000, 4000 };

	phase = "cap";
	for (u64 i = 0; i < HOGS; i++)
		params(&children[i], 256, wanted[i] / 100);
	measure(wanted, seconds * SECOND);
}

static void latency(void)
{
	struct child *c = &children[HOGS];
	struct mail *box;
	u64 *waits, i, j;

	for (i = 0; i < HOGS; i++)
		params(&children[i], 256, 0);
	box = child_map(c, &mail);
	box->word[0] = IDLER;
	child_unpause(c);
	for (i = 0; i < 600 && LIVE(box->reply[0]) < WAKES; i++)
		rest(SECOND / 10); /* seldom: each time a hog's rate limit begins anew */
	if (i == 600)
		bail_out("the idle child does not wake");
	waits = &box->reply[FIRST_WAIT];
	for (i = 1; i < WAKES; i++) {
		u64 w = waits[i];

		for (j = i; j && waits[j - 1] > w; j--)
			waits[j] = waits[j - 1];
		waits[j] = w;
	}
	print("bench latency median=%lu p90=%lu worst=%lu\n", waits[WAKES / 2], waits[WAKES * 9 / 10], waits[WAKES - 1]);
}

void test_main(void)
{
	const char *arguments = (const char *)start_info->cmd_line;
	u64 cpus = starts_with(arguments, "cpus=2") ? 2 : 1;

	event_init();
	for (u64 i = 0; i <= HOGS; i++)
		child_make(&children[i], 1, "");
	for (u64 i = 0; i < HOGS; i++)
		child_unpause(&children[i]);
	weights(cpus, 10);
	caps(10);
	latency();
	check(true, "measured");
	for (u64 i = 0; i <= HOGS; i++)
		child_destroy(&children[i]);
}
