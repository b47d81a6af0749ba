/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: words "name=value" on the command line.
 */
#include "kernel/cmdline.h"
#include "kernel/string.h"
#include "port/port.h"

/**
 * cmdline_get - the value of an option
 * @buf: gets the value, cut to size - 1 characters
 *
 * Return: whether the option is there; the last one counts.
 */
bool cmdline_get(const char *name, char *buf, size_t size)
{
	size_t n = strlen(name), len;
	bool found = false;
	const char *p = port_cmdline();

	while (*p) {
		if (!strncmp(p, name, n) && p[n] == '=') {
			found = true;
			for (p += n + 1, len = 0; *p && *p != ' '; p++)
				if (len + 1 < size)
					buf[len++] = *p;
			buf[len] = 0;
		}
		while (*p && *p != ' ')
			p++;
		while (*p == ' ')
			p++;
	}
	return found;
}

/**
 * cmdline_number - an option's value as a decimal number, or otherwise
 */
unsigned long cmdline_number(const char *name, unsigned long otherwise)
{
	char buf[24], *p = buf;
	unsigned long v = 0;

	if (!cmdline_get(name, buf, sizeof(buf)))
		return otherwise;
	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + *p - '0';
	return p > buf && !*p ? v : otherwise;
}
