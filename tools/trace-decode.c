// SPDX-License-Identifier: GPL-2.0-only
/*
 * From trace records to events.
 *
 * A hypercall is two records on one CPU with nothing but its entries, interrupts and wake-ups of others in
 * between: its beginning with arguments, its end with the result.  Either may have been lost, and Xen itself
 * writes no ends.
 */

#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define NR_IDLE_DOMAIN 0x7fff

/* One record, taken apart. */
struct record {
	uint32_t event, n;
	uint64_t tsc;			/* 0: it has none */
	const uint32_t *extra;
};

void trace_cpu_init(struct trace_cpu *c, uint32_t cpu)
{
	memset(c, 0, sizeof(*c));
	c->cpu = cpu;
	c->domain = c->vcpu = -1;
}

/* Words that it takes; 0: this is no record. */
static size_t take_apart(const uint32_t *words, size_t left, struct record *r)
{
	bool timed = TRC_HD_INCLUDES_CYCLE_COUNT(words[0]);
	size_t size;

	r->event = TRC_HD_TO_EVENT(words[0]);
	r->n = TRC_HD_EXTRA(words[0]);
	size = 1 + 2 * timed + r->n;
	if (size > left || !(r->event & TRC_ALL & 0xf000) || !(r->event >> TRC_CLS_SHIFT))
		return 0;
	r->tsc = timed ? words[1] | (uint64_t)words[2] << 32 : 0;
	r->extra = words + size - r->n;
	return size;
}

static uint64_t wide(const uint32_t *words)
{
	return words[0] | (uint64_t)words[1] << 32;
}

static struct trace_event new_event(const struct trace_cpu *c, enum trace_kind kind, uint64_t tsc)
{
	return (struct trace_event){ .kind = kind, .tsc = tsc, .cpu = c->cpu, .domain = c->domain, .vcpu = c->vcpu,
				     .cmd = TRC_RESULT_NO_CMD };
}

/* ---- hypercalls */

static void take_arguments(struct trace_event *e, const struct record *r)
{
	uint32_t at = 1;

	for (unsigned int i = 0; i < TRACE_ARGS; i++) {
		uint32_t width = r->extra[0] >> (20 + 2 * i) & 3;

		if (!width || width > 2 || at + width > r->n)
			continue;
		e->args[i] = width == 2 ? wide(r->extra + at) : r->extra[at];
		e->known_args |= 1u << i;
		at += width;
	}
	if (trace_command_arg(e->nr) == 0 && (e->known_args & 1))
		e->cmd = e->args[0];
}

/* A call begins.  True: the one before it on this level has had no end, and is told of now. */
static bool call_begins(struct trace_cpu *c, const struct record *r, struct trace_event *e)
{
	bool sub = r->event == TRC_PV_HYPERCALL_SUBCALL, was_open;

	if (!r->n)
		return false;
	was_open = c->is_open[sub];
	*e = c->open[sub];
	c->is_open[sub] = true;
	c->open[sub] = new_event(c, TRACE_CALL, r->tsc);
	c->open[sub].is_subcall = sub;
	c->open[sub].nr = r->extra[0] & ~TRC_PV_HYPERCALL_V2_ARG_MASK;
	take_arguments(&c->open[sub], r);
	return was_open;
}

static bool call_ends(struct trace_cpu *c, const struct record *r, struct trace_event *e)
{
	uint32_t nr, cmd;
	bool sub;

	if (r->n < 7)
		return false;
	nr = r->extra[0] & 0xffff;
	sub = r->extra[0] & TRC_RESULT_SUBCALL;
	cmd = r->extra[6];
	c->vcpu = r->extra[1] & 0xffff;
	c->domain = r->extra[1] >> 16;
	*e = c->is_open[sub] && (c->open[sub].nr & 0xffff) == nr ? c->open[sub] : new_event(c, TRACE_CALL, 0);
	c->is_open[sub] = false;
	e->is_subcall = sub;
	e->nr = e->known_args ? e->nr : nr;
	e->vcpu = c->vcpu;
	e->domain = c->domain;
	e->result = wide(r->extra + 2);
	e->ticks = wide(r->extra + 4);
	e->has_result = true;
	e->own_ticks = e->ticks > e->own_ticks ? e->ticks - e->own_ticks : 0;	/* its entries' sum until now */
	if (!e->tsc)
		e->tsc = r->tsc > e->ticks ? r->tsc - e->ticks : 0;
	if (cmd != TRC_RESULT_NO_CMD)
		e->cmd = cmd;
	if (sub && c->is_open[0])
		c->open[0].own_ticks += e->ticks;
	return true;
}

