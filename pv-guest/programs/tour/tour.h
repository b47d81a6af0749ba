/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tour: chapters that ask the machine or the hypervisor for something, say what they asked and
 * what they got, and check it.
 */
#ifndef TOUR_H
#define TOUR_H

#include "kernel/types.h"

struct chapter {
	const char *title;
	const char *about;
	void (*run)(void);
};

/* In the order of reading; ended by a row without a title.  One list per port. */
extern const struct chapter tour_chapters[];

/* say - a line of the guide's */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* expect - a line that says "ok" or "FAIL", and is counted.  Return: ok */
bool expect(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* expect_code - the same for a call's answer, which is shown, errors by name */
bool expect_code(long got, long want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* expect_refused - any error will do */
bool expect_refused(long got, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* expect_trap - fn(arg) must trap with this vector */
bool expect_trap(int vector, void (*fn)(void *arg), void *arg, const char *what);

/* cost - what it took, in thousandths (measure.h) */
void cost(u64 thousandths, const char *what);

const char *error_name(long code);

/* Chapters that both ports can tell; the pv port adds to them. */
void traps_common(void);
void user_common(void);
void time_common(void);
void cpus_common(void);
void threads_common(void);

#endif
