// SPDX-License-Identifier: GPL-2.0-only
/* The machine and the hypervisor: figures, its log, its keys. */

#include "bonsai.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/version.h>

#define LOG_CHUNK 16384

/* One xen_version command; what it writes is cut to the room there is. */
static long version(struct ctl *ctl, unsigned int cmd, void *to, size_t size)
{
	void *buf = ctl_buffer(ctl, 4096);
	long rc;

	if (!buf)
		return -ENOMEM;
	rc = ctl_call(ctl, __HYPERVISOR_xen_version, (uint64_t[5]){ cmd, (uintptr_t)buf });
	if (rc >= 0 && size)
		memcpy(to, buf, size);
	ctl_buffer_free(ctl, buf);
	if (rc < 0)
		ctl_fail(ctl, rc, "xen_version %u: %s", cmd, strerror(-rc));
	return rc;
}

static void text_of(struct ctl *ctl, unsigned int cmd, char *to, size_t size)
{
	if (version(ctl, cmd, to, size) < 0)
		to[0] = 0;
	to[size - 1] = 0;
}

static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	size_t n = strnlen(from, from_size);

	n = n < size ? n : size - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

static int version_info(struct ctl *ctl, struct host_info *info)
{
	struct xen_platform_parameters params = { 0 };
	struct xen_compile_info made = { 0 };
	long number = version(ctl, XENVER_version, NULL, 0);
	char extra[XEN_EXTRAVERSION_LEN];

	if (number < 0)
		return number;
	info->major = number >> 16;
	info->minor = number & 0xffff;
	text_of(ctl, XENVER_extraversion, extra, sizeof(extra));
	copy_text(info->extra, sizeof(info->extra), extra, sizeof(extra));
	text_of(ctl, XENVER_capabilities, info->caps, sizeof(info->caps));
	text_of(ctl, XENVER_changeset, info->changeset, sizeof(info->changeset));
	text_of(ctl, XENVER_commandline, info->command_line, sizeof(info->command_line));
	if (version(ctl, XENVER_compile_info, &made, sizeof(made)) >= 0) {
		copy_text(info->compiler, sizeof(info->compiler), made.compiler, sizeof(made.compiler));
		copy_text(info->compile_by, sizeof(info->compile_by), made.compile_by, sizeof(made.compile_by));
		copy_text(info->compile_domain, sizeof(info->compile_domain), made.compile_domain,
			  sizeof(made.compile_domain));
		copy_text(info->compile_date, sizeof(info->compile_date), made.compile_date,
			  sizeof(made.compile_date));
	}
	if (version(ctl, XENVER_platform_parameters, &params, sizeof(params)) >= 0)
		info->virt_start = params.virt_start;
	return 0;
}

int host_info(struct ctl *ctl, struct host_info *info)
{
	struct xen_sysctl op = { 0 };
	int rc;

	memset(info, 0, sizeof(*info));
	rc = ctl_sysctl(ctl, XEN_SYSCTL_physinfo, &op);
	if (rc)
		return rc;
	info->phys = op.u.physinfo;
	memset(&op, 0, sizeof(op));
	rc = ctl_sysctl(ctl, XEN_SYSCTL_sched_id, &op);
	if (rc)
		return rc;
	info->scheduler = op.u.sched_id.sched_id;
	return version_info(ctl, info);
}

const char *host_scheduler_name(uint32_t id)
{
	switch (id) {
	case XEN_SCHEDULER_CREDIT: return "credit";
	case XEN_SCHEDULER_CREDIT2: return "credit2";
	case XEN_SCHEDULER_ARINC653: return "arinc653";
	case XEN_SCHEDULER_RTDS: return "rtds";
	case XEN_SCHEDULER_NULL: return "null";
	default: return "unknown";
	}
}

/* The next part of the log, from *index on; its length or -errno. */
static int log_chunk(struct ctl *ctl, char *buf, uint32_t *index, bool clear)
{
	struct xen_sysctl op = { 0 };
	int rc;

	op.u.readconsole.clear = clear;
	op.u.readconsole.incremental = 1;
	op.u.readconsole.index = *index;
	op.u.readconsole.count = LOG_CHUNK;
	set_xen_guest_handle(op.u.readconsole.buffer, buf);
	rc = ctl_sysctl(ctl, XEN_SYSCTL_readconsole, &op);
	if (rc)
		return rc;
	*index = op.u.readconsole.index;
	return op.u.readconsole.count;
}

int host_log(struct ctl *ctl, bool clear, char **text)
{
	char *buf = ctl_buffer(ctl, LOG_CHUNK), *all = NULL, *more;
	uint32_t index = 0;
	size_t size = 0;
	int n;

	if (!buf)
		return -ENOMEM;
	while ((n = log_chunk(ctl, buf, &index, false)) > 0) {
		more = realloc(all, size + n + 1);
		if (!more)
			abort();
		all = more;
		memcpy(all + size, buf, n);
		size += n;
	}
	/* Emptied only now: what was read is sure to be shown. */
	if (!n && clear)
		n = log_chunk(ctl, buf, &index, true);
	ctl_buffer_free(ctl, buf);
	if (n < 0) {
		free(all);
		return n;
	}
	*text = all ? all : calloc(1, 1);
	(*text)[size] = 0;
	return 0;
}

int host_debug_keys(struct ctl *ctl, const char *keys)
{
	size_t n = strlen(keys);
	struct xen_sysctl op = { 0 };
	char *buf = ctl_buffer(ctl, n + 1);
	int rc;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, keys, n);
	set_xen_guest_handle(op.u.debug_keys.keys, buf);
	op.u.debug_keys.nr_keys = n;
	rc = ctl_sysctl(ctl, XEN_SYSCTL_debug_keys, &op);
	ctl_buffer_free(ctl, buf);
	return rc;
}
