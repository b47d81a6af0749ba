/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All drivers: who needs devices starts them, others have the hypervisor to themselves.
 */
#include "drivers/back/back.h"
#include "drivers/drivers.h"
#include "drivers/grant.h"
#include "drivers/xenbus.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

#define WAIT (10 * SEC)

static int start(void)
{
	return grants_init() ?: xs_init() ?: shutdown_start() ?: blkfront_start() ?: netfront_start();
}

static int back_start(void)
{
	return blkback_start() ?: netback_start() ?: uplink_start();
}

void port_devices_start(void)
{
	static struct sem once = { .count = 1 };
	static bool started;
	u64 end = port_time_ns() + WAIT;
	int rc = 0;

	sem_down(&once);
	if (!started)
		rc = start();
	while (!rc && !xenbus_settled() && port_time_ns() < end)
		thread_sleep(5 * MSEC);
	/* Other domains are given what our front ends found. */
	if (!rc && !started)
		rc = back_start();
	started = true;
	sem_up(&once);
	if (rc)
		printk("pv-guest: no devices: error %d\n", rc);
}
