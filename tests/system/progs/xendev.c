// SPDX-License-Identifier: GPL-2.0-only
/*
 * xendev - the drivers behind /dev/xen do their work
 *
 * Shown: privcmd makes hypercalls and hands back their answers; two event ports of our own, bound
 * to each other, carry an event; a page granted to ourselves by gntalloc is mapped by
 * gntdev and is the same memory; what was bound and mapped can be given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00 /* the newest names: sched_op is not its forerunner */
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/evtchn.h>
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "tap.h"

/* <xen/privcmd.h> of Linux needs types of the hypervisor's headers: its first ioctl is all we use. */
struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

enum { UNUSED_CALL = 63, PAGE = 4096 };

static long hypercall(int fd, uint64_t op, uint64_t a, uint64_t b)
{
	struct privcmd_hypercall call = { op, { a, b } };
	long answer = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return answer < 0 ? -errno : answer;
}

static void test_privcmd(void)
{
	static char extra[16] = "untouched";
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	need(fd >= 0, "/dev/xen/privcmd");
	is(hypercall(fd, __HYPERVISOR_xen_version, 0, 0), 4 << 16 | 17,
	   "privcmd: xen_version says 4.17");
	is(hypercall(fd, __HYPERVISOR_xen_version, 1, (uint64_t)extra), 0,
	   "privcmd: a call that writes to our memory");
	point(strcmp(extra, "untouched") != 0, "privcmd: and it did write");
	is(hypercall(fd, __HYPERVISOR_xen_version, 1, 0xffff820000000000ull), -EFAULT,
	   "privcmd: not to the hypervisor's");
	is(hypercall(fd, __HYPERVISOR_sched_op, 0, 0), 0, "privcmd: sched_op yield");
	is(hypercall(fd, UNUSED_CALL, 0, 0), -ENOSYS, "privcmd: a hypercall that is none");
	close(fd);
}

/* arrived - the port that the driver tells us of within so many ms; 0: none */
static uint32_t arrived(int fd, int patience)
{
	struct pollfd p = { fd, POLLIN, 0 };
	uint32_t port;

	if (poll(&p, 1, patience) != 1 || read(fd, &port, sizeof(port)) != sizeof(port))
		return 0;
	return port;
}

static void test_evtchn(void)
{
	struct ioctl_evtchn_bind_unbound_port open_port = { 0 };
	struct ioctl_evtchn_bind_interdomain bind = { 0 };
	struct ioctl_evtchn_notify notify;
	struct ioctl_evtchn_unbind unbind;
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	int local, remote;
	uint32_t port;

	need(fd >= 0, "/dev/xen/evtchn");
	local = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &open_port);
	point(local > 0, "evtchn: an unbound port");
	bind.remote_port = local;
	remote = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	point(remote > 0 && remote != local, "evtchn: another one bound to it");
	while (arrived(fd, 100)) /* binding raises the far end once */
		;
	for (int i = 0; i < 3; i++) {
		/* The driver masks a port that it told of until the port is written back. */
		port = local;
		need(write(fd, &port, sizeof(port)) == sizeof(port), "write a port");
		port = remote;
		need(write(fd, &port, sizeof(port)) == sizeof(port), "write a port");
		notify.port = remote;
		is(ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify), 0, "evtchn: notify");
		is(arrived(fd, 2000), local, "evtchn: the event arrives at the other end");
		is(arrived(fd, 100), 0, "evtchn: once");
	}
	unbind.port = remote;
	is(ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind), 0, "evtchn: unbind");
	notify.port = remote;
	is(ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify), -1,
	   "evtchn: an unbound port cannot be notified");
	close(fd);
}

static void test_grants(void)
{
	struct ioctl_gntalloc_alloc_gref alloc = { .domid = 0,
						   .flags = GNTALLOC_FLAG_WRITABLE,
						   .count = 1 };
	struct ioctl_gntdev_map_grant_ref map = { .count = 1 };
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 1 };
	int from = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	int to = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	char *ours, *mapped;

	need(from >= 0 && to >= 0, "/dev/xen/gntalloc and gntdev");
	is(ioctl(from, IOCTL_GNTALLOC_ALLOC_GREF, &alloc), 0,
	   "gntalloc: a page granted to ourselves");
	ours = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, from, alloc.index);
	point(ours != MAP_FAILED, "gntalloc: mapped by its owner");

	map.refs[0].domid = 0;
	map.refs[0].ref = alloc.gref_ids[0];
	is(ioctl(to, IOCTL_GNTDEV_MAP_GRANT_REF, &map), 0, "gntdev: takes the reference");
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, to, map.index);
	if (!point(mapped != MAP_FAILED && ours != MAP_FAILED, "gntdev: maps it"))
		return;
	strcpy(ours, "from the owner");
	is(strcmp(mapped, "from the owner"), 0, "gntdev: reads what the owner wrote");
	strcpy(mapped, "from the other");
	is(strcmp(ours, "from the other"), 0, "gntdev: writes what the owner reads");
	munmap(mapped, PAGE);
	unmap.index = map.index;
	is(ioctl(to, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap), 0, "gntdev: gives it back");

	map.refs[0].ref = 0x7fffffff;
	is(ioctl(to, IOCTL_GNTDEV_MAP_GRANT_REF, &map), 0,
	   "gntdev: takes a reference that does not exist");
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, to, map.index);
	point(mapped == MAP_FAILED, "gntdev: but cannot map it");
	close(to);
	close(from);
}

int main(void)
{
	test_privcmd();
	test_evtchn();
	test_grants();
	return 0;
}
