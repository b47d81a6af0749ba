/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tools ask of the domain as a whole: control/shutdown in the store.  It is answered by an empty value.
 */
#include "drivers/drivers.h"
#include "drivers/xenstore.h"
#include "fs/fs.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "port/port.h"

#define NODE "control/shutdown"

/* In a thread of its own, as disks may need the store's thread to be written to. */
static void end(void *arg)
{
	int rc = fs_sync();

	(void)arg;
	if (rc)
		printk("shutdown: what was written is not on the disk: error %d\n", rc);
	printk("pv-guest: done\n");
	port_power_off();
}

static void on_request(struct xs_watch *w, const char *changed)
{
	static bool ending;
	char word[16];

	(void)w, (void)changed;
	if (xs_read(XS_NONE, NODE, word, sizeof(word)) <= 0 || ending)
		return;
	printk("shutdown: asked to %s\n", word);
	xs_write(XS_NONE, NODE, "");
	ending = !strcmp(word, "poweroff") || !strcmp(word, "halt");
	if (ending)
		thread_start("shutdown", 0, end, NULL, NULL);
}

int shutdown_start(void)
{
	static struct xs_watch watch = { .path = NODE, .fn = on_request };

	xs_write(XS_NONE, "control/feature-poweroff", "1");
	return xs_watch(&watch);
}
