/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_PERMS_H
#define XSL_PERMS_H

#include <uthash.h>
#include <xenstore_lib.h>

#include "util.h"

/* What a privileged domain or an owner may do. */
#define PERM_ALL	(XS_PERM_READ | XS_PERM_WRITE | XS_PERM_OWNER)

/* Domain ids that are no domain's begin here (DOMID_FIRST_RESERVED). */
#define DOMID_LIMIT	0x7ff0u

struct perm {
	u16 domid;
	u16 bits;		/* XS_PERM_READ | XS_PERM_WRITE */
};

/**
 * struct perms - who may do what with a node; immutable and shared
 * @doms:  DOM_BIT() of every domain named but dom0
 * @table: where equal sets are looked for
 * @p:     first the owner, with what everybody else may do; then exceptions
 *
 * Equal sets are one object, so pointers compare like contents.
 */
struct perms {
	u32 refs;
	u32 count;
	u64 doms;
	struct perms **table;
	UT_hash_handle hh;
	struct perm p[];
};

/* A domain's bit in the summary kept with perms and subtrees. */
#define DOM_BIT(domid)	((domid) ? 1ull << ((domid) & 63) : 0)

struct perms *perms_intern(struct perms **table, const struct perm *p, u32 count);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);
unsigned int perms_owner(const struct perms *p);
bool perms_name_domain(const struct perms *p, unsigned int domid);
struct perms *perms_with_owner(const struct perms *p, unsigned int owner);
struct perms *perms_without(const struct perms *p, unsigned int domid,
			    unsigned int heir);
int perm_parse(const char *s, long *domid, u16 *bits);
void perms_print(const struct perms *p, struct buf *out);

#endif
