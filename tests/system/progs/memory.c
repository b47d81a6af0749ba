// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory - pages of the machine as the hypervisor counts them: total, free and scrubbing, in one line
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define __XEN_TOOLS__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
#include <xen/sysctl.h>

#include "tap.h"

struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

int main(void)
{
	static struct xen_sysctl ask;
	struct privcmd_hypercall call = { __HYPERVISOR_sysctl, { (uint64_t)&ask } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	need(fd >= 0, "/dev/xen/privcmd");
	need(mlockall(MCL_CURRENT) == 0, "mlockall");
	ask.cmd = XEN_SYSCTL_physinfo;
	ask.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	need(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) == 0, "physinfo");
	printf("%lu %lu %lu\n", (unsigned long)ask.u.physinfo.total_pages,
	       (unsigned long)ask.u.physinfo.free_pages, (unsigned long)ask.u.physinfo.scrub_pages);
	return 0;
}
