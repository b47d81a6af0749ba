/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be run: program=NAME[,NAME...] on the command line.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

struct program {
	const char *name, *about;
	void (*run)(void);
};

extern const struct program programs[]; /* ended by a row without a name */

void hello_run(void);
void tour_run(void);
void bench_run(void);
void stress_run(void);
void iotest_run(void);
void hostile_run(void);
void shell_run(void);

#endif
