/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who lives where in the 64-bit address space.
 *
 * The ABI gives the hypervisor L4 slots 256-271 (xen.h, arch-x86/xen-x86_64.h).  Ours are the same
 * in every root table, supervisor only but for the first:
 *
 *	256	0xffff800000000000	machine-to-physical table, read-only, guests may read it
 *	257	0xffff808000000000	hypervisor mappings of devices and firmware tables (hv-map)
 *	258	0xffff810000000000	GDT and LDT windows, one of PERCPU_DT_SIZE a CPU
 *	259	0xffff818000000000	the machine-to-physical table again, writable
 *	261	0xffff82d040000000	hypervisor image, stacks (2 GiB window)
 *		0xffff82e000000000	frame table
 *	262-271	0xffff830000000000	direct map of all memory (5 TiB)
 */
#ifndef HV_MM_LAYOUT_H
#define HV_MM_LAYOUT_H

#define HV_START		0xffff800000000000UL
#define HV_END			0xffff880000000000UL	/* first address after */
#define HV_SLOT_FIRST		256
#define HV_SLOT_LAST		271
#define HV_SLOT_UNUSED		260

#define M2P_RO_START		0xffff800000000000UL
#define HV_MAP_START		0xffff808000000000UL
#define PERCPU_DT_START		0xffff810000000000UL
#define M2P_RW_START		0xffff818000000000UL
#define HV_IMAGE_START		0xffff82d040000000UL	/* the image is linked here + its load address */
#define HV_STACKS_START		0xffff82d060030000UL	/* + cpu * STACK_SIZE; see hv.lds */
#define HV_STUBS_START		0xffff82d068000000UL	/* + cpu * PAGE_SIZE: SYSCALL stubs */
#define FRAME_TABLE_START	0xffff82e000000000UL
#define DIRECT_MAP_START	0xffff830000000000UL
#define DIRECT_MAP_SIZE		(HV_END - DIRECT_MAP_START)

/* Of each CPU: 16 pages of GDT (14 the guest's, then ours), then 16 pages of LDT. */
#define PERCPU_DT_PAGES		32
#define PERCPU_DT_SIZE		(PERCPU_DT_PAGES * 0x1000UL)
#define PERCPU_GDT(cpu)		(PERCPU_DT_START + (cpu) * PERCPU_DT_SIZE)
#define PERCPU_LDT(cpu)		(PERCPU_GDT(cpu) + 16 * 0x1000UL)

#ifndef __ASSEMBLER__
#include "lib/types.h"

#ifdef HOST_TEST
extern char *host_memory;		/* tests/unit/fake: the machine's memory */
#define maddr_to_hv(ma)	((void *)(host_memory + (u64)(ma)))
#define hv_to_maddr(p)	((maddr_t)((char *)(p) - host_memory))
#else
#define maddr_to_hv(ma)	((void *)(DIRECT_MAP_START + (u64)(ma)))
#define hv_to_maddr(p)	((maddr_t)(p) - DIRECT_MAP_START)	/* direct map addresses only */
#endif
/* Of something in the image itself. */
#define image_mfn(p)	((mfn_t)(((u64)(p) - HV_IMAGE_START) >> 12))
#define mfn_to_hv(mfn)	maddr_to_hv((u64)(mfn) << 12)
#define hv_to_mfn(p)	((mfn_t)(hv_to_maddr(p) >> 12))

static inline bool va_is_canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

/* True for every address of slots 256-271: none of them may a guest map, pass or load. */
static inline bool va_is_hypervisor(u64 va)
{
	return va >= HV_START && va < HV_END;
}
#endif
#endif
