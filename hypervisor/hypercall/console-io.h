/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain writes to the hypervisor's console.
 */
#ifndef HV_HYPERCALL_CONSOLE_IO_H
#define HV_HYPERCALL_CONSOLE_IO_H

struct domain;

/* Free what console_io keeps of d (its unfinished line). */
void console_io_domain_free(struct domain *d);

#endif
