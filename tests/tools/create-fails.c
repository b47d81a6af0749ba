// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the initial domain: makes a domain again and again, and each time another call of the Xen libraries
 * or of the system fails (the linker puts the functions here before theirs).  Each create must fail, with a
 * reason, and leave nothing: no domain, no node, no loop device, no port of a bridge.
 *
 * usage: create-fails FILE
 */

#include "burst.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <xencall.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <xen/io/xs_wire.h>

/* Shared with the processes that a create starts. */
static struct {
	long calls;
	bool counting;
} *shared;
static long fail_at;	/* 0: none fails */

/* Whether this call is the one. */
static bool now(int error)
{
	if (!shared || !shared->counting || ++shared->calls != fail_at)
		return false;
	shared->counting = false;	/* what is undone afterwards works */
	errno = error;
	return true;
}

#define WRAP(type, name, error, bad, params, args)	\
	type __real_##name params;			\
	type __wrap_##name params;			\
	type __wrap_##name params			\
	{						\
		return now(error) ? (bad) : __real_##name args; \
	}

WRAP(int, xencall5, ENOMEM, -1,
     (xencall_handle *h, unsigned int op, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e),
     (h, op, a, b, c, d, e))
WRAP(long, xencall2L, ENOMEM, -1, (xencall_handle *h, unsigned int op, uint64_t a, uint64_t b), (h, op, a, b))
WRAP(void *, xenforeignmemory_map, ENOMEM, NULL,
     (xenforeignmemory_handle *h, uint32_t dom, int prot, size_t n, const xen_pfn_t f[/*n*/], int e[/*n*/]),
     (h, dom, prot, n, f, e))
WRAP(xenforeignmemory_resource_handle *, xenforeignmemory_map_resource, ENOMEM, NULL,
     (xenforeignmemory_handle *h, domid_t dom, unsigned int type, unsigned int id, unsigned long frame,
      unsigned long n, void **p, int prot, int flags), (h, dom, type, id, frame, n, p, prot, flags))
/* What changes the store: one that fails is another request, which no store knows. */
void __real_burst_add(struct burst *b, uint32_t type, uint32_t t, const char *path, const void *data, size_t n);
void __wrap_burst_add(struct burst *b, uint32_t type, uint32_t t, const char *path, const void *data, size_t n);
void __wrap_burst_add(struct burst *b, uint32_t type, uint32_t t, const char *path, const void *data, size_t n)
{
	const bool counts = type == XS_WRITE || type == XS_SET_PERMS || type == XS_INTRODUCE || type == XS_TRANSACTION_END;

	__real_burst_add(b, counts && now(ENOSYS) ? XS_INVALID : type, t, path, data, n);
}

/* ioctl()s of the system count, those that the Xen libraries make were counted above. */
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	/* Of loop devices (0x4c) and of sockets (0x89). */
	if (((request >> 8 & 0xff) == 0x4c || (request >> 8 & 0xff) == 0x89) && now(EIO))
		return -1;
	return __real_ioctl(fd, request, arg);
}

static unsigned int entries(const char *path, bool loops)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	unsigned int n = 0;
	char file[512];
	struct stat st;

	while (dir && (e = readdir(dir))) {
		snprintf(file, sizeof(file), "/sys/block/%s/loop/backing_file", e->d_name);
		n += *e->d_name != '.' && (!loops || !stat(file, &st));
	}
	if (dir)
		closedir(dir);
	return n;
}

/* Everything that a create makes. */
struct count {
	uint64_t domains, homes, vms, own, vbds, vifs, loops, ports, nets, free_pages;
};

static unsigned int nodes_in(struct ctl *ctl, const char *path)
{
	unsigned int n = 0;

	free(xs_directory(ctl_store(ctl), XBT_NULL, path, &n));
	return n;
}

static struct count count_all(struct ctl *ctl)
{
	struct count c = { 0 };
	struct host_info host;
	struct dom *doms;
	int n = dom_list(ctl, &doms);

	c.domains = n;
	if (n >= 0)
		free(doms);
	if (!host_info(ctl, &host))
		c.free_pages = host.phys.free_pages + host.phys.scrub_pages;
	c.homes = nodes_in(ctl, "/local/domain");
	c.vms = nodes_in(ctl, "/vm");
	c.own = nodes_in(ctl, "/bonsai");
	c.vbds = nodes_in(ctl, "/local/domain/0/backend/vbd");
	c.vifs = nodes_in(ctl, "/local/domain/0/backend/vif");
	c.loops = entries("/sys/block", true);
	c.ports = entries("/sys/class/net/br0/brif", false);
	c.nets = entries("/sys/class/net", false);
	return c;
}

static bool same(struct ctl *ctl, const struct count *before)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct count after;

	/* What was mapped is given back a little later. */
	for (int i = 0; i < 50; i++) {
		after = count_all(ctl);
		if (!memcmp(&after, before, sizeof(after)))
			return true;
		nanosleep(&pause, NULL);
	}
	printf("left: domains %lu/%lu, homes %lu/%lu, vms %lu/%lu, own %lu/%lu, vbds %lu/%lu, vifs %lu/%lu, loops %lu/%lu, "
	       "ports %lu/%lu, interfaces %lu/%lu, pages %lu/%lu\n", after.domains, before->domains, after.homes, before->homes, after.vms,
	       before->vms, after.own, before->own, after.vbds, before->vbds, after.vifs, before->vifs, after.loops,
	       before->loops, after.ports, before->ports, after.nets, before->nets, after.free_pages,
	       before->free_pages);
	return false;
}

int main(int argc, char **argv)
{
	struct ctl *ctl = ctl_new();
	struct config c;
	struct count before, empty;
	unsigned int bad = 0;
	uint32_t id;
	int rc;

	if (argc < 2 || config_load(ctl, argv[1], &c))
		return 2;
	for (int i = 2; i < argc; i++)
		if (config_add(ctl, argv[i], &c))
			return 2;
	if (config_check(ctl, &c)) {
		puts(ctl_why(ctl));
		return 2;
	}
	/* The first whole one, so that all is open and warm.  Its card's interface goes a little later than it. */
	empty = count_all(ctl);
	rc = dom_create(ctl, &c, &id);
	if (rc || dom_destroy(ctl, id)) {
		puts(ctl_why(ctl));
		return 1;
	}
	do {
		before = count_all(ctl);
	} while (before.nets != empty.nets || before.ports != empty.ports || before.loops != empty.loops);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	for (fail_at = 1;; fail_at++) {
		shared->calls = 0;
		shared->counting = true;
		ctl_fail(ctl, 0, "%s", "");
		if (fail_at % 16 == 0) {
			printf("%ld calls\n", fail_at);
			fflush(stdout);
		}
		rc = dom_create(ctl, &c, &id);
		if (shared->counting)
			break;	/* none was left to fail */
		if (!rc || !*ctl_why(ctl)) {
			printf("call %ld failed: %s\n", fail_at, rc ? "no reason" : "nobody noticed");
			bad++;
			if (!rc)
				dom_destroy(ctl, id);
		}
		if (!same(ctl, &before)) {
			printf("call %ld failed: %s\n", fail_at, ctl_why(ctl));
			bad++;
			before = count_all(ctl);
		}
	}
	shared->counting = false;
	if (!rc)
		dom_destroy(ctl, id);
	printf("%ld calls failed in turn, %u times wrongly\n", fail_at - 1, bad);
	config_free(&c);
	ctl_free(ctl);
	return rc || bad;
}
