// SPDX-License-Identifier: GPL-2.0-only
/* Trace buffers: made and mapped by the stock calls, so on Xen as well; read until they are empty. */

#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DOMID_XEN_FRAMES 0x7ff2		/* in whose name the hypervisor's own frames are mapped */
#define PAGES_A_CPU 256

struct ring {
	volatile uint32_t *words;	/* struct t_buf, then the data */
	struct trace_cpu cpu;
};

struct trace_rings {
	struct ctl *ctl;
	struct trace_clock clock;
	uint32_t old_mask;
	uint32_t *info;
	size_t info_pages, pages, count;
	struct ring *rings;
	uint32_t *copy;			/* of one ring's data */
	struct trace_event *events;
	size_t event_count, event_room;
	pid_t watcher;			/* 0: none */
	int pipe;			/* to it */
};

static int tbuf(struct ctl *ctl, uint32_t cmd, struct xen_sysctl_tbuf_op *t)
{
	struct xen_sysctl op = { .u.tbuf_op = *t };
	int rc;

	op.u.tbuf_op.cmd = cmd;
	rc = ctl_sysctl(ctl, XEN_SYSCTL_tbuf_op, &op);
	*t = op.u.tbuf_op;
	return rc == -ENOSYS || rc == -EOPNOTSUPP ? ctl_fail(ctl, rc, "this hypervisor has no trace buffers") : rc;
}

/* Where they are; made first if there are none. */
static int find(struct trace_rings *r, uint64_t *mfn)
{
	struct xen_sysctl_tbuf_op t = { 0 }, size = { .size = PAGES_A_CPU };
	int rc = tbuf(r->ctl, XEN_SYSCTL_TBUFOP_get_info, &t);

	if (!rc && !t.buffer_mfn) {
		rc = tbuf(r->ctl, XEN_SYSCTL_TBUFOP_set_size, &size);
		if (rc)
			return ctl_fail(r->ctl, rc, "cannot make trace buffers of %u KiB a CPU: %s", PAGES_A_CPU * 4,
					strerror(-rc));
		rc = tbuf(r->ctl, XEN_SYSCTL_TBUFOP_get_info, &t);
	}
	r->old_mask = t.evt_mask;
	r->info_pages = t.size / PAGE_BYTES;
	*mfn = t.buffer_mfn;
	return rc;
}

static void *map(struct ctl *ctl, const uint32_t *list, size_t count, uint64_t first, bool write)
{
	xen_pfn_t *mfns = calloc(count, sizeof(*mfns));
	void *p;

	if (!mfns)
		abort();
	for (size_t i = 0; i < count; i++)
		mfns[i] = list ? list[i] : first + i;
	p = write ? ctl_map(ctl, DOMID_XEN_FRAMES, mfns, count) : ctl_map_read(ctl, DOMID_XEN_FRAMES, mfns, count);
	free(mfns);
	return p;
}

static int map_rings(struct trace_rings *r)
{
	const struct t_info *t = (const void *)r->info;
	size_t words = r->info_pages * PAGE_BYTES / sizeof(uint32_t);

	r->pages = t->tbuf_size;
	r->copy = malloc(r->pages * PAGE_BYTES);
	if (!r->copy)
		abort();
	for (size_t i = 0; i < r->count; i++) {
		uint32_t at = t->mfn_offset[i];

		trace_cpu_init(&r->rings[i].cpu, i);
		if (!at)
			continue;	/* no such CPU */
		if (!r->pages || at + r->pages > words)
			return ctl_fail(r->ctl, -EIO, "the hypervisor's list of trace buffers makes no sense");
		r->rings[i].words = map(r->ctl, r->info + at, r->pages, 0, true);
		if (!r->rings[i].words)
			return -EIO;
	}
	return 0;
}

struct trace_rings *trace_open(struct ctl *ctl)
{
	struct trace_rings *r = calloc(1, sizeof(*r));
	struct xen_sysctl op = { 0 };
	uint64_t mfn = 0;

	if (!r)
		abort();
	r->ctl = ctl;
	if (ctl_sysctl(ctl, XEN_SYSCTL_physinfo, &op) || find(r, &mfn))
		goto fail;
	r->clock.ns = op.u.physinfo.cpu_khz ? 1e6 / op.u.physinfo.cpu_khz : 1;
	r->count = op.u.physinfo.max_cpu_id + 1;
	r->rings = calloc(r->count, sizeof(*r->rings));
	if (!r->rings)
		abort();
	r->info = map(ctl, NULL, r->info_pages, mfn, false);
	if (!r->info || map_rings(r))
		goto fail;
	return r;
fail:
	trace_close(r);
	return NULL;
}

const struct trace_clock *trace_clock_of(const struct trace_rings *r)
{
	return &r->clock;
}

static int set_masks(struct trace_rings *r, uint32_t mask)
{
	struct xen_sysctl_tbuf_op events = { .evt_mask = mask }, cpus = { .cpu_mask.nr_bits = CPUS_MAX };
	uint8_t *all = ctl_buffer(r->ctl, CPUS_MAX / 8);
	int rc;

	if (!all)
		return -ENOMEM;
	memset(all, 0xff, CPUS_MAX / 8);
	set_xen_guest_handle(cpus.cpu_mask.bitmap, all);
	rc = tbuf(r->ctl, XEN_SYSCTL_TBUFOP_set_cpu_mask, &cpus);
	ctl_buffer_free(r->ctl, all);
	return rc ? rc : tbuf(r->ctl, XEN_SYSCTL_TBUFOP_set_evt_mask, &events);
}

