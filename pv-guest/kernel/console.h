/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Characters typed on the console.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "kernel/types.h"

/* console_getc - wait for the next character */
int console_getc(void);

/*
 * console_getline - wait for a line; typed characters are shown, backspace takes one away
 * Return: its length, without the end of line; it is ended by a zero, and cut to size - 1
 */
size_t console_getline(char *buf, size_t size);

#endif
