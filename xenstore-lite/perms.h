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
 * struct domset - domains that are named somewhere, dom0 left out, roughly
 * @bits:   bit domid % 64 of each
 * @lo, @hi: lowest and highest; @hi 0: none
 *
 * Never forgets one, may take others for members: the bits tell domains apart in a
 * wide range, the range those that share a bit.
 */
struct domset {
	u64 bits;
	u16 lo, hi;
};

void domset_add(struct domset *set, unsigned int domid);
void domset_join(struct domset *set, const struct domset *more);
bool domset_may_have(const struct domset *set, unsigned int domid);

/**
 * struct perms - who may do what with a node; immutable and shared
 * @doms:  the domains named
 * @table: where equal sets are looked for
 * @p:     first the owner, with what everybody else may do; then exceptions
 *
 * Equal sets are one object, so pointers compare like contents.
 */
struct perms {
	u32 refs;
	u32 count;
	struct domset doms;
	struct perms **table;
	UT_hash_handle hh;
	struct perm p[];
};

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
