/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory-queries - what memory_op tells
 *
 * Right: maximum_ram_page is above all our frames; the reservations are what the command line
 * gave; the machine's memory map has RAM and is sorted; a buffer too small is told its number of
 * entries; other domains do not exist.  ABI: memory.h.
 */
#include "guest.h"

struct e820 {
	u64 addr, size;
	u32 type;
} __attribute__((packed));

static struct e820 map[128];

static long query(u64 cmd)
{
	domid_t self = DOMID_SELF;

	return HC(memory_op, .cmd = cmd, .arg = &self);
}

static void machine_map(void)
{
	xen_memory_map_t op = { .nr_entries = 128, .buffer.p = map };
	u64 ram = 0, unsorted = 0;

	check_eq(HC(memory_op, .cmd = XENMEM_machine_memory_map, .arg = &op), 0,
		 "machine_memory_map");
	for (unsigned int i = 0; i < op.nr_entries; i++) {
		ram += map[i].type == 1 ? map[i].size : 0;
		unsorted += i && map[i].addr < map[i - 1].addr + map[i - 1].size;
	}
	check(ram > 200UL << 20 && ram <= 256UL << 20, "%lu MiB of RAM in %u entries", ram >> 20,
	      op.nr_entries);
	check_eq(unsorted, 0, "in order");
	op.nr_entries = 1;
	check_eq(HC(memory_op, .cmd = XENMEM_machine_memory_map, .arg = &op), -XEN_EINVAL,
		 "a buffer for one entry");
	op = (xen_memory_map_t){ 0 };
	check_eq(HC(memory_op, .cmd = XENMEM_machine_memory_map, .arg = &op), 0, "no buffer at all");
	check(op.nr_entries > 1, "tells how many there are: %u", op.nr_entries);
}

void test_main(void)
{
	u64 *p2m = (u64 *)start_info->mfn_list, top = 0;
	domid_t none = 0x1234;
	xen_memory_map_t op = { .nr_entries = 128, .buffer.p = map };
	long rc;

	for (u64 i = 0; i < start_info->nr_pages; i++)
		top = p2m[i] > top ? p2m[i] : top;
	check(HC(memory_op, .cmd = XENMEM_maximum_ram_page) >= (long)top, "maximum_ram_page");
	check_eq(query(XENMEM_current_reservation), start_info->nr_pages, "current_reservation");
	check(query(XENMEM_maximum_reservation) >= (long)start_info->nr_pages,
	      "maximum_reservation");
	rc = query(XENMEM_maximum_gpfn);
	check(rc >= 0, "maximum_gpfn is %ld", rc);
	check_eq(HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &none), -XEN_ESRCH,
		 "another domain");
	check_eq(HC(memory_op, .cmd = 60), -XEN_ENOSYS, "command 60");
	check_eq(HC(memory_op, .cmd = XENMEM_memory_map, .arg = &op), -XEN_ENOSYS,
		 "memory_map is for others than the initial domain");
	machine_map();
}
