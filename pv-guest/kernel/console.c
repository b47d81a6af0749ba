/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Characters typed.  The port tells when there are some, or else we look 50 times a second.
 */
#include "kernel/console.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/port.h"

#define LOOK_INTERVAL (20 * MSEC)

static struct sem typed;

static void on_typed(void)
{
	sem_up(&typed);
}

static void wait_typed(void)
{
	static enum { UNKNOWN, TOLD, SILENT } port;

	if (port == UNKNOWN)
		port = port_console_listen(on_typed) ? TOLD : SILENT;
	else if (port == TOLD)
		sem_down(&typed);
	else
		thread_sleep(LOOK_INTERVAL);
}

int console_getc(void)
{
	char c;

	while (!port_console_read(&c))
		wait_typed();
	return (unsigned char)c;
}

size_t console_getline(char *buf, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c = console_getc();

		if (c == '\r' || c == '\n') {
			printk("\n");
			buf[n] = 0;
			return n;
		}
		if ((c == 8 || c == 127) && n) {
			n--;
			printk("\b \b");
		} else if (c >= ' ' && c < 127 && n + 1 < size) {
			buf[n++] = c;
			printk("%c", c);
		}
	}
}
