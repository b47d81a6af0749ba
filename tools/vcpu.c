// SPDX-License-Identifier: GPL-2.0-only
/* Processors of a domain, sets of CPUs, and the scheduler's settings. */

#include "bonsai.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has(const struct cpu_set *set, unsigned int cpu)
{
	return set->bits[cpu / 8] >> cpu % 8 & 1;
}

static void put(struct cpu_set *set, unsigned int cpu, bool in)
{
	set->bits[cpu / 8] &= ~(1 << cpu % 8);
	set->bits[cpu / 8] |= in << cpu % 8;
}

/* "7" or "4-7"; where it ends, NULL if it is neither. */
static const char *range(const char *p, unsigned long *from, unsigned long *to)
{
	char *end;

	if (!isdigit((unsigned char)*p))
		return NULL;
	*from = *to = strtoul(p, &end, 10);
	if (*end == '-') {
		p = end + 1;
		if (!isdigit((unsigned char)*p))
			return NULL;
		*to = strtoul(p, &end, 10);
	}
	return *from <= *to && *to < CPUS_MAX ? end : NULL;
}

int cpus_parse(const char *text, struct cpu_set *set)
{
	unsigned long from, to;
	const char *p = text;
	bool in;

	memset(set, 0, sizeof(*set));
	if (!strcmp(text, "all")) {
		memset(set, 0xff, sizeof(*set));
		return 0;
	}
	for (;;) {
		in = *p != '^';
		p = range(in ? p : p + 1, &from, &to);
		if (!p)
			return -EINVAL;
		for (unsigned long i = from; i <= to; i++)
			put(set, i, in);
		if (!*p)
			return 0;
		if (*p++ != ',')
			return -EINVAL;
	}
}

void cpus_text(const struct cpu_set *set, unsigned int online, char *text, size_t size)
{
	unsigned int all = 0, end;
	size_t n = 0;

	while (all < online && has(set, all))
		all++;
	if (all == online) {
		snprintf(text, size, "all");
		return;
	}
	text[0] = 0;
	for (unsigned int i = 0; i < CPUS_MAX && n + 16 < size; i = end) {
		for (end = i; end < CPUS_MAX && has(set, end); end++)
			;
		if (end == i)
			end++;
		else if (end == i + 1)
			n += snprintf(text + n, size - n, "%s%u", n ? "," : "", i);
		else
			n += snprintf(text + n, size - n, "%s%u-%u", n ? "," : "", i, end - 1);
	}
}

static void handle_of(struct xenctl_bitmap *map, void *bits)
{
	set_xen_guest_handle(map->bitmap, bits);
	map->nr_bits = CPUS_MAX;
}

/* Get or set both sets; @flags says which are meant. */
static int affinity(struct ctl *ctl, uint32_t cmd, uint32_t id, uint32_t vcpu, uint32_t flags, struct cpu_set *both)
{
	struct cpu_set *buf = ctl_buffer(ctl, 2 * sizeof(*buf));
	struct xen_domctl op = { .domain = id };
	int rc;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, both, 2 * sizeof(*buf));
	op.u.vcpuaffinity.vcpu = vcpu;
	op.u.vcpuaffinity.flags = flags;
	handle_of(&op.u.vcpuaffinity.cpumap_hard, &buf[0]);
	handle_of(&op.u.vcpuaffinity.cpumap_soft, &buf[1]);
	rc = ctl_domctl(ctl, cmd, &op);
	memcpy(both, buf, 2 * sizeof(*buf));
	ctl_buffer_free(ctl, buf);
	return rc;
}

int vcpu_get(struct ctl *ctl, uint32_t id, uint32_t vcpu, struct vcpu_info_of *v)
{
	struct xen_domctl op = { .domain = id, .u.getvcpuinfo.vcpu = vcpu };
	struct cpu_set both[2] = { 0 };
	int rc = ctl_domctl(ctl, XEN_DOMCTL_getvcpuinfo, &op);

	if (rc)
		return rc;
	v->now = op.u.getvcpuinfo;
	rc = affinity(ctl, XEN_DOMCTL_getvcpuaffinity, id, vcpu, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, both);
	v->hard = both[0];
	v->soft = both[1];
	return rc;
}

int vcpu_pin(struct ctl *ctl, uint32_t id, uint32_t vcpu, const struct cpu_set *hard, const struct cpu_set *soft)
{
	uint32_t flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
	struct cpu_set both[2] = { 0 };

	if (hard)
		both[0] = *hard;
	if (soft)
		both[1] = *soft;
	return affinity(ctl, XEN_DOMCTL_setvcpuaffinity, id, vcpu, flags, both);
}

static int scheduler(struct ctl *ctl, uint32_t id, uint32_t cmd, struct sched_share *share)
{
	struct xen_sysctl which = { 0 };
	struct xen_domctl op = { .domain = id };
	int rc = ctl_sysctl(ctl, XEN_SYSCTL_sched_id, &which);

	if (rc)
		return rc;
	if (which.u.sched_id.sched_id != XEN_SCHEDULER_CREDIT && which.u.sched_id.sched_id != XEN_SCHEDULER_CREDIT2)
		return ctl_fail(ctl, -EOPNOTSUPP, "scheduler %s has no weights",
				host_scheduler_name(which.u.sched_id.sched_id));
	op.u.scheduler_op.sched_id = which.u.sched_id.sched_id;
	op.u.scheduler_op.cmd = cmd;
	/* Both schedulers have the same two fields in the same places. */
	op.u.scheduler_op.u.credit2.weight = share->weight;
	op.u.scheduler_op.u.credit2.cap = share->cap;
	rc = ctl_domctl(ctl, XEN_DOMCTL_scheduler_op, &op);
	share->weight = op.u.scheduler_op.u.credit2.weight;
	share->cap = op.u.scheduler_op.u.credit2.cap;
	return rc;
}

int sched_get(struct ctl *ctl, uint32_t id, struct sched_share *share)
{
	return scheduler(ctl, id, XEN_DOMCTL_SCHEDOP_getinfo, share);
}

int sched_set(struct ctl *ctl, uint32_t id, const struct sched_share *share)
{
	struct sched_share copy = *share;

	return scheduler(ctl, id, XEN_DOMCTL_SCHEDOP_putinfo, &copy);
}
