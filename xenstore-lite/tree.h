/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_TREE_H
#define XSL_TREE_H

#include "conn.h"
#include "node.h"
#include "txn.h"

/*
 * What clients do with nodes.  @t is NULL outside of transactions.  Paths are
 * absolute and valid.  Each returns 0 or:
 *
 *	-ENOENT		no such node
 *	-EACCES		not for this client
 *	-ENOSPC, -ENOMEM	its quota does not allow it
 *
 * On error nothing has changed.
 */
int tree_find(struct conn *c, struct txn *t, const char *path, unsigned int need, u8 aspects,
	      struct place *at);
int tree_write(struct conn *c, struct txn *t, const char *path, const void *data, u32 len);
int tree_mkdir(struct conn *c, struct txn *t, const char *path);
int tree_remove(struct conn *c, struct txn *t, const char *path);
int tree_set_perms(struct conn *c, struct txn *t, const char *path, struct perms *perms);

void tree_apply(struct store *s, const struct change *ch);
void tree_forget_domain(struct store *s, unsigned int domid);

#endif
