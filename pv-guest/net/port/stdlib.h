/* SPDX-License-Identifier: GPL-2.0-only */
/* What lwIP wants of <stdlib.h>. */
#ifndef PORT_STDLIB_H
#define PORT_STDLIB_H

int atoi(const char *s);

#endif
