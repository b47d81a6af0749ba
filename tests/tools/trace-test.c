// SPDX-License-Identifier: GPL-2.0-only
/*
 * What trace records say: calls with and without ends, multicalls, losses; rings taken out at every place of
 * theirs; and words that are no records, of which nothing may be believed.
 */

#include "tap.h"
#include "trace.h"

#include <jansson.h>
#include <stdlib.h>

#define CLOCK	(&(struct trace_clock){ .start = 1000, .ns = 0.5 })
#define ONE(i)	TRC_PV_HYPERCALL_V2_ARG_32(i)
#define TWO(i)	TRC_PV_HYPERCALL_V2_ARG_64(i)

static uint32_t words[4096];
static size_t count;
static struct trace_cpu cpu;

static void begin(void)
{
	count = 0;
	trace_cpu_init(&cpu, 2);
}

static void record(uint32_t event, uint64_t tsc, const uint32_t *extra, uint32_t n)
{
	words[count++] = event | n << TRACE_EXTRA_SHIFT | (uint32_t)TRC_HD_CYCLE_FLAG;
	words[count++] = tsc;
	words[count++] = tsc >> 32;
	memcpy(words + count, extra, n * sizeof(*extra));
	count += n;
}

#define RECORD(event, tsc, ...) \
	record(event, tsc, (uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void result(uint32_t nr, uint64_t tsc, int64_t rc, uint64_t ticks, uint32_t cmd)
{
	RECORD(TRC_PV_RESULT, tsc, nr, 1 | 3 << 16, (uint32_t)rc, (uint32_t)(rc >> 32), (uint32_t)ticks,
	       (uint32_t)(ticks >> 32), cmd);
}

/* All that the words say, as lines; the caller frees. */
static char *told(void)
{
	struct trace_event e;
	size_t at = 0, size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	while (trace_decode(&cpu, words, count, &at, &e))
		trace_line(f, CLOCK, &e);
	fclose(f);
	return text;
}

static void is_told(const char *want, const char *what)
{
	char *text = told();

	is_str(text, want, what);
	free(text);
}

static void test_calls(void)
{
	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 32 | ONE(0) | TWO(1), 4, 0x81234567, 0xffffc900);
	result(32, 3500, 0, 400, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d3v1   event_channel_op(send, arg=0xffffc90081234567) = 0 <200 ns>\n", "a call");

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 36 | TWO(0), 0x5000, 0x7f00);
	result(36, 3500, -3, 2, 5);
	is_told("   0.000001 d3v1   domctl(getdomaininfo, op=0x7f0000005000) = -ESRCH (No such process) <1 ns>\n",
		"a command in memory, an error");

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 26 | TWO(0) | ONE(1) | ONE(2) | ONE(3), 0x5000, 0x7f00, 3, 0, 0x7ff0);
	result(26, 3500, 0, 2, 5);
	is_told("   0.000001 d3v1   mmuext_op(new_baseptr + 2 more, ops=0x7f0000005000, count=3, done=NULL, "
		"foreign=SELF) = 0 <1 ns>\n", "the first of several, a domain");

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 12 | ONE(0) | ONE(1), 6 | 512 << 6, 0x1000);
	result(12, 3500, -85, 2, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d3v1   memory_op(populate_physmap from 512, arg=0x1000) = ? (preempted, goes on) <1 ns>\n",
		"one that is preempted");

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 63);
	result(63, 3500, -38, 2, TRC_RESULT_NO_CMD);
	RECORD(TRC_PV_HYPERCALL_V2, 4000, 31 | ONE(0), 7);
	result(31, 4500, -1234, 2, 0);
	RECORD(TRC_PV_HYPERCALL_V2, 4000, 32 | ONE(0), 77);
	result(32, 4500, 1, 2, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d3v1   hypercall_63() = -ENOSYS (Function not implemented) <1 ns>\n"
		"   0.000002 d3v1   xenoprof_op() = -1234 <1 ns>\n"
		"   0.000002 d3v1   event_channel_op(command_77, arg=?) = 1 <1 ns>\n",
		"what no list knows");

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 23);
	result(23, 3500, -38, 2, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d3v1   iret() = 0xffffffffffffffda <1 ns>\n", "iret's is a register, not an error");
}

