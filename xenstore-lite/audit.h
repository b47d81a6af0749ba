/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_AUDIT_H
#define XSL_AUDIT_H

#include "store.h"

bool audit(struct store *s, struct buf *faults);

#endif
