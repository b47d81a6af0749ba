/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the Xen libraries, so that a store daemon (ours or a stock
 * one) with its domain rings runs on a machine without Xen:
 *
 *	LD_PRELOAD=xen-stand-in.so XEN_STAND_IN=DIR xenstored -N
 *
 * DIR is the "machine":
 *	ring-N   the store's ring page of domain N; must exist to be mapped
 *	dom-N    domain N exists; content "s" = shut down, "d" = dying
 *	xsd_port, xsd_kva   what /proc/xen has: port number, and ring page, of domain 0
 *	events   FIFO: each u32 written to it is an event port raised at the daemon
 *
 * The daemon's end of the channel of domain N is port 1000 + N; port 1 is
 * the exception VIRQ.  Events sent by the daemon are counted in the last
 * word of the ring page, where a test can watch them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define __XEN_TOOLS__ 1
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xen/domctl.h>
#include <xen/xen.h>

#define PAGE		4096
#define PORT_VIRQ	1
#define PORT_BASE	1000
#define DOMS		32768
#define SENT_WORD	(PAGE / 4 - 1)

static int event_fd = -1;
static volatile uint32_t *page_of[DOMS];

static void path_of(char *buf, size_t size, const char *what, unsigned int domid)
{
	const char *dir = getenv("XEN_STAND_IN");

	snprintf(buf, size, "%s/%s-%u", dir ? dir : "/nonexistent", what, domid);
}

static void *map_ring(unsigned int domid)
{
	char path[4096];
	void *page;
	int fd;

	if (domid >= DOMS) {
		errno = ESRCH;
		return NULL;
	}
	path_of(path, sizeof(path), "ring", domid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		return NULL;
	page_of[domid] = page;
	return page;
}

/* 0: no such domain, else '.', 's' or 'd' */
static int dom_state(unsigned int domid)
{
	char path[4096], c = '.';
	int fd;

	if (domid == 0)
		return '.';
	path_of(path, sizeof(path), "dom", domid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &c, 1) != 1)
		c = '.';
	close(fd);
	return c;
}

/* What a daemon reads of /proc/xen, it finds in DIR. */
int open(const char *path, int flags, ...)
{
	static int (*real_open)(const char *, int, ...);
	const char *dir = getenv("XEN_STAND_IN");
	char moved[4096];
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (!real_open)
		*(void **)&real_open = dlsym(RTLD_NEXT, "open");
	if (!strncmp(path, "/proc/xen/", 10) && dir) {
		snprintf(moved, sizeof(moved), "%s/%s", dir, path + 10);
		path = moved;
	}
	return real_open(path, flags, mode);
}

/* oxenstored raises a limit that a container may not raise, and gives up if it cannot. */
int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
	(void)what;
	(void)limit;
	return 0;
}

/* Event channels: the handle's only content is the FIFO. */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *l, unsigned int flags)
{
	char path[4096];
	const char *dir = getenv("XEN_STAND_IN");

	(void)l;
	snprintf(path, sizeof(path), "%s/events", dir ? dir : "/nonexistent");
	event_fd = open(path, O_RDWR | O_NONBLOCK |
			(flags & XENEVTCHN_NO_CLOEXEC ? 0 : O_CLOEXEC));
	return event_fd < 0 ? NULL : (xenevtchn_handle *)&event_fd;
}

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *l, int fd, unsigned int flags)
{
	(void)l;
	(void)flags;
	event_fd = fd;
	return (xenevtchn_handle *)&event_fd;
}

int xenevtchn_close(xenevtchn_handle *h)
{
	(void)h;
	return close(event_fd);
}

