/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_PATH_H
#define XSL_PATH_H

#include "util.h"

bool path_is_special(const char *path);
bool path_is_valid(const char *path, u32 max_len, u32 max_depth);
size_t path_parent_len(const char *path, size_t len);

#endif
