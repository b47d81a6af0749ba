// SPDX-License-Identifier: GPL-2.0-only
/* What happened, as a line, as JSON, as a part of a picture. */

#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_MEMORY_OP	12
#define NR_IRET		23
#define NR_MMUEXT_OP	26
#define EXTENT_SHIFT	6
#define ERRNO_MAX	4095

/* In the picture, physical CPUs are a process of their own beside the domains. */
#define PICTURE_CPUS	100000
#define PICTURE_UNKNOWN	99999

static const char *const runstates[] = { "running", "runnable", "blocked", "offline" };

bool trace_is_error(const struct trace_event *e)
{
	return e->kind == TRACE_CALL && e->has_result && e->result < 0 && e->result >= -ERRNO_MAX &&
	       e->result != TRACE_RESTARTS && e->nr != NR_IRET;
}

static double seconds(const struct trace_clock *clock, uint64_t tsc)
{
	return tsc > clock->start ? (tsc - clock->start) * clock->ns / 1e9 : 0;
}

static uint64_t nanoseconds(const struct trace_clock *clock, uint64_t ticks)
{
	return ticks * clock->ns + 0.5;
}

static const char *call_name(const struct trace_event *e, char buffer[32])
{
	const struct trace_call *c = trace_call_of(e->nr);

	if (c)
		return c->name;
	snprintf(buffer, 32, "hypercall_%u", e->nr);
	return buffer;
}

/* ---- arguments */

static void domain_text(uint64_t value, char *text, size_t size)
{
	static const struct { uint16_t id; const char *name; } special[] = {
		{ DOMID_SELF, "SELF" }, { DOMID_IO, "IO" }, { DOMID_XEN, "XEN" }, { DOMID_COW, "COW" },
		{ DOMID_INVALID, "INVALID" }, { DOMID_IDLE, "IDLE" },
	};
	uint16_t id = value;
	int n;

	n = snprintf(text, size, "d%u", id);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (special[i].id == id)
			n = snprintf(text, size, "%s", special[i].name);
	if (value >> 16)	/* mmu_update: whose tables, plus one */
		snprintf(text + n, size - n, " tables of d%u", (uint16_t)((value >> 16) - 1));
}

static void argument_text(const struct trace_arg *arg, uint64_t value, char *text, size_t size)
{
	if (arg->kind == ARG_NUMBER && (!strcmp(arg->name, "foreign") || !strcmp(arg->name, "domid")))
		domain_text(value, text, size);
	else if (arg->kind == ARG_POINTER && !value)
		snprintf(text, size, "NULL");
	else if (arg->kind == ARG_SIGNED)
		snprintf(text, size, "%ld", value);
	else if (arg->kind == ARG_POINTER || arg->kind == ARG_HEX || value >> 31)
		snprintf(text, size, "%#lx", value);
	else
		snprintf(text, size, "%lu", value);
}

/* "send", "new_baseptr + 2 more", "populate_physmap from 512"; false: the call has no commands, or it is not known. */
static bool command_text(const struct trace_event *e, char *text, size_t size)
{
	const char *name = trace_command(e->nr, e->cmd);
	int n;

	if (trace_command_arg(e->nr) < 0 || e->cmd == TRC_RESULT_NO_CMD)
		return false;
	n = name ? snprintf(text, size, "%s", name) : snprintf(text, size, "command_%u", e->cmd);
	if (e->nr == NR_MEMORY_OP && e->args[0] >> EXTENT_SHIFT)
		snprintf(text + n, size - n, " from %lu", e->args[0] >> EXTENT_SHIFT);
	if (e->nr == NR_MMUEXT_OP && (e->known_args & 2) && (uint32_t)e->args[1] > 1)
		snprintf(text + n, size - n, " + %u more", (uint32_t)(e->args[1] - 1) & 0x7fffffff);
	return true;
}

static void write_arguments(FILE *f, const struct trace_event *e)
{
	const struct trace_call *c = trace_call_of(e->nr);
	const char *comma = "";
	char text[64];

	if (command_text(e, text, sizeof(text))) {
		fputs(text, f);
		comma = ", ";
	}
	for (int i = 0; c && c->args[i].name; i++) {
		if (*comma && trace_command_arg(e->nr) == i)
			continue;
		if (e->known_args & 1u << i)
			argument_text(&c->args[i], e->args[i], text, sizeof(text));
		else
			snprintf(text, sizeof(text), "?");
		fprintf(f, "%s%s=%s", comma, c->args[i].name, text);
		comma = ", ";
	}
}

/* ---- lines */

static void write_result(FILE *f, const struct trace_clock *clock, const struct trace_event *e)
{
	const char *name;

	if (!e->has_result) {
		fputs(" = ?\n", f);
		return;
	}
	name = trace_is_error(e) ? trace_errno_name(-e->result) : NULL;
	if (name)
		fprintf(f, " = -%s (%s)", name, strerror(-e->result));
	else if (e->result == TRACE_RESTARTS)
		fputs(" = ? (preempted, goes on)", f);
	else if (e->nr == NR_IRET || e->result != (int32_t)e->result)
		fprintf(f, " = %#lx", e->result);
	else
		fprintf(f, " = %ld", e->result);
	fprintf(f, " <%lu ns>\n", nanoseconds(clock, e->ticks));
}

static void write_who(FILE *f, const struct trace_event *e)
{
	char who[32] = "d?v?";

	if (e->domain >= 0)
		snprintf(who, sizeof(who), "d%dv%d", e->domain, e->vcpu);
	fprintf(f, "%-6s ", who);
}

