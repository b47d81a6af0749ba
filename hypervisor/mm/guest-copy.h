/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to a guest's memory by its linear addresses: those of the current vCPU, in the
 * root table now loaded.  A bad address (hypervisor's, non-canonical, not mapped, read-only on
 * write) is answered with -EFAULT; nothing is known then of how much was copied.
 */
#ifndef HV_MM_GUEST_COPY_H
#define HV_MM_GUEST_COPY_H

#include "lib/types.h"

int __must_check copy_from_guest(void *dst, guest_va_t src, size_t size);
int __must_check copy_to_guest(guest_va_t dst, const void *src, size_t size);

/* True when [va, va + size) is wholly the guest's part of the address space. */
bool guest_range_ok(guest_va_t va, size_t size);

/* Guest handles in ABI structures (XEN_GUEST_HANDLE) hold a pointer; element i of one: */
#define handle_va(h, i)	((guest_va_t)(h).p + (u64)(i) * sizeof(*(h).p))
#define handle_is_null(h) ((h).p == NULL)

#endif
