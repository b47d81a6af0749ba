/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer that breaks the rules, each in turn: what does the other end do?  It must answer with an error,
 * or close the device; and it must go on serving everybody else, which the test's script looks at.
 */
#include "kernel/cmdline.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/hostile/hostile.h"
#include "programs/programs.h"

#define PATIENCE (5 * SEC)
#define NAMES	 1024

static unsigned int cases, wrong;

void judge(const char *kind, const char *name, bool good, const char *got)
{
	__atomic_add_fetch(&wrong, !good, __ATOMIC_RELAXED);
	__atomic_add_fetch(&cases, 1, __ATOMIC_RELEASE);
	printk("hostile: %s: %s: %s%s\n", kind, name, got, good ? "" : ": WRONG");
}

unsigned int judged(void)
{
	return READ_ONCE(cases);
}

bool wire_open(struct wire *w, const char *kind, unsigned int n)
{
	char names[NAMES], dir[32], key[XS_PATH_MAX], *name = names;
	int bytes;

	format(dir, sizeof(dir), "device/%s", kind);
	bytes = xs_directory(XS_NONE, dir, names, sizeof(names));
	while (n-- && name < names + bytes)
		name += strlen(name) + 1;
	if (bytes <= 0 || name >= names + bytes)
		return false;
	format(w->path, sizeof(w->path), "%s/%s", dir, name);
	format(key, sizeof(key), "%s/backend", w->path);
	if (xs_read(XS_NONE, key, w->peer_path, sizeof(w->peer_path)) < 0)
		return false;
	format(key, sizeof(key), "%s/backend-id", w->path);
	w->peer = xs_read_number(XS_NONE, key, 0);
	w->page = page_alloc_zeroed();
	w->ref = grant_page(w->peer, w->page, false);
	return true;
}

u64 wire_state(struct wire *w)
{
	char key[XS_PATH_MAX];

	format(key, sizeof(key), "%s/state", w->peer_path);
	return xs_read_number(XS_NONE, key, 0);
}

bool wire_reaches(struct wire *w, u64 state)
{
	u64 end = port_time_ns() + PATIENCE, now = wire_state(w);

	while (now != state && now < XenbusStateClosing && port_time_ns() < end) {
		thread_sleep(5 * MSEC);
		now = wire_state(w);
	}
	return now == state;
}

bool wire_closes(struct wire *w)
{
	u64 end = port_time_ns() + PATIENCE;

	while (wire_state(w) < XenbusStateClosing && port_time_ns() < end)
		thread_sleep(5 * MSEC);
	return wire_state(w) >= XenbusStateClosing;
}

void wire_write(struct wire *w, const char *key, u64 value)
{
	char path[XS_PATH_MAX];

	format(path, sizeof(path), "%s/%s", w->path, key);
	xs_writef(XS_NONE, path, "%lu", value);
}

/* Events are not waited for: answers are looked for. */
static void ignore(void *arg)
{
	(void)arg;
}

long wire_port(struct wire *w)
{
	return event_offer(w->peer, 0, ignore, NULL);
}

/**
 * hostile_run - to whatever devices there are, or to those that are given devices of ours
 */
void hostile_run(void)
{
	char side[8];

	if (grants_init() || xs_init()) {
		printk("hostile: no grants or no store\n");
		return;
	}
	if (cmdline_get("side", side, sizeof(side)) && !strcmp(side, "back")) {
		hostile_back();
	} else {
		hostile_disk();
		hostile_card();
	}
	printk("hostile: %u cases, %u wrong\n", cases, wrong);
	for (;;)
		thread_sleep(SEC); /* what was granted stays so: the other end must let go first */
}
