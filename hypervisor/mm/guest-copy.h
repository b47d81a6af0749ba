/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to a guest's memory by its linear addresses: those of the current vCPU, in the
 * root table now loaded.  A bad address (hypervisor's, non-canonical, not mapped, read-only on
 * write) is answered with -EFAULT; nothing is known then of how much was copied.
 */
#ifndef HV_MM_GUEST_COPY_H
#define HV_MM_GUEST_COPY_H

#include "cpu/extable.h"
#include "cpu/insn.h"
#include "lib/types.h"
#include "mm/layout.h"

int __must_check copy_from_guest(void *dst, guest_va_t src, size_t size);
int __must_check copy_to_guest(guest_va_t dst, const void *src, size_t size);

/* True when [va, va + size) is wholly the guest's part of the address space. */
bool guest_range_ok(guest_va_t va, size_t size);

/*
 * Two or three words, in line, for where copy_from_guest()'s look at linear L4 tables is not needed: pv.long_ways is
 * false.  False: -EFAULT.
 */
#ifdef HOST_TEST
static inline bool fetch_words(u64 *to, guest_va_t va, size_t size) { return !copy_from_guest(to, va, size); }
#else
static inline __attribute__((always_inline)) bool fetch_words(u64 *to, guest_va_t va, size_t size)
{
	u64 first = 0, second = 0, third = 0, ok = 0;	/* ok: anything but 0 once all are read */

	if (va_is_hypervisor(va) || va_is_hypervisor(va + size - 1))
		return false;
	stac();
	if (size == 24)
		__asm__ volatile("3: mov 16(%[va]), %[third]\n"
				 "1: mov (%[va]), %[first]\n"
				 "2: mov 8(%[va]), %[second]\n"
				 "mov %%rsp, %[ok]\n"
				 "4:\n"
				 EXTABLE(1b, 4b) EXTABLE(2b, 4b) EXTABLE(3b, 4b)
				 : [first] "+&r"(first), [second] "+&r"(second), [third] "+&r"(third), [ok] "+&r"(ok)
				 : [va] "r"(va) : "memory");
	else
		__asm__ volatile("1: mov (%[va]), %[first]\n"
				 "2: mov 8(%[va]), %[second]\n"
				 "mov %%rsp, %[ok]\n"
				 "4:\n"
				 EXTABLE(1b, 4b) EXTABLE(2b, 4b)
				 : [first] "+&r"(first), [second] "+&r"(second), [ok] "+&r"(ok) : [va] "r"(va) : "memory");
	clac();
	to[0] = first;
	to[1] = second;
	if (size == 24)
		to[2] = third;
	return ok;
}
#endif

/* Guest handles in ABI structures (XEN_GUEST_HANDLE) hold a pointer; element i of one: */
#define handle_va(h, i)	((guest_va_t)(h).p + (u64)(i) * sizeof(*(h).p))
#define handle_is_null(h) ((h).p == NULL)

#endif
