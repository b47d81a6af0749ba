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
#define FETCH(to, from) \
	__asm__ volatile goto("1: mov %[at], %[word]\n" EXTABLE(1b, %l[fault]) \
			      : [word] "=r"(to) : [at] "m"(*(const __typeof__(to) *)(from)) : "memory" : fault)

static inline __attribute__((always_inline)) bool fetch_words(u64 *to, guest_va_t va, size_t size)
{
	u64 first, second, third = 0;

	if (va_is_hypervisor(va) || va_is_hypervisor(va + size - 1))
		return false;
	stac();
	FETCH(first, va);
	FETCH(second, va + 8);
	if (size == 24)
		FETCH(third, va + 16);
	clac();
	to[0] = first;
	to[1] = second;
	if (size == 24)
		to[2] = third;
	return true;
fault:
	clac();
	return false;
}
#endif

/* Guest handles in ABI structures (XEN_GUEST_HANDLE) hold a pointer; element i of one: */
#define handle_va(h, i)	((guest_va_t)(h).p + (u64)(i) * sizeof(*(h).p))
#define handle_is_null(h) ((h).p == NULL)

#endif
