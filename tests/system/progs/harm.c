// SPDX-License-Identifier: GPL-2.0-only
/*
 * harm RAM-MIB - memory that the initial domain must not get at, asked for through privcmd
 *
 * The initial domain may map frames of other domains and of devices.  Shown: frames of the machine's
 * memory are mapped writable only where it owns them; none is handed out as a device's, as the
 * hypervisor's, or as those of a domain that does not exist; the local APIC and the window of
 * interrupt messages are not mapped, the IO-APIC not written.  Which frames are whose is not known here,
 * so every STEPth frame is tried: the initial domain owns half of the machine, and may not get more.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

enum {
	STEP = 67, /* prime: meets tables of all alignments */
	PAGE = 4096,
	BATCH = 256,
	LOW = 0x100, /* the first MiB holds firmware: the initial domain's */
	SELF = 0x7ff0,
	DEVICES = 0x7ff1,
	HYPERVISOR = 0x7ff2,
	NOBODY = 77,
};

struct mmapbatch_v2 { /* of Linux's <xen/privcmd.h>, which needs the hypervisor's own types */
	unsigned int num;
	uint16_t dom;
	uint64_t addr;
	const uint64_t *arr;
	int *err;
};
#define IOCTL_MMAPBATCH_V2 _IOC(_IOC_NONE, 'P', 4, sizeof(struct mmapbatch_v2))

static int privcmd;

/* mapped - how many of the frames can be mapped writable as those of a domain */
static int mapped(uint16_t domain, const uint64_t *frames, int count)
{
	void *at = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd, 0);
	int errors[BATCH] = { 0 }, good = 0;
	struct mmapbatch_v2 batch = { count, domain, (uint64_t)at, frames, errors };

	need(at != MAP_FAILED, "mmap of privcmd");
	/* It fails as a whole where it knows no such domain, and tells of each frame otherwise. */
	if (ioctl(privcmd, IOCTL_MMAPBATCH_V2, &batch) == 0)
		for (int i = 0; i < count; i++)
			good += errors[i] == 0;
	munmap(at, (size_t)count * PAGE);
	return good;
}

/* of_memory - how many of the sampled frames of the machine's memory can be mapped */
static int of_memory(uint16_t domain, uint64_t end, int *tried)
{
	uint64_t frames[BATCH], frame = LOW;
	int good = 0;

	*tried = 0;
	while (frame < end) {
		int count = 0;

		for (; count < BATCH && frame < end; frame += STEP)
			frames[count++] = frame;
		good += mapped(domain, frames, count);
		*tried += count;
	}
	return good;
}

/*
 * written - whether the IO-APIC's register index, its first word, can be changed
 *
 * Stock Xen lets the initial domain map it, read-only whatever was asked for, and drops writes.
 */
static bool written(uint64_t frame)
{
	volatile uint32_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd, 0);
	int error = 0;
	struct mmapbatch_v2 batch = { 1, DEVICES, (uint64_t)at, &frame, &error };
	uint32_t before;
	bool changed;

	need(at != MAP_FAILED, "mmap of privcmd");
	if (ioctl(privcmd, IOCTL_MMAPBATCH_V2, &batch) || error)
		return false;
	before = *at;
	*at = before ^ 1;
	changed = *at != before;
	*at = before;
	munmap((void *)at, PAGE);
	return changed;
}

int main(int argc, char **argv)
{
	uint64_t end = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1024) << 8;
	const struct {
		uint64_t frame;
		const char *name;
	} refused[] = {
		{ 0xfee00, "the local APIC cannot be mapped" },
		{ 0xfee01, "the window of interrupt messages cannot be mapped" },
	};
	int tried, own;

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	need(privcmd >= 0, "/dev/xen/privcmd");
	own = of_memory(SELF, end, &tried);
	printf("# %d of %d sampled frames are its own and writable\n", own, tried);
	point(own > tried / 4, "the initial domain can map its own memory");
	point(own <= tried / 2 + tried / 50, "and no more than it was given");
	is(of_memory(DEVICES, end, &tried), 0, "no memory can be mapped as a device's");
	is(of_memory(HYPERVISOR, end, &tried), 0, "nor as the hypervisor's, writable");
	is(of_memory(NOBODY, end, &tried), 0, "nor as a domain's that does not exist");
	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		is(mapped(DEVICES, &refused[i].frame, 1), 0, refused[i].name);
		is(mapped(SELF, &refused[i].frame, 1), 0, refused[i].name);
	}
	is(written(0xfec00), false, "the IO-APIC cannot be written");
	return 0;
}
