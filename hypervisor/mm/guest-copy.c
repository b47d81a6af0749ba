/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying to and from a guest's linear addresses, through the page tables now loaded.  A fault on the
 * way ends the copy by the exception table.
 */
#include "cpu/extable.h"
#include "cpu/insn.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"

#define LOWER_END	0x0000800000000000UL

/*
 * An L4 slot that names an L4 table shows that one's slots one level down, the hypervisor's among them.  Those
 * are for supervisors only, which we are while we copy: such addresses are not the guest's.
 */
static bool through_hypervisor(const u64 *linear, guest_va_t va)
{
	for (unsigned int level = 4; level > 1 && bitmap_test(linear, PT_INDEX(va, level)); level--)
		if (PT_INDEX(va, level - 1) >= HV_SLOT_FIRST && PT_INDEX(va, level - 1) <= HV_SLOT_LAST)
			return true;
	return false;
}

static __attribute__((noinline)) bool linear_ok(guest_va_t va, size_t size)
{
	/* The range does not wrap: guest_range_ok(). */
	for (u64 pages = size ? (((va & ~PAGE_MASK) + size - 1) >> PAGE_SHIFT) + 1 : 0; pages; pages--, va += PAGE_SIZE)
		if (through_hypervisor(current->domain->mm.linear_slots, va))
			return false;
	return true;
}

bool guest_range_ok(guest_va_t va, size_t size)
{
	if (va < LOWER_END)
		return size <= LOWER_END - va;
	return va >= HV_END && size <= -va;
}

static inline bool reachable(guest_va_t va, size_t size)
{
	return guest_range_ok(va, size) && (likely(!current->pv.long_ways) || linear_ok(va, size));
}

/* Words, then the bytes left over.  Return: 0; else a fault ended it. */
static inline __attribute__((always_inline)) u64 copy(void *dst, const void *src, size_t size)
{
	u64 n = size / 8;

	stac();
	__asm__ volatile("1:	rep movsq\n"
			 "	mov %[rest], %[n]\n"
			 "2:	rep movsb\n"
			 "	jmp 4f\n"
			 "3:	or $1, %[n]\n"
			 "4:\n"
			 EXTABLE(1b, 3b)
			 EXTABLE(2b, 3b)
			 : [n] "+&c"(n), "+&D"(dst), "+&S"(src)
			 : [rest] "r"(size % 8)
			 : "memory", "cc");
	clac();
	return n;
}

int copy_from_guest(void *dst, guest_va_t src, size_t size)
{
	return !reachable(src, size) || copy(dst, (const void *)src, size) ? -EFAULT : 0;
}

int copy_to_guest(guest_va_t dst, const void *src, size_t size)
{
	return !reachable(dst, size) || copy((void *)dst, src, size) ? -EFAULT : 0;
}
