/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of ports and frames that a domain was given, against an array of one flag a number.
 */
#include <stdlib.h>

#include "control/control.h"
#include "fake/fake.h"
#include "tap.h"

#define N	64

static bool model[N];

static bool all_of(u64 first, u64 last)
{
	for (u64 i = first; i <= last; i++)
		if (!model[i])
			return false;
	return true;
}

static unsigned int differences(struct control_range **list)
{
	unsigned int n = 0;

	for (u64 first = 0; first < N; first++)
		for (u64 last = first; last < N; last++)
			n += control_has(list, first, last) != all_of(first, last);
	return n;
}

int main(void)
{
	struct domain_control c = { 0 };
	unsigned int wrong = 0, failed = 0;

	fake_start(1);
	fake_run(0, fake_domain(0, 1, true)->vcpu[0]);
	ok(!control_has(&c.ports, 0, 0), "nobody has anything at first");
	for (unsigned int i = 0; i < 2000; i++) {
		u64 first = rand() % N, last = first + rand() % (N - first);
		bool allow = rand() % 2;

		failed += control_permit(&c.ports, first, last, allow) != 0;
		for (u64 n = first; n <= last; n++)
			model[n] = allow;
		wrong += differences(&c.ports);
	}
	is_int(failed, 0, "2000 times given or taken");
	is_int(wrong, 0, "and each time the list says what an array of flags says");
	control_permit(&c.ports, 0, N - 1, true);
	ok(c.ports && !c.ports->next, "all given is one range");
	control_permit(&c.ports, 0, N - 1, false);
	ok(!c.ports, "all taken is none");
	control_permit(&c.frames, 5, 9, true);
	control_ranges_free(&c);
	ok(!c.frames, "and the rest is freed");
	return tap_done();
}
