/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_QUOTA_H
#define XSL_QUOTA_H

#include "util.h"

struct conn;
struct domain;
struct store;

enum quota {
#define QUOTA(id, name, value, text)	QUOTA_##id,
#include "quotas.def"
#undef QUOTA
	QUOTA_COUNT
};

#define QUOTA_DEFAULT	UINT32_MAX	/* in struct domain: as for everybody */

extern const char *const quota_name[QUOTA_COUNT];
extern const char *const quota_text[QUOTA_COUNT];

void quota_defaults(u32 *quota);
int quota_find(const char *name);
u32 quota_of(const struct domain *d, enum quota q);
bool quota_exceeds(struct conn *c, enum quota q, u64 wanted);

#endif
