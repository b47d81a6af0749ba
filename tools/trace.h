/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACE_H
#define TRACE_H

/*
 * The hypervisor's trace buffers: reading them, what their records say, and how that is shown.
 * docs/trace.md describes records and output.
 */

#include "bonsai.h"

#include <stdio.h>
#include <xen/vcpu.h>

#define HV_TRACE_FORMAT_ONLY
#include "../hypervisor/control/trace.h"

#define TRACE_ARGS 6
#define TRACE_RESTARTS (-85)	/* the result of a call that is preempted, and made again to go on */

/* trace-table.c: the list of hypercalls, from hypervisor/abi */

enum trace_arg_kind { ARG_NUMBER, ARG_SIGNED, ARG_HEX, ARG_POINTER };

struct trace_arg {
	const char *name;
	enum trace_arg_kind kind;
};

struct trace_call {
	const char *name;			/* NULL: no such number */
	struct trace_arg args[TRACE_ARGS + 1];	/* up to one without a name */
};

/** trace_call_of - the row of a number; NULL if there is none */
const struct trace_call *trace_call_of(uint32_t nr);

/** trace_command - the name of a call's command; NULL if it is not in the list */
const char *trace_command(uint32_t nr, uint32_t cmd);

/** trace_command_arg - which argument is the command: -1 none, TRACE_ARGS: it is in memory, at the first */
int trace_command_arg(uint32_t nr);

/** trace_is_name - whether a call or a command is called so */
bool trace_is_name(const char *name);

/** trace_errno_name - "ENOSYS"; NULL for a number that is none.  trace_errno() is the other way, 0: none */
const char *trace_errno_name(long error);
int trace_errno(const char *name);

/* trace-decode.c: from words to events; nothing in them is trusted */

enum trace_kind { TRACE_CALL, TRACE_EXCEPTION, TRACE_SCHED, TRACE_LOST };

struct trace_event {
	enum trace_kind kind;
	uint64_t tsc;			/* when it began */
	uint64_t ticks, own_ticks;	/* how long a call took; without its entries, if it is a multicall */
	uint32_t cpu;
	int32_t domain, vcpu;		/* -1: not known */

	/* TRACE_CALL */
	uint32_t nr, cmd;		/* cmd: TRC_RESULT_NO_CMD if not known */
	bool is_subcall, has_result;
	uint32_t known_args;		/* a bit each */
	uint64_t args[TRACE_ARGS];
	int64_t result;

	/* Others */
	const char *what;
	uint64_t rip, address;		/* 0: of no concern */
	uint64_t count;			/* TRACE_LOST: records */
	uint32_t code;			/* TRACE_EXCEPTION: error code */
	uint32_t from, to;		/* TRACE_SCHED: runstates */
};

/* What is known of a CPU from the records so far. */
struct trace_cpu {
	uint32_t cpu;
	int32_t domain, vcpu;		/* who runs there; -1: not known yet */
	bool is_open[2];		/* a call, and an entry of it if that is a multicall, without results yet */
	struct trace_event open[2];
};

void trace_cpu_init(struct trace_cpu *c, uint32_t cpu);

/**
 * trace_decode - take records from the start of words and tell of them
 * @count: of words, all of one CPU
 *
 * Return: false when the words are used up; else *e is what happened, and *at is moved on.  Words that are no
 * record end it with an event TRACE_LOST of unknown count, once.
 */
bool trace_decode(struct trace_cpu *c, const uint32_t *words, size_t count, size_t *at, struct trace_event *e);

/* trace-ring.c */

struct trace_clock {
	uint64_t start;		/* TSC */
	double ns;		/* of a tick */
};

struct trace_rings;

/** trace_open - have buffers made, unless they are there, and map them; NULL and a reason */
struct trace_rings *trace_open(struct ctl *ctl);

/** trace_start - forget what is in them and record events of these classes; a process watches that it ends with us */
int trace_start(struct trace_rings *r, uint32_t mask);

/** trace_stop - record no more; what is there can still be read */
int trace_stop(struct trace_rings *r);

/** trace_read - what happened since, of all CPUs, ordered by when it began; a count, *events is valid until the next */
size_t trace_read(struct trace_rings *r, const struct trace_event **events);

/** trace_take - move the words between cons and prod of a ring out to @to; 0 if these are nonsense */
size_t trace_take(volatile uint32_t *ring, size_t data_bytes, uint32_t *to);

/** trace_clock_of - from TSC to time since trace_start() */
const struct trace_clock *trace_clock_of(const struct trace_rings *r);
void trace_close(struct trace_rings *r);

/* trace-show.c */

/** trace_line - an event as a line of text, as strace writes it, with its newline */
void trace_line(FILE *f, const struct trace_clock *clock, const struct trace_event *e);

/** trace_json - as a JSON object, on one line */
void trace_json(FILE *f, const struct trace_clock *clock, const struct trace_event *e);

/** trace_is_error - the result is a negative errno, and neither a restart nor another's register */
bool trace_is_error(const struct trace_event *e);

/** trace_picture - an event as a part of Chrome's trace format, behind a comma */
void trace_picture(FILE *f, const struct trace_clock *clock, const struct trace_event *e);

#endif
