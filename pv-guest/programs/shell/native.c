/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a domain has: not this port.
 */
#include "kernel/print.h"
#include "programs/shell/shell.h"

static int absent(const char *name)
{
	printk("%s: this kernel is no domain\n", name);
	return 1;
}

int events_main(int argc, char **argv)
{
	(void)argc;
	return absent(argv[0]);
}

int grants_main(int argc, char **argv)
{
	(void)argc;
	return absent(argv[0]);
}
