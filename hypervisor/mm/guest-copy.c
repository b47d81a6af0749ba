/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying to and from a guest's linear addresses, through the page tables now loaded.  A fault on the
 * way ends the copy by the exception table.
 */
#include "cpu/extable.h"
#include "cpu/insn.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"

#define LOWER_END	0x0000800000000000UL

bool guest_range_ok(guest_va_t va, size_t size)
{
	if (va < LOWER_END)
		return size <= LOWER_END - va;
	return va >= HV_END && size <= -va;
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
	return !guest_range_ok(src, size) || copy(dst, (const void *)src, size) ? -EFAULT : 0;
}

int copy_to_guest(guest_va_t dst, const void *src, size_t size)
{
	return !guest_range_ok(dst, size) || copy((void *)dst, src, size) ? -EFAULT : 0;
}
