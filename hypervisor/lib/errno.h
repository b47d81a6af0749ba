/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI's error numbers under their usual names.  ERESTART stays inside the hypervisor.
 */
#ifndef HV_LIB_ERRNO_H
#define HV_LIB_ERRNO_H

#define XEN_ERRNO(name, value)	name = value,
enum hv_errno {
#include <xen/errno.h>
	ERESTART = 85,		/* hypercall/hypercall.h: make the call again */
};

#endif