static void test_multicall(void)
{
	struct trace_event e;
	size_t at = 0;

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 13 | ONE(0) | ONE(1), 0x1000, 1);
	RECORD(TRC_PV_HYPERCALL_SUBCALL, 3100, 3 | ONE(0) | ONE(1), 0, 0x2000);
	result(3 | TRC_RESULT_SUBCALL, 3200, 0, 60, TRC_RESULT_NO_CMD);
	result(13, 3300, 0, 300, TRC_RESULT_NO_CMD);
	ok(trace_decode(&cpu, words, count, &at, &e) && e.is_subcall && e.ticks == 60, "an entry of a multicall");
	ok(trace_decode(&cpu, words, count, &at, &e) && !e.is_subcall && e.ticks == 300 && e.own_ticks == 240,
	   "its own time is without it");
	is_told("   0.000001 d3v1   | stack_switch(ss=0, sp=0x2000) = 0 <30 ns>\n"
		"   0.000001 d3v1   multicall(calls=0x1000, count=1) = 0 <150 ns>\n", "as lines");
}

static void test_incomplete(void)
{
	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 29 | ONE(0), 1);
	RECORD(TRC_PV_HYPERCALL_V2, 4000, 29 | ONE(0), 0);
	result(29, 4500, 0, 2, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d?v?   sched_op(block, arg=?) = ?\n"
		"   0.000002 d3v1   sched_op(yield, arg=?) = 0 <1 ns>\n", "no end, as on Xen");
	begin();
	result(29, 4500, 0, 1000, TRC_RESULT_NO_CMD);
	is_told("   0.000001 d3v1   sched_op(cmd=?, arg=?) = 0 <500 ns>\n", "no beginning");
	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 29 | ONE(0), 1);
	RECORD(TRC_LOST_RECORDS, 5000, 77, 0, 0, 0);
	result(29, 6500, 0, 2, TRC_RESULT_NO_CMD);
	is_told("   0.000002 -- 77 records of CPU 2 were lost: its buffer was full\n"
		"   0.000003 d3v1   sched_op(cmd=?, arg=?) = 0 <1 ns>\n", "losses come between");
	begin();
	words[count++] = TRC_TRACE_WRAP_BUFFER | 2u << TRACE_EXTRA_SHIFT;
	count += 2;
	is_told("", "fillers say nothing");
}

static void test_others(void)
{
	begin();
	RECORD(TRC_SCHED_RUNSTATE_CHANGE | RUNSTATE_runnable << 8, 3000, 0 | 5 << 16);
	RECORD(TRC_PV_PAGE_FAULT | TRC_64_FLAG, 3000, 0x1000, 0, 0x2000, 0x7f, 6);
	RECORD(TRC_PV_TRAP | TRC_64_FLAG, 3000, 0x1000, 0, 3 | 1 << 15);
	RECORD(TRC_PV_EMULATE_PRIVOP | TRC_64_FLAG, 3000, 0x1000, 0);
	RECORD(TRC_SCHED_RUNSTATE_CHANGE | RUNSTATE_running << 8 | RUNSTATE_blocked << 4, 3000, 0 | 5 << 16);
	is_told("   0.000001 d5v0   -- runstate runnable -> running, CPU 2\n"
		"   0.000001 d5v0   -- page fault at 0x7f00002000 error 0x6 by 0x1000\n"
		"   0.000001 d5v0   -- trap 3 by 0x1000\n"
		"   0.000001 d5v0   -- privileged instruction by 0x1000\n"
		"   0.000001 d5v0   -- runstate running -> blocked, CPU 2\n", "exceptions and runstates");
}

/* A ring of 40 words of data, filled from every place on, across its end. */
static void test_ring(void)
{
	static uint32_t ring[2 + 40], out[40];
	unsigned int bad = 0;

	for (uint32_t cons = 0; cons < 320; cons += 4)
		for (uint32_t n = 0; n <= 40; n++) {
			ring[0] = cons;
			ring[1] = (cons + 4 * n) % 320;
			for (uint32_t i = 0; i < n; i++)
				ring[2 + (cons / 4 + i) % 40] = i;
			bad += trace_take(ring, 160, out) != n || ring[0] != ring[1];
			for (uint32_t i = 0; i < n; i++)
				bad += out[i] != i;
		}
	is_int(bad, 0, "a ring is read from wherever to wherever");
	for (unsigned int i = 0; i < 100000; i++) {
		ring[0] = rand() % 4 ? rand() % 400 : rand();
		ring[1] = rand() % 4 ? rand() % 400 : rand();
		bad += trace_take(ring, 160, out) > 40;
	}
	is_int(bad, 0, "or from nowhere to nonsense");
}

