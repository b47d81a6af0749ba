/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces and mappings, for both ports: walking and filling page tables.  Only how an entry is
 * written, and what a root table is, differs (port/port.h).
 */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include "kernel/types.h"
#include "port/port.h"

struct space {
	pte_t *root; /* kernel mode sees this one */
	pte_t *user_root; /* pv: user mode sees this one; native: NULL */
};

extern struct space kernel_space;

/* No user half: what threads of the kernel run in. */
void spaces_init(void);
struct space *space_create(void);
void space_destroy(struct space *s);
void space_load(struct space *s);
int space_map(struct space *s, u64 va, pfn_t pfn, u64 flags);
void space_unmap(struct space *s, u64 va);

pte_t *space_slot(struct space *s, u64 va, bool create);

/* Windows: kernel addresses at which entries are set and cleared at run time. */
void *window_reserve(unsigned int count);
int window_set(void *va, pte_t pte);
pte_t *window_slot(void *va);

#endif
