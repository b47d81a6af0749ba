// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls and events by the drivers behind /dev/xen, where they are. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
#include <xen/version.h>
#include <xen/evtchn.h>

#include "ops.h"

/* <xen/privcmd.h> of Linux needs types of the hypervisor's headers: its first ioctl is all we use. */
struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

enum { UNUSED_CALL = 63, BATCH = 32 };

static struct privcmd_hypercall call;
static struct multicall_entry batch[BATCH];
static int privcmd, events;
static uint32_t from, to;

static bool call_start(uint64_t op, uint64_t a, uint64_t b)
{
	call = (struct privcmd_hypercall){ op, { a, b } };
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	/* In a guest the driver refuses all of them with EPERM. */
	return privcmd >= 0 && (ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) >= 0 || errno == ENOSYS);
}

static void call_stop(void)
{
	close(privcmd);
}

static bool nothing_start(void)
{
	return call_start(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static bool unknown_start(void)
{
	return call_start(UNUSED_CALL, 0, 0);
}

static char extra[16];

static bool structure_start(void)
{
	return call_start(__HYPERVISOR_xen_version, XENVER_extraversion, (uint64_t)extra);
}

static bool batch_start(void)
{
	for (int i = 0; i < BATCH; i++)
		batch[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	return call_start(__HYPERVISOR_multicall, (uint64_t)batch, BATCH);
}

static uint64_t refused_run(long n, long *done)
{
	(void)done;
	return TIMED(n, ioctl(privcmd, 0x7777, &call));
}

static uint64_t call_run(long n, long *done)
{
	(void)done;
	return TIMED(n, ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call));
}

/* The driver masks a port that it told of until it is written back. */
static void accept_again(uint32_t port)
{
	need(write(events, &port, sizeof(port)) == sizeof(port), "write a port");
}

static void event(void)
{
	struct ioctl_evtchn_notify notify = { to };
	uint32_t port;

	need(!ioctl(events, IOCTL_EVTCHN_NOTIFY, &notify), "notify");
	need(read(events, &port, sizeof(port)) == sizeof(port), "an event");
	accept_again(port);
}

static bool event_start(void)
{
	struct ioctl_evtchn_bind_unbound_port open_port = { 0 };
	struct ioctl_evtchn_bind_interdomain bind = { 0 };

	events = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (events < 0)
		return false;
	from = ioctl(events, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &open_port);
	bind.remote_port = from;
	to = ioctl(events, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if ((int)from <= 0 || (int)to <= 0) {
		close(events);
		return false;
	}
	/* Binding raises one end or both once. */
	usleep(1000);
	fcntl(events, F_SETFL, O_NONBLOCK);
	for (uint32_t port; read(events, &port, sizeof(port)) == sizeof(port);)
		accept_again(port);
	fcntl(events, F_SETFL, 0);
	return true;
}

static uint64_t event_run(long n, long *done)
{
	(void)done;
	return TIMED(n, event());
}

static void event_stop(void)
{
	close(events);
}

const struct op xen_ops[] = {
	{ .name = "ioctl_refused", .start = nothing_start, .run = refused_run, .stop = call_stop },
	{ .name = "hypercall_unknown", .start = unknown_start, .run = call_run, .stop = call_stop,
	  .less = "ioctl_refused" },
	{ .name = "hypercall_version", .start = nothing_start, .run = call_run, .stop = call_stop,
	  .less = "ioctl_refused" },
	{ .name = "hypercall_structure", .start = structure_start, .run = call_run, .stop = call_stop,
	  .less = "ioctl_refused" },
	{ .name = "multicall_32", .start = batch_start, .run = call_run, .stop = call_stop,
	  .less = "ioctl_refused" },
	{ .name = "event_self", .start = event_start, .run = event_run, .stop = event_stop },
	{ 0 },
};
