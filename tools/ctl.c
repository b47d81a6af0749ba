// SPDX-License-Identifier: GPL-2.0-only
/* The connection: what is open, why something failed, and plain hypercalls. */

#include "burst.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/memory.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <xentoollog.h>

struct ctl {
	xencall_handle *call;
	xenforeignmemory_handle *memory;
	struct xs_handle *store;
	int socket;				/* the store's too, for bursts; -1: none */
	xentoollog_logger_stdiostream *quiet;	/* errors are told once, by us */
	char why[512];
};

struct ctl *ctl_new(void)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (!ctl)
		abort();
	ctl->socket = -1;
	ctl->quiet = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	return ctl;
}

void ctl_free(struct ctl *ctl)
{
	if (ctl->call)
		xencall_close(ctl->call);
	if (ctl->memory)
		xenforeignmemory_close(ctl->memory);
	if (ctl->store)
		xs_close(ctl->store);
	if (ctl->socket >= 0)
		close(ctl->socket);
	if (ctl->quiet)
		xtl_logger_destroy((xentoollog_logger *)ctl->quiet);
	free(ctl);
}

const char *ctl_why(const struct ctl *ctl)
{
	return ctl->why;
}

int ctl_fail(struct ctl *ctl, int rc, const char *fmt, ...)
{
	char text[sizeof(ctl->why)];	/* the old reason may be an argument */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(ctl->why, text, sizeof(text));
	return rc;
}

int ctl_fail_errno(struct ctl *ctl, const char *fmt, ...)
{
	int e = errno ? errno : EIO;
	char text[sizeof(ctl->why)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ctl_fail(ctl, -e, "%.400s: %s", text, strerror(e));
}

static int need_calls(struct ctl *ctl)
{
	if (!ctl->call)
		ctl->call = xencall_open((xentoollog_logger *)ctl->quiet, 0);
	if (!ctl->call)
		return ctl_fail_errno(ctl, "cannot reach the hypervisor (is this dom0, and xen-privcmd loaded?)");
	return 0;
}

static int need_memory(struct ctl *ctl)
{
	if (!ctl->memory)
		ctl->memory = xenforeignmemory_open((xentoollog_logger *)ctl->quiet, 0);
	if (!ctl->memory)
		return ctl_fail_errno(ctl, "cannot map memory of domains (is xen-privcmd loaded?)");
	return 0;
}

int ctl_socket(struct ctl *ctl)
{
	if (ctl->socket < 0)
		ctl->socket = burst_connect();
	if (ctl->socket < 0)
		ctl_fail_errno(ctl, "cannot reach the store (is xenstored running?)");
	return ctl->socket;
}

/* Without the daemon xs_open() takes the kernel's way, which sleeps until there is a store. */
struct xs_handle *ctl_store(struct ctl *ctl)
{
	if (ctl->store || ctl_socket(ctl) < 0)
		return ctl->store;
	ctl->store = xs_open(0);
	if (!ctl->store)
		ctl_fail_errno(ctl, "cannot reach the store (is xenstored running?)");
	return ctl->store;
}

void *ctl_buffer(struct ctl *ctl, size_t size)
{
	void *p;

	if (need_calls(ctl))
		return NULL;
	p = xencall_alloc_buffer(ctl->call, size);
	if (!p) {
		ctl_fail_errno(ctl, "no memory for a hypercall of %zu bytes", size);
		return NULL;
	}
	return memset(p, 0, size);
}

void ctl_buffer_free(struct ctl *ctl, void *p)
{
	if (p)
		xencall_free_buffer(ctl->call, p);
}

long ctl_call(struct ctl *ctl, unsigned int op, const uint64_t args[5])
{
	int rc = need_calls(ctl);

	if (rc)
		return rc;
	rc = xencall5(ctl->call, op, args[0], args[1], args[2], args[3], args[4]);
	return rc < 0 ? -errno : rc;
}

/* A hypercall whose first argument is a structure that goes in and comes out. */
static int call_with(struct ctl *ctl, unsigned int op, void *arg, size_t size)
{
	void *copy = ctl_buffer(ctl, size);
	long rc;

	if (!copy)
		return -errno;
	memcpy(copy, arg, size);
	rc = ctl_call(ctl, op, (uint64_t[5]){ (uintptr_t)copy });
	memcpy(arg, copy, size);
	ctl_buffer_free(ctl, copy);
	return rc < 0 ? rc : 0;
}

int ctl_domctl(struct ctl *ctl, uint32_t cmd, struct xen_domctl *op)
{
	int rc = need_calls(ctl);

	if (rc)
		return rc;
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	rc = call_with(ctl, __HYPERVISOR_domctl, op, sizeof(*op));
	if (rc)
		ctl_fail(ctl, rc, "domctl %u on domain %u: %s", cmd, op->domain, strerror(-rc));
	return rc;
}

int ctl_sysctl(struct ctl *ctl, uint32_t cmd, struct xen_sysctl *op)
{
	int rc = need_calls(ctl);

	if (rc)
		return rc;
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	rc = call_with(ctl, __HYPERVISOR_sysctl, op, sizeof(*op));
	if (rc)
		ctl_fail(ctl, rc, "sysctl %u: %s", cmd, strerror(-rc));
	return rc;
}

long ctl_memory_op(struct ctl *ctl, unsigned int cmd, void *arg, size_t size)
{
	void *copy = ctl_buffer(ctl, size);
	long rc;

	if (!copy)
		return -errno;
	memcpy(copy, arg, size);
	rc = xencall2L(ctl->call, __HYPERVISOR_memory_op, cmd, (uintptr_t)copy);
	if (rc < 0)
		rc = ctl_fail_errno(ctl, "memory_op %u", cmd);
	memcpy(arg, copy, size);
	ctl_buffer_free(ctl, copy);
	return rc;
}

static void *map_frames(struct ctl *ctl, uint32_t domid, const xen_pfn_t *mfns, size_t count, int prot)
{
	void *p;

	if (need_memory(ctl))
		return NULL;
	p = xenforeignmemory_map(ctl->memory, domid, prot, count, mfns, NULL);
	if (!p)
		ctl_fail_errno(ctl, "cannot map %zu frames of domain %u", count, domid);
	return p;
}

void *ctl_map(struct ctl *ctl, uint32_t domid, const xen_pfn_t *mfns, size_t count)
{
	return map_frames(ctl, domid, mfns, count, PROT_READ | PROT_WRITE);
}

void *ctl_map_read(struct ctl *ctl, uint32_t domid, const xen_pfn_t *mfns, size_t count)
{
	return map_frames(ctl, domid, mfns, count, PROT_READ);
}

void ctl_unmap(struct ctl *ctl, void *p, size_t count)
{
	if (p)
		xenforeignmemory_unmap(ctl->memory, p, count);
}

void *ctl_map_grants(struct ctl *ctl, uint32_t domid)
{
	void *p = NULL;

	if (!need_memory(ctl) &&
	    !xenforeignmemory_map_resource(ctl->memory, domid, XENMEM_resource_grant_table,
					   XENMEM_resource_grant_table_id_shared, 0, 1, &p, PROT_READ | PROT_WRITE, 0))
		ctl_fail_errno(ctl, "cannot map the grant table of domain %u", domid);
	return p;
}
