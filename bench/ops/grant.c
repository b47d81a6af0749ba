// SPDX-License-Identifier: GPL-2.0-only
/* A page that the initial domain grants to itself: mapped and unmapped, or copied. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/gntalloc.h>
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/gntdev.h>

#include "ops.h"

static int allocator = -1, grants = -1;
static uint32_t ref;
static char buffer[PAGE] __attribute__((aligned(PAGE)));

static void grant_stop(void)
{
	close(grants);
	close(allocator);
}

/* In a guest domain 0 is another one, so nothing can be mapped: the operation is left out. */
static bool grant_start(void)
{
	struct ioctl_gntalloc_alloc_gref alloc = { .domid = 0, .flags = GNTALLOC_FLAG_WRITABLE, .count = 1 };
	struct ioctl_gntdev_map_grant_ref map = { .count = 1 };

	allocator = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	grants = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	if (allocator >= 0 && grants >= 0 && !ioctl(allocator, IOCTL_GNTALLOC_ALLOC_GREF, &alloc)) {
		struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 1 };
		void *at;

		ref = alloc.gref_ids[0];
		map.refs[0].ref = ref;
		need(!ioctl(grants, IOCTL_GNTDEV_MAP_GRANT_REF, &map), "a grant");
		at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, grants, map.index);
		unmap.index = map.index;
		if (at != MAP_FAILED) {
			munmap(at, PAGE);
			ioctl(grants, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
			return true;
		}
	}
	grant_stop();
	return false;
}

static void map_once(void)
{
	struct ioctl_gntdev_map_grant_ref map = { .count = 1, .refs[0].ref = ref };
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 1 };
	void *at;

	need(!ioctl(grants, IOCTL_GNTDEV_MAP_GRANT_REF, &map), "a grant");
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, grants, map.index);
	need(at != MAP_FAILED, "map a grant");
	munmap(at, PAGE);
	unmap.index = map.index;
	need(!ioctl(grants, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap), "forget a grant");
}

static uint64_t map_run(long n, long *done)
{
	(void)done;
	return TIMED(n, map_once());
}

static void copy_once(void)
{
	struct gntdev_grant_copy_segment segment = {
		.source.foreign = { .ref = ref }, .dest.virt = buffer, .len = PAGE, .flags = GNTCOPY_source_gref
	};
	struct ioctl_gntdev_grant_copy copy = { .count = 1, .segments = &segment };

	need(!ioctl(grants, IOCTL_GNTDEV_GRANT_COPY, &copy) && !segment.status, "copy from a grant");
}

static uint64_t copy_run(long n, long *done)
{
	buffer[0] = 1;
	(void)done;
	return TIMED(n, copy_once());
}

const struct op grant_ops[] = {
	{ .name = "grant_map_unmap", .start = grant_start, .run = map_run, .stop = grant_stop },
	{ .name = "grant_copy", .start = grant_start, .run = copy_run, .stop = grant_stop },
	{ 0 },
};