int xenevtchn_fd(xenevtchn_handle *h)
{
	(void)h;
	return event_fd;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
	(void)h;
	if (port < PORT_BASE || port >= PORT_BASE + DOMS || !page_of[port - PORT_BASE]) {
		errno = EINVAL;
		return -1;
	}
	__atomic_add_fetch(&page_of[port - PORT_BASE][SENT_WORD], 1, __ATOMIC_SEQ_CST);
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h, uint32_t domid,
						     evtchn_port_t remote)
{
	(void)h;
	(void)remote;
	return PORT_BASE + domid;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *h, unsigned int virq)
{
	(void)h;
	(void)virq;
	return PORT_VIRQ;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
	(void)h;
	(void)port;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
	uint32_t port;

	(void)h;
	if (read(event_fd, &port, sizeof(port)) != sizeof(port))
		return -1;
	return port;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
	(void)h;
	(void)port;
	return 0;
}

/* Grants: only the store's reserved reference can be mapped. */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l, unsigned int flags)
{
	static int it;

	(void)l;
	(void)flags;
	return (xengnttab_handle *)&it;
}

int xengnttab_close(xengnttab_handle *h)
{
	(void)h;
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *h, uint32_t nr)
{
	(void)h;
	(void)nr;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref, int prot)
{
	(void)h;
	(void)ref;
	(void)prot;
	return map_ring(domid);
}

int xengnttab_unmap(xengnttab_handle *h, void *addr, uint32_t count)
{
	(void)h;
	for (unsigned int i = 0; i < DOMS; i++)
		if (page_of[i] == addr)
			page_of[i] = NULL;
	return munmap(addr, count * PAGE);
}

/* Foreign memory: there is none. */

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *l, unsigned int flags)
{
	(void)l;
	(void)flags;
	return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t domid, int prot, size_t pages,
			   const xen_pfn_t arr[], int err[])
{
	(void)h;
	(void)domid;
	(void)prot;
	(void)pages;
	(void)arr;
	(void)err;
	return NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *addr, size_t pages)
{
	(void)h;
	(void)addr;
	(void)pages;
	return 0;
}

/* What domains exist: as libxenctrl's callers see it ... */

xc_interface *xc_interface_open(xentoollog_logger *l, xentoollog_logger *d, unsigned int flags)
{
	static int it;

	(void)l;
	(void)d;
	(void)flags;
	return (xc_interface *)&it;
}

int xc_interface_close(xc_interface *h)
{
	(void)h;
	return 0;
}

int xc_domain_getinfo(xc_interface *h, uint32_t first, unsigned int max, xc_dominfo_t *info)
{
	unsigned int n = 0;

	(void)h;
	for (uint32_t d = first; d < DOMS && n < max; d++) {
		int st = dom_state(d);

		if (!st)
			continue;
		memset(&info[n], 0, sizeof(info[n]));
		info[n].domid = d;
		info[n].shutdown = st == 's';
		info[n].dying = st == 'd';
		n++;
		if (max == 1)
			break;
	}
	return n;
}

/* ... and as a domctl made through libxencall. */

xencall_handle *xencall_open(struct xentoollog_logger *l, unsigned int flags)
{
	static int it;

	(void)l;
	(void)flags;
	return (xencall_handle *)&it;
}

int xencall_close(xencall_handle *h)
{
	(void)h;
	return 0;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
	(void)h;
	return calloc(1, size);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
	(void)h;
	free(p);
}

int xencall1(xencall_handle *h, unsigned int op, uint64_t arg)
{
	struct xen_domctl *d = (struct xen_domctl *)(uintptr_t)arg;

	(void)h;
	if (op != __HYPERVISOR_domctl || d->cmd != XEN_DOMCTL_getdomaininfo) {
		errno = ENOSYS;
		return -1;
	}
	for (uint32_t i = d->domain; i < DOMS; i++) {
		int st = dom_state(i);

		if (!st)
			continue;
		memset(&d->u.getdomaininfo, 0, sizeof(d->u.getdomaininfo));
		d->u.getdomaininfo.domain = i;
		if (st == 's')
			d->u.getdomaininfo.flags = XEN_DOMINF_shutdown;
		if (st == 'd')
			d->u.getdomaininfo.flags = XEN_DOMINF_dying;
		d->domain = i;
		return 0;
	}
	errno = ESRCH;
	return -1;
}
