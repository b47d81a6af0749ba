/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

static long ask(unsigned int cmd, unsigned int count, const void *buffer)
{
	return HC(console_io, .cmd = cmd, .count = count, .buffer = (void *)buffer);
}

void chapter_console(void)
{
	static const char text[] = "       | written by console_io\n";
	char input[16];
	long n;

	if (!is_initial_domain()) {
		say("a ring in the page with mfn %lx, and event %u; the initial domain empties it",
		    start_info->console.domU.mfn, start_info->console.domU.evtchn);
		return;
	}
	expect_code(ask(CONSOLEIO_write, sizeof(text) - 1, text), 0, "write");
	n = ask(CONSOLEIO_read, sizeof(input), input);
	expect(n >= 0, "read -> %ld characters were waiting", n);
	expect_code(ask(CONSOLEIO_write, 4, (void *)HYPERVISOR_VIRT_START), -14,
		    "write from the hypervisor's memory");
	expect_code(ask(7, 0, NULL), -38, "a command it does not know");
}
