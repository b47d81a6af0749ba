/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Permission sets.  A store holds few different ones (a handful a domain), so
 * each is kept once and nodes point at it.
 */
#include "perms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void domset_add(struct domset *set, unsigned int domid)
{
	struct domset one = { .bits = 1ull << domid % 64, .lo = domid, .hi = domid };

	if (domid)
		domset_join(set, &one);
}

void domset_join(struct domset *set, const struct domset *more)
{
	if (!more->hi)
		return;
	set->bits |= more->bits;
	if (!set->hi || more->lo < set->lo)
		set->lo = more->lo;
	if (more->hi > set->hi)
		set->hi = more->hi;
}

bool domset_may_have(const struct domset *set, unsigned int domid)
{
	return set->bits >> domid % 64 & 1 && domid >= set->lo && domid <= set->hi;
}

/**
 * perms_intern - the one object for this list of permissions
 * @table: where the store keeps its sets
 *
 * Return: a reference, to be given to perms_put().  The set keeps a pointer to @table.
 */
struct perms *perms_intern(struct perms **table, const struct perm *p, u32 count)
{
	struct perms *set;
	size_t size = count * sizeof(*p);

	HASH_FIND(hh, *table, p, size, set);
	if (set)
		return perms_get(set);
	set = xcalloc(sizeof(*set) + size);
	set->refs = 1;
	set->count = count;
	set->table = table;
	memcpy(set->p, p, size);
	for (u32 i = 0; i < count; i++)
		domset_add(&set->doms, p[i].domid);
	HASH_ADD_KEYPTR(hh, *table, set->p, size, set);
	return set;
}

struct perms *perms_get(struct perms *p)
{
	p->refs++;
	return p;
}

void perms_put(struct perms *p)
{
	if (--p->refs)
		return;
	HASH_DEL(*p->table, p);
	free(p);
}

unsigned int perms_owner(const struct perms *p)
{
	return p->p[0].domid;
}

bool perms_name_domain(const struct perms *p, unsigned int domid)
{
	for (u32 i = 0; i < p->count; i++)
		if (p->p[i].domid == domid)
			return true;
	return false;
}

/**
 * perms_with_owner - the set @p with another owner
 */
struct perms *perms_with_owner(const struct perms *p, unsigned int owner)
{
	struct perm list[p->count];

	memcpy(list, p->p, sizeof(list));
	list[0].domid = owner;
	return perms_intern(p->table, list, p->count);
}

/**
 * perms_without - the set @p once domain @domid is gone
 * @heir: who owns what @domid owned
 *
 * Exceptions made for @domid vanish, so that the next domain of that number
 * does not inherit them.
 */
struct perms *perms_without(const struct perms *p, unsigned int domid,
			    unsigned int heir)
{
	struct perm list[p->count];
	u32 n = 0;

	for (u32 i = 0; i < p->count; i++) {
		if (i && p->p[i].domid == domid)
			continue;
		list[n] = p->p[i];
		if (!i && list[n].domid == domid)
			list[n].domid = heir;
		n++;
	}
	return perms_intern(p->table, list, n);
}

/**
 * perm_parse - read one permission as it is on the wire, like "r5"
 * @domid: the number, unchecked
 *
 * Return: 0, or -EINVAL.
 */
int perm_parse(const char *s, long *domid, u16 *bits)
{
	char *end;

	switch (*s++) {
	case 'n':
		*bits = XS_PERM_NONE;
		break;
	case 'r':
		*bits = XS_PERM_READ;
		break;
	case 'w':
		*bits = XS_PERM_WRITE;
		break;
	case 'b':
		*bits = XS_PERM_READ | XS_PERM_WRITE;
		break;
	default:
		return -EINVAL;
	}
	*domid = strtol(s, &end, 0);
	return *s && !*end ? 0 : -EINVAL;
}

/**
 * perms_print - the set as it is on the wire: strings with their NULs
 */
void perms_print(const struct perms *p, struct buf *out)
{
	static const char letter[] = "nrwb";

	for (u32 i = 0; i < p->count; i++) {
		buf_printf(out, "%c%u", letter[p->p[i].bits & 3], p->p[i].domid);
		buf_add(out, "", 1);
	}
}
