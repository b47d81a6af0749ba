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
#include "domain/domain.h"
#include "lib/types.h"
#include "mm/layout.h"

int __must_check copy_from_guest(void *dst, guest_va_t src, size_t size);
int __must_check copy_to_guest(guest_va_t dst, const void *src, size_t size);

/* True when [va, va + size) is wholly the guest's part of the address space. */
bool guest_range_ok(guest_va_t va, size_t size);

/*
 * Up to eight words, of a constant number, in line.  False: -EFAULT.
 */
#ifdef HOST_TEST
#define fetch_words(to, va, size)	(!copy_from_guest(to, va, size))
#define store_word(va, word)		(!copy_to_guest(va, &(u64){ word }, 8))
#else
#define FETCH(to, from) \
	__asm__ volatile goto("1: mov %[at], %[word]\n" EXTABLE(1b, %l[fault]) \
			      : [word] "=r"(to) : [at] "m"(*(const u64 *)(from)) : "memory" : fault)
#define FETCH_NTH(n) if (size > 8 * (n)) { u64 word; FETCH(word, va + 8 * (n)); to[n] = word; }

static inline __attribute__((always_inline)) bool fetch_words(u64 *to, guest_va_t va, size_t size)
{
	if (va_is_hypervisor(va) || va_is_hypervisor(va + size - 1))
		return false;
	stac();
	FETCH_NTH(0) FETCH_NTH(1) FETCH_NTH(2) FETCH_NTH(3) FETCH_NTH(4) FETCH_NTH(5) FETCH_NTH(6) FETCH_NTH(7)
	clac();
	return true;
fault:
	clac();
	return false;
}

static inline __attribute__((always_inline)) bool store_word(guest_va_t va, u64 word)
{
	if (va_is_hypervisor(va) || va_is_hypervisor(va + sizeof(word) - 1))
		return false;
	stac();
	__asm__ volatile goto("1: mov %[word], %[at]\n" EXTABLE(1b, %l[fault])
			      : : [word] "r"(word), [at] "m"(*(u64 *)va) : "memory" : fault);
	clac();
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
