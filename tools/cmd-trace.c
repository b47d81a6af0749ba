// SPDX-License-Identifier: GPL-2.0-only
/* trace: hypercalls as they are made, until Ctrl-C. */

#include "cli.h"
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS		64
#define IDLE_NS		10000000L	/* between two looks at buffers that had little in them */
#define MUCH		500		/* events in one look: look again at once */
#define NAMES_MAX	64

struct sum {
	uint64_t calls, errors, ns, own_ns;
};

struct trace {
	struct cli *cli;
	struct trace_rings *rings;
	const struct trace_clock *clock;

	/* What is wanted */
	int domain;			/* -1: any */
	long vcpu;			/* -1: any */
	char *names[NAMES_MAX];
	size_t name_count;
	bool calls, exceptions, sched;
	bool errors_only;
	int error;			/* this alone; 0: any */
	unsigned long most;		/* events; 0: until Ctrl-C */

	unsigned long shown;
	uint64_t lost;
	FILE *picture;
	struct sum sums[CALLS + 1];	/* by number; the last is of all others */
};

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

/* ---- what is wanted */

static bool is_named(const struct trace *t, const struct trace_event *e)
{
	const struct trace_call *c = trace_call_of(e->nr);
	const char *command = trace_command_arg(e->nr) >= 0 ? trace_command(e->nr, e->cmd) : NULL;

	for (size_t i = 0; i < t->name_count; i++)
		if ((c && !strcmp(c->name, t->names[i])) || (command && !strcmp(command, t->names[i])))
			return true;
	return !t->name_count;
}

static bool is_wanted(const struct trace *t, const struct trace_event *e)
{
	if (e->kind == TRACE_LOST)
		return true;
	if ((t->domain >= 0 && e->domain != t->domain) || (t->vcpu >= 0 && e->vcpu != t->vcpu))
		return false;
	if (e->kind == TRACE_EXCEPTION)
		return t->exceptions;
	if (e->kind == TRACE_SCHED)
		return t->sched;
	if (!t->calls || !is_named(t, e))
		return false;
	if (t->error)
		return trace_is_error(e) && e->result == -t->error;
	return !t->errors_only || trace_is_error(e);
}

/* "mmu_update,send,exceptions": classes of events, calls, commands. */
static int take_names(struct trace *t, const char *text)
{
	char *copy = strdup(text), *rest = NULL;

	if (!copy)
		abort();
	t->calls = t->exceptions = t->sched = false;
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (!strcmp(word, "exceptions")) {
			t->exceptions = true;
		} else if (!strcmp(word, "sched")) {
			t->sched = true;
		} else if (!strcmp(word, "calls")) {
			t->calls = true;
		} else if (!trace_is_name(word) || t->name_count == NAMES_MAX) {
			complain("'%s' is no hypercall, command or class (calls, exceptions, sched); docs/hypercalls.md "
				 "lists them", word);
			free(copy);
			return 1;
		} else {
			t->calls = true;
			t->names[t->name_count++] = strdup(word);
		}
	}
	free(copy);
	return 0;
}

static int take_result(struct trace *t, const char *text)
{
	unsigned long n;

	if (!strcmp(text, "errors"))
		t->errors_only = true;
	else if (parse_number(text, 1, 4095, &n))
		t->error = n;
	else if (!(t->error = trace_errno(text)))
		return complain("'%s' is neither `errors` nor an error such as ENOSYS or 38", text);
	return 0;
}

static int take_options(struct trace *t)
{
	const char *const *opt = t->cli->opt;
	unsigned long n;
	struct dom dom;

	t->calls = true;
	t->exceptions = t->sched = opt['p'];
	if (opt['n'] && !parse_number(opt['n'], 1, 1000000000, &t->most))
		return complain("'%s' is not a number of lines", opt['n']);
	if (opt['v'] && !parse_number(opt['v'], 0, 8191, &n))
		return complain("'%s' is not a vCPU's number", opt['v']);
	if (opt['v'])
		t->vcpu = n;
	if ((opt['e'] && take_names(t, opt['e'])) || (opt['r'] && take_result(t, opt['r'])))
		return 1;
	if (opt['d'] && dom_lookup(t->cli->ctl, opt['d'], &dom))
		return failed(t->cli);
	if (opt['d'])
		t->domain = dom.id;
	return 0;
}

/* ---- the picture's frame */

static int picture_begin(struct trace *t, const char *path)
{
	struct dom *doms;
	int count = dom_list(t->cli->ctl, &doms);

	if (count < 0)
		return failed(t->cli);
	t->picture = fopen(path, "we");
	if (!t->picture) {
		free(doms);
		return complain("cannot write %s: %s", path, strerror(errno));
	}
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", t->picture);
	fputs("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":100000,\"args\":{\"name\":\"CPUs\"}},\n"
	      "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":99999,\"args\":{\"name\":\"unknown\"}}", t->picture);
	for (int i = 0; i < count; i++) {
		json_t *name = text_json(*doms[i].name ? doms[i].name : "domain");
		char *text = json_dumps(name, JSON_ENCODE_ANY);

		fprintf(t->picture, ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%u,\"args\":{\"name\":%s}}",
			doms[i].id, text);
		free(text);
		json_decref(name);
	}
	free(doms);
	return 0;
}

