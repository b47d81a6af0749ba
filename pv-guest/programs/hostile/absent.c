/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/print.h"
#include "programs/programs.h"

/**
 * hostile_run - on the bare machine there is no other end
 */
void hostile_run(void)
{
	printk("hostile: nobody to be hostile to\n");
}
