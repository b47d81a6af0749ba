/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors as numbers, the ones of the hypercall ABI (xen/errno.h): functions return them negated.
 */
#ifndef KERNEL_ERRNO_H
#define KERNEL_ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum {
#include <xen/errno.h>
};

#endif