static int picture_end(struct trace *t)
{
	bool bad;

	if (!t->picture)
		return 0;
	fputs("\n]}\n", t->picture);
	bad = ferror(t->picture);
	bad |= fclose(t->picture) != 0;
	return bad ? complain("cannot write all of %s: %s", t->cli->opt['p'], strerror(errno)) : 0;
}

/* ---- events */

static void add_up(struct trace *t, const struct trace_event *e)
{
	struct sum *s = &t->sums[e->nr < CALLS ? e->nr : CALLS];

	if (e->kind != TRACE_CALL)
		return;
	/* A preempted call comes again: it counts once, its time counts always. */
	s->calls += !e->has_result || e->result != TRACE_RESTARTS;
	s->errors += trace_is_error(e);
	s->ns += e->ticks * t->clock->ns;
	s->own_ns += e->own_ticks * t->clock->ns;
}

static void print_json(const struct trace *t, const struct trace_event *e)
{
	trace_json(stdout, t->clock, e);
	putchar('\n');
}

static void show(struct trace *t, const struct trace_event *e)
{
	t->lost += e->kind == TRACE_LOST ? e->count : 0;
	add_up(t, e);
	if (t->picture)
		trace_picture(t->picture, t->clock, e);
	else if (!t->cli->opt['c'] && t->cli->json)
		print_json(t, e);
	else if (!t->cli->opt['c'])
		trace_line(stdout, t->clock, e);
	t->shown += e->kind != TRACE_LOST;
}

static size_t look(struct trace *t)
{
	const struct trace_event *events;
	size_t count = trace_read(t->rings, &events);

	for (size_t i = 0; i < count && !(t->most && t->shown == t->most); i++)
		if (is_wanted(t, &events[i]))
			show(t, &events[i]);
	fflush(stdout);
	return count;
}

/* Whatever ends us, tracing must be off then. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = end }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);	/* found out by ferror() */
}

static void follow(struct trace *t)
{
	fputs("tracing; Ctrl-C ends it\n", stderr);
	while (!is_over && !ferror(stdout) && !(t->most && t->shown == t->most))
		if (look(t) < MUCH)
			nanosleep(&(struct timespec){ .tv_nsec = IDLE_NS }, NULL);
}

/* ---- the summary */

static const struct column columns[] = {
	{ "call", "CALL", -30, 0 }, { "calls", "CALLS", 9, 0 }, { "errors", "ERRORS", 9, 0 },
	{ "total_ns", "TOTAL(ns)", 14, 0 }, { "mean_ns", "MEAN(ns)", 10, 0 }, { "share_percent", "SHARE(%)", 8, 1 },
};

static const struct trace *sorted;

static int by_time(const void *a, const void *b)
{
	const struct sum *x = &sorted->sums[*(const int *)a], *y = &sorted->sums[*(const int *)b];

	return x->own_ns != y->own_ns ? (x->own_ns < y->own_ns ? 1 : -1) : *(const int *)a - *(const int *)b;
}

static int summary(struct trace *t)
{
	json_t *rows = json_array();
	int order[CALLS + 1];
	uint64_t all = 0;

	for (int i = 0; i <= CALLS; i++) {
		order[i] = i;
		all += t->sums[i].own_ns;
	}
	sorted = t;
	qsort(order, CALLS + 1, sizeof(*order), by_time);
	for (int i = 0; i <= CALLS; i++) {
		const struct sum *s = &t->sums[order[i]];
		const struct trace_call *c = trace_call_of(order[i]);

		if (s->calls || s->ns)
			json_array_append_new(rows, json_pack("{ss sI sI sI sI sf}", "call", c ? c->name : "(no call)",
							      "calls", s->calls, "errors", s->errors, "total_ns", s->ns,
							      "mean_ns", s->ns / (s->calls ? s->calls : 1),
							      "share_percent", all ? 100.0 * s->own_ns / all : 0));
	}
	return show_table(t->cli, rows, columns, sizeof(columns) / sizeof(columns[0]));
}

static int run(struct trace *t)
{
	uint32_t mask = TRC_GEN | TRC_PV | TRC_SCHED_MIN;
	int code = 0;

	t->clock = trace_clock_of(t->rings);
	catch_signals();
	if (trace_start(t->rings, mask))
		code = failed(t->cli);
	else
		follow(t);
	if (trace_stop(t->rings))
		return failed(t->cli);
	look(t);
	if (t->lost)
		complain("%lu records were lost: they came faster than they were read", t->lost);
	return code;
}

int cmd_trace(struct cli *cli)
{
	struct trace t = { .cli = cli, .domain = -1, .vcpu = -1 };
	int code = take_options(&t);

	if (!code && cli->opt['p'])
		code = picture_begin(&t, cli->opt['p']);
	if (!code) {
		t.rings = trace_open(cli->ctl);
		code = t.rings ? run(&t) : failed(cli);
	}
	if (t.rings)
		trace_close(t.rings);
	if (picture_end(&t))
		code = 1;
	if (!code && cli->opt['c'])
		code = summary(&t);
	for (size_t i = 0; i < t.name_count; i++)
		free(t.names[i]);
	return code;
}