/* ---- exceptions */

/* Records of these have 64-bit addresses or, without TRC_64_FLAG, are a 32-bit guest's: not ours. */
static bool exception(struct trace_cpu *c, const struct record *r, struct trace_event *e)
{
	static const struct { uint32_t event, least; const char *what; } kinds[] = {
		{ TRC_PV_TRAP, 3, "trap" },
		{ TRC_PV_PAGE_FAULT, 5, "page fault" },
		{ TRC_PV_FORCED_INVALID_OP, 2, "forced cpuid" },
		{ TRC_PV_EMULATE_PRIVOP, 2, "privileged instruction" },
		{ TRC_PV_PTWR_EMULATION, 6, "page table write" },
		{ TRC_PV_GDT_LDT_MAPPING_FAULT, 4, "descriptor table fault" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (r->event != (kinds[i].event | TRC_64_FLAG) || r->n < kinds[i].least)
			continue;
		*e = new_event(c, TRACE_EXCEPTION, r->tsc);
		e->what = kinds[i].what;
		e->rip = wide(r->extra);
		if (kinds[i].event == TRC_PV_PAGE_FAULT) {
			e->address = wide(r->extra + 2);
			e->code = r->extra[4];
		} else if (kinds[i].event == TRC_PV_TRAP) {
			e->count = r->extra[2] & 0x7fff;
			e->code = r->extra[2] >> 16;
		} else if (kinds[i].event == TRC_PV_PTWR_EMULATION) {
			e->address = wide(r->extra + 2);
			e->rip = wide(r->extra + 4);
		}
		return true;
	}
	return false;
}

/* ---- scheduling */

static bool runstate(struct trace_cpu *c, const struct record *r, struct trace_event *e)
{
	if (!r->n)
		return false;
	*e = new_event(c, TRACE_SCHED, r->tsc);
	e->vcpu = r->extra[0] & 0xffff;
	e->domain = r->extra[0] >> 16;
	e->from = r->event >> 8 & 3;
	e->to = r->event >> 4 & 3;
	e->what = "runstate";
	if (e->to == RUNSTATE_running) {
		c->domain = e->domain;
		c->vcpu = e->vcpu;
	}
	return e->domain != NR_IDLE_DOMAIN;
}

static bool lost(struct trace_cpu *c, uint64_t tsc, uint64_t count, struct trace_event *e)
{
	c->is_open[0] = c->is_open[1] = false;
	*e = new_event(c, TRACE_LOST, tsc);
	e->domain = e->vcpu = -1;
	e->count = count;
	return true;
}

/* Whether there is something to tell of. */
static bool decode(struct trace_cpu *c, const struct record *r, struct trace_event *e)
{
	switch (r->event) {
	case TRC_PV_HYPERCALL_V2:
	case TRC_PV_HYPERCALL_SUBCALL:
		return call_begins(c, r, e);
	case TRC_PV_RESULT:
		return call_ends(c, r, e);
	case TRC_LOST_RECORDS:
		return lost(c, r->tsc, r->n ? r->extra[0] : 0, e);
	}
	if ((r->event & ~0x330u) == TRC_SCHED_RUNSTATE_CHANGE)
		return runstate(c, r, e);
	return exception(c, r, e);
}

bool trace_decode(struct trace_cpu *c, const uint32_t *words, size_t count, size_t *at, struct trace_event *e)
{
	struct record r;

	while (*at < count) {
		size_t size = take_apart(words + *at, count - *at, &r);

		if (!size) {
			*at = count;
			return lost(c, 0, 0, e);
		}
		*at += size;
		if (decode(c, &r, e))
			return true;
	}
	return false;
}
