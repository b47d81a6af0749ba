/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the program that plays hostile peers.  It speaks with the store and the rings by
 * itself, for a driver would not let it do what it has to.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "drivers/event.h"
#include "drivers/grant.h"
#include "drivers/ring.h"
#include "drivers/xenbus.h"
#include "kernel/types.h"

/* A front end's list is CASES(CASE), each CASE(name, what must come of it, how it is made). */
struct hostile_case {
	const char *name;
	int want;
};

#define CASE_ROW(name, want, ...) { name, want },
#define CASE_RUN(name, want, ...) \
	if (n++ == i) {           \
		__VA_ARGS__;      \
	}

/* One end of a device, its other end elsewhere. */
struct wire {
	char path[XS_PATH_MAX], peer_path[XS_PATH_MAX];
	domid_t peer;
	u8 *page; /* for data: granted, writable */
	grant_ref_t ref;
};

/* wire_open - the nth device of that kind.  Return: false: there is none */
bool wire_open(struct wire *w, const char *kind, unsigned int n);
u64 wire_state(struct wire *w); /* the other end's */
bool wire_reaches(struct wire *w, u64 state); /* within some seconds; false, too, when it closes */
bool wire_closes(struct wire *w);
void wire_write(struct wire *w, const char *key, u64 value);
long wire_port(struct wire *w);

/* A case is over: count it, and say whether it went as it must. */
void judge(const char *kind, const char *name, bool good, const char *got);

unsigned int judged(void);

void hostile_disk(void); /* front-disk.c */
void hostile_card(void); /* front-card.c */
void hostile_back(void); /* back.c */

#endif
