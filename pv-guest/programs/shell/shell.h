/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small shell on the console: files, the network, and what the kernel is doing.
 *
 * program=shell on the kernel's command line.  script=COMMAND;COMMAND... as the line's last option (it
 * goes on to the end of the line, blanks included) runs these first.  Then commands come from the
 * console, until poweroff.
 */
#ifndef SHELL_H
#define SHELL_H

#include "kernel/types.h"

struct command {
	const char *name, *usage, *about;
	int (*run)(int argc, char **argv); /* as main(): 0, or 1 after a line that says why not */
	int args_min, args_max; /* without the name; -1: any number */
};

extern const struct command commands[]; /* ended by a row without a name */

/* input.c: lines typed, and whether Ctrl-C was, to end what takes long */
bool shell_line(const char *prompt, char *buf, size_t size);
bool shell_stopped(void);

/* shell_fail - print "NAME: WHAT: the error in words".  Return: 1 */
int shell_fail(const char *name, const char *what, long rc);

/* shell_number - a decimal number, with K or M behind it.  Return: whether it is one */
bool shell_number(const char *text, u64 *value);

/* files.c */
int ls_main(int argc, char **argv);
int cat_main(int argc, char **argv);
int sum_main(int argc, char **argv);
int write_main(int argc, char **argv);
int append_main(int argc, char **argv);
int fill_main(int argc, char **argv);
int rm_main(int argc, char **argv);
int mv_main(int argc, char **argv);
int mkdir_main(int argc, char **argv);
int mount_main(int argc, char **argv);
int umount_main(int argc, char **argv);
int sync_main(int argc, char **argv);
int disks_main(int argc, char **argv);

/* kernel.c */
int mem_main(int argc, char **argv);
int ps_main(int argc, char **argv);
int bench_main(int argc, char **argv);
int sleep_main(int argc, char **argv);
int poweroff_main(int argc, char **argv);

/* PORT.c: of a domain; the native port has neither */
int events_main(int argc, char **argv);
int grants_main(int argc, char **argv);

#endif