/* Whole, cut anywhere, changed anywhere, and no records at all: every event must be fit to be shown. */
static void test_garbage(void)
{
	size_t whole, events = 0;
	char *picture;
	size_t size;
	json_t *parts;
	FILE *f = fopen("/dev/null", "w"), *drawn = open_memstream(&picture, &size);

	fputs("[0", drawn);

	for (unsigned int round = 0; round < 3000; round++) {
		struct trace_event e;
		size_t at = 0;
		uint32_t *exact;

		begin();
		RECORD(TRC_PV_HYPERCALL_V2, 3000, 13 | ONE(0) | ONE(1), 0x1000, 1);
		RECORD(TRC_PV_HYPERCALL_SUBCALL, 3100, 14 | TWO(0) | TWO(1) | TWO(2), 1, 2, 3, 4, 5, 6);
		result(14 | TRC_RESULT_SUBCALL, 3200, -22, 60, 3);
		RECORD(TRC_SCHED_RUNSTATE_CHANGE, 3000, 0);
		RECORD(TRC_PV_PAGE_FAULT | TRC_64_FLAG, 3000, 1, 2, 3, 4, 6);
		result(13, 3300, 0, 300, 0);
		whole = count;
		if (round % 3 == 1)
			words[rand() % whole] = (uint32_t)rand() << 16 ^ rand();
		for (size_t i = 0; round % 3 == 2 && i < whole; i++)
			words[i] = (uint32_t)rand() << 16 ^ rand();
		count = rand() % (whole + 1);
		/* Of its very size, so that the sanitizer sees a step beyond. */
		exact = malloc(count * sizeof(*exact) + !count);
		memcpy(exact, words, count * sizeof(*exact));
		while (trace_decode(&cpu, exact, count, &at, &e)) {
			trace_line(f, CLOCK, &e);
			trace_json(f, CLOCK, &e);
			trace_picture(drawn, CLOCK, &e);
			events++;
		}
		free(exact);
	}
	fclose(f);
	fputs("]", drawn);
	fclose(drawn);
	parts = json_loads(picture, 0, NULL);
	is_int(json_array_size(parts), events + 1, "the picture is JSON, whatever it is of");
	json_decref(parts);
	free(picture);
	ok(events > 1000, "cut, changed or random words: %zu events, each shown three ways", events);
}

static void test_json(void)
{
	struct trace_event e;
	size_t at = 0;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	json_t *o;

	begin();
	RECORD(TRC_PV_HYPERCALL_V2, 3000, 18 | ONE(0) | ONE(1) | TWO(2), 0, 5, 0x1000, 2);
	result(18, 3500, -14, 400, TRC_RESULT_NO_CMD);
	trace_decode(&cpu, words, count, &at, &e);
	trace_json(f, CLOCK, &e);
	fclose(f);
	o = json_loads(text, 0, NULL);
	free(text);
	json_object_del(o, "time");
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	is_str(text, "{\"args\":{\"buffer\":\"0x200001000\",\"cmd\":0,\"count\":5},\"call\":\"console_io\","
	       "\"command\":\"write\",\"cpu\":2,\"domain\":3,\"error\":\"EFAULT\",\"ns\":200,\"result\":-14,\"vcpu\":1}",
	       "as JSON");
	free(text);
	json_decref(o);
	ok(trace_errno("ENOSYS") == 38 && !trace_errno("ENONSENSE") && trace_is_name("send") &&
	   trace_is_name("iret") && !trace_is_name("nonsense"), "names are known both ways");
}

int main(void)
{
	test_calls();
	test_multicall();
	test_incomplete();
	test_others();
	test_ring();
	test_garbage();
	test_json();
	return done_testing();
}
