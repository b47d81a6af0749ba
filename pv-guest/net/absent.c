/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network programs of a kernel that has no stack: the native port, and where lwIP could not be had.
 */
#include "kernel/print.h"
#include "net/net-programs.h"

static int absent(const char *name)
{
	printk("%s: built without lwIP\n", name);
	return 1;
}

#define ABSENT(name)                                                                               \
	int name##_main(int argc, char **argv)                                                     \
	{                                                                                          \
		(void)argc, (void)argv;                                                            \
		return absent(#name);                                                              \
	}

ABSENT(ping)
ABSENT(httpd)
ABSENT(sink)
ABSENT(source)
ABSENT(fetch)
ABSENT(net)
ABSENT(mirror)
