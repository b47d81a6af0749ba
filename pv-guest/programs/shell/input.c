/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is typed.
 */
#include "kernel/console.h"
#include "kernel/print.h"
#include "port/port.h"
#include "programs/shell/shell.h"

#define CTRL(c) ((c) - 'A' + 1)

/* Typed while a command ran, for the next line; what does not fit is lost. */
static char ahead[128];
static unsigned int ahead_first, ahead_count;

static int next_char(void)
{
	char c;

	if (!ahead_count)
		return console_getc();
	c = ahead[ahead_first];
	ahead_first = (ahead_first + 1) % sizeof(ahead);
	ahead_count--;
	return c;
}

bool shell_stopped(void)
{
	char c;

	while (port_console_read(&c)) {
		if (c == CTRL('C')) {
			ahead_count = 0;
			printk("^C\n");
			return true;
		}
		if (ahead_count < sizeof(ahead))
			ahead[(ahead_first + ahead_count++) % sizeof(ahead)] = c;
	}
	return false;
}

static void erase(size_t n)
{
	while (n--)
		printk("\b \b");
}

/**
 * shell_line - wait for a line; backspace takes a character away, Ctrl-U all of them
 * Return: false: Ctrl-C was typed instead
 */
bool shell_line(const char *prompt, char *buf, size_t size)
{
	size_t n = 0;

	printk("%s", prompt);
	for (;;) {
		int c = next_char();

		if (c == '\r' || c == '\n') {
			printk("\n");
			buf[n] = 0;
			return true;
		} else if (c == CTRL('C')) {
			printk("^C\n");
			return false;
		} else if (c == CTRL('U')) {
			erase(n);
			n = 0;
		} else if ((c == '\b' || c == 127) && n) {
			erase(1);
			n--;
		} else if (c >= ' ' && c < 127 && n + 1 < size) {
			buf[n++] = c;
			printk("%c", c);
		}
	}
}