void trace_line(FILE *f, const struct trace_clock *clock, const struct trace_event *e)
{
	char name[32];

	fprintf(f, "%11.6f ", seconds(clock, e->tsc));
	if (e->kind == TRACE_LOST) {
		if (e->count)
			fprintf(f, "-- %lu records of CPU %u were lost: its buffer was full\n", e->count, e->cpu);
		else
			fprintf(f, "-- records of CPU %u make no sense and are left out\n", e->cpu);
		return;
	}
	write_who(f, e);
	if (e->kind == TRACE_CALL) {
		fprintf(f, "%s%s(", e->is_subcall ? "| " : "", call_name(e, name));
		write_arguments(f, e);
		fputc(')', f);
		write_result(f, clock, e);
		return;
	}
	fprintf(f, "-- %s", e->what);
	if (e->kind == TRACE_SCHED)
		fprintf(f, " %s -> %s, CPU %u", runstates[e->from], runstates[e->to], e->cpu);
	else if (e->count)
		fprintf(f, " %lu", e->count);
	if (e->address)
		fprintf(f, " at %#lx", e->address);
	if (e->code)
		fprintf(f, " error %#x", e->code);
	if (e->rip)
		fprintf(f, " by %#lx", e->rip);
	fputc('\n', f);
}

/* ---- JSON, written as it comes: there are thousands a second, and nothing in them needs quoting */

static void json_arguments(FILE *f, const struct trace_event *e)
{
	const struct trace_call *c = trace_call_of(e->nr);
	const char *comma = "";

	fputs(",\"args\":{", f);
	for (int i = 0; c && c->args[i].name; i++) {
		bool number = c->args[i].kind == ARG_NUMBER || c->args[i].kind == ARG_SIGNED;

		if (e->known_args & 1u << i) {
			fprintf(f, number ? "%s\"%s\":%ld" : "%s\"%s\":\"%#lx\"", comma, c->args[i].name, e->args[i]);
			comma = ",";
		}
	}
	fputc('}', f);
}

static void json_call(FILE *f, const struct trace_clock *clock, const struct trace_event *e)
{
	char text[64];

	fprintf(f, ",\"call\":\"%s\"", call_name(e, text));
	if (command_text(e, text, sizeof(text)))
		fprintf(f, ",\"command\":\"%s\"", text);
	if (e->is_subcall)
		fputs(",\"in_multicall\":true", f);
	json_arguments(f, e);
	if (!e->has_result)
		return;
	if (e->result == TRACE_RESTARTS)
		fputs(",\"preempted\":true", f);
	else
		fprintf(f, ",\"result\":%ld", e->result);
	if (trace_is_error(e) && trace_errno_name(-e->result))
		fprintf(f, ",\"error\":\"%s\"", trace_errno_name(-e->result));
	fprintf(f, ",\"ns\":%lu", nanoseconds(clock, e->ticks));
}

void trace_json(FILE *f, const struct trace_clock *clock, const struct trace_event *e)
{
	fprintf(f, "{\"time\":%.9f,\"cpu\":%u", seconds(clock, e->tsc), e->cpu);
	if (e->domain >= 0)
		fprintf(f, ",\"domain\":%d,\"vcpu\":%d", e->domain, e->vcpu);
	switch (e->kind) {
	case TRACE_CALL:
		json_call(f, clock, e);
		break;
	case TRACE_EXCEPTION:
		fprintf(f, ",\"exception\":\"%s\",\"error_code\":\"%#x\",\"rip\":\"%#lx\"", e->what, e->code, e->rip);
		if (e->count)
			fprintf(f, ",\"vector\":%lu", e->count);
		if (e->address)
			fprintf(f, ",\"address\":\"%#lx\"", e->address);
		break;
	case TRACE_SCHED:
		fprintf(f, ",\"from\":\"%s\",\"to\":\"%s\"", runstates[e->from], runstates[e->to]);
		break;
	case TRACE_LOST:
		fprintf(f, ",\"lost\":%lu", e->count);
	}
	fputc('}', f);
}

/* ---- the picture */

/* Microseconds, as the format has it.  What runs is shown from its beginning to its end on the CPU's own track. */
void trace_picture(FILE *f, const struct trace_clock *clock, const struct trace_event *e)
{
	bool runs = e->kind == TRACE_SCHED && (e->to == RUNSTATE_running || e->from == RUNSTATE_running);
	int process = e->domain < 0 ? PICTURE_UNKNOWN : e->domain, track = e->domain < 0 ? (int)e->cpu : e->vcpu;
	char text[64];

	fprintf(f, ",\n{\"ts\":%.3f,", seconds(clock, e->tsc) * 1e6);
	if (runs)
		fprintf(f, "\"pid\":%d,\"tid\":%u,\"ph\":\"%s\",\"cat\":\"cpu\",\"name\":\"d%dv%d\"", PICTURE_CPUS, e->cpu,
			e->to == RUNSTATE_running ? "B" : "E", e->domain, e->vcpu);
	else if (e->kind == TRACE_CALL)
		fprintf(f, "\"pid\":%d,\"tid\":%d,\"ph\":\"X\",\"cat\":\"hypercall\",\"name\":\"%s\",\"dur\":%.3f", process,
			track, command_text(e, text, sizeof(text)) ? text : call_name(e, text),
			nanoseconds(clock, e->ticks) / 1e3);
	else
		fprintf(f, "\"pid\":%d,\"tid\":%d,\"ph\":\"i\",\"s\":\"t\",\"name\":\"%s\"", process, track,
			e->kind == TRACE_LOST ? "records lost" : e->kind == TRACE_SCHED ? runstates[e->to] : e->what);
	fputs(",\"args\":", f);
	trace_json(f, clock, e);
	fputc('}', f);
}