static int disable(struct ctl *ctl, uint32_t old_mask)
{
	struct xen_sysctl_tbuf_op t = { 0 }, events = { .evt_mask = old_mask };
	int rc = tbuf(ctl, XEN_SYSCTL_TBUFOP_disable, &t);

	return rc ? rc : tbuf(ctl, XEN_SYSCTL_TBUFOP_set_evt_mask, &events);
}

/* Lives until the other side of the pipe says that all is well, or is gone without a word: killed. */
static void watch(int pipe, uint32_t old_mask)
{
	struct ctl *ctl = ctl_new();	/* the parent's buffers for hypercalls are not ours */
	ssize_t got;
	char c;

	setsid();	/* what ends the parent's group shall not end us */
	signal(SIGTERM, SIG_IGN);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	do {
		got = read(pipe, &c, 1);
	} while (got < 0 && errno == EINTR);
	if (!got)
		disable(ctl, old_mask);
	_exit(0);
}

static int watcher_starts(struct trace_rings *r)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return ctl_fail_errno(r->ctl, "no pipe");
	r->watcher = fork();
	if (!r->watcher) {
		close(fds[1]);
		watch(fds[0], r->old_mask);
	}
	close(fds[0]);
	r->pipe = fds[1];
	return r->watcher < 0 ? ctl_fail_errno(r->ctl, "no process to watch over the trace") : 0;
}

static void watcher_ends(struct trace_rings *r)
{
	if (r->watcher > 0 && write(r->pipe, "", 1) == 1)
		while (waitpid(r->watcher, NULL, 0) < 0 && errno == EINTR)
			;
	if (r->watcher)
		close(r->pipe);
	r->watcher = 0;
}

int trace_start(struct trace_rings *r, uint32_t mask)
{
	struct xen_sysctl_tbuf_op t = { 0 };
	int rc = watcher_starts(r);

	rc = rc ? rc : set_masks(r, mask);
	for (size_t i = 0; i < r->count; i++)
		if (r->rings[i].words)
			r->rings[i].words[0] = r->rings[i].words[1];
	r->clock.start = __builtin_ia32_rdtsc();
	return rc ? rc : tbuf(r->ctl, XEN_SYSCTL_TBUFOP_enable, &t);
}

int trace_stop(struct trace_rings *r)
{
	int rc = disable(r->ctl, r->old_mask);

	/* If that did not work it may try, too. */
	if (!rc)
		watcher_ends(r);
	return rc;
}

/* ---- reading */

size_t trace_take(volatile uint32_t *ring, size_t data_bytes, uint32_t *to)
{
	uint32_t cons = ring[0], prod = __atomic_load_n(&ring[1], __ATOMIC_ACQUIRE);
	size_t round = 2 * data_bytes, count, at;

	if (cons >= round || prod >= round || (cons | prod) % sizeof(uint32_t))
		return 0;
	count = (prod >= cons ? prod - cons : prod + round - cons) / sizeof(uint32_t);
	if (count * sizeof(uint32_t) > data_bytes)
		return 0;
	at = cons % data_bytes / sizeof(uint32_t);
	for (size_t i = 0; i < count; i++) {
		to[i] = ring[2 + at];
		at = at + 1 == data_bytes / sizeof(uint32_t) ? 0 : at + 1;
	}
	__atomic_store_n(&ring[0], prod, __ATOMIC_RELEASE);
	return count;
}

static void keep(struct trace_rings *r, const struct trace_event *e)
{
	if (r->event_count == r->event_room) {
		r->event_room = r->event_room ? 2 * r->event_room : 1024;
		r->events = realloc(r->events, r->event_room * sizeof(*r->events));
		if (!r->events)
			abort();
	}
	r->events[r->event_count++] = *e;
}

/* A multicall goes before its entries. */
static int by_time(const void *a, const void *b)
{
	const struct trace_event *x = a, *y = b;

	if (x->tsc != y->tsc)
		return x->tsc < y->tsc ? -1 : 1;
	return x->is_subcall - y->is_subcall;
}

size_t trace_read(struct trace_rings *r, const struct trace_event **events)
{
	struct trace_event e;

	r->event_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct ring *ring = &r->rings[i];
		size_t at = 0, count = 0;

		if (ring->words)
			count = trace_take(ring->words, r->pages * PAGE_BYTES - sizeof(struct t_buf), r->copy);
		while (trace_decode(&ring->cpu, r->copy, count, &at, &e))
			keep(r, &e);
	}
	qsort(r->events, r->event_count, sizeof(*r->events), by_time);
	*events = r->events;
	return r->event_count;
}

void trace_close(struct trace_rings *r)
{
	for (size_t i = 0; r->rings && i < r->count; i++)
		ctl_unmap(r->ctl, (void *)r->rings[i].words, r->pages);
	ctl_unmap(r->ctl, r->info, r->info_pages);
	free(r->rings);
	free(r->copy);
	free(r->events);
	free(r);
}
