// SPDX-License-Identifier: GPL-2.0-only
/* Runs in the initial domain: whether a hypercall leaves a record in the trace buffers; exit code 0 if so, 2: unknown. */

#include "trace.h"

int main(void)
{
	struct ctl *ctl = ctl_new();
	struct trace_rings *rings = trace_open(ctl);
	struct xen_domctl_getdomaininfo info;
	const struct trace_event *events;
	size_t count;

	if (!rings)
		return 2;
	trace_read(rings, &events);	/* what is there from before */
	for (int i = 0; i < 10; i++)
		if (dom_info(ctl, 0, &info))
			return 2;
	count = trace_read(rings, &events);
	trace_close(rings);
	ctl_free(ctl);
	return !count;
}
