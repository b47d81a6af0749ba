/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console (native): the first serial port, as the boot firmware left it.
 */
#include "port/native/native.h"

#define COM1	    0x3f8
#define LINE_STATUS 5
#define HAS_DATA    0x01
#define CAN_SEND    0x20

static void put(char c)
{
	while (!(inb(COM1 + LINE_STATUS) & CAN_SEND))
		port_relax();
	outb(COM1, c);
}

void port_console_write(const char *s, size_t n)
{
	for (; n--; s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}

bool port_console_read(char *c)
{
	if (!(inb(COM1 + LINE_STATUS) & HAS_DATA))
		return false;
	*c = inb(COM1);
	return true;
}

bool port_console_listen(void (*fn)(void))
{
	(void)fn;
	return false;
}
