/* SPDX-License-Identifier: GPL-2.0-only */
/* What lwIP wants of <string.h>. */
#ifndef PORT_STRING_H
#define PORT_STRING_H

#include "kernel/string.h"

#endif
