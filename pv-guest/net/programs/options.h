/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of a program: words "name=value" it was called with, else those of the kernel's command line.
 */
#ifndef NET_PROGRAMS_OPTIONS_H
#define NET_PROGRAMS_OPTIONS_H

#include "kernel/types.h"

/* option_text - Return: whether it is there; buf gets it, cut to size - 1 characters */
bool option_text(int argc, char **argv, const char *name, char *buf, size_t size);

/* option_number - a decimal number, with K or M behind it for 2^10 or 2^20 of them; else otherwise */
u64 option_number(int argc, char **argv, const char *name, u64 otherwise);

/* option_target - target=A.B.C.D as text, or the first word if it has no "=" */
bool option_target(int argc, char **argv, char *buf, size_t size);

#endif
