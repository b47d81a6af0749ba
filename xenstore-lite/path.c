/* SPDX-License-Identifier: GPL-2.0-only */
#include "path.h"

#include <stdio.h>
#include <string.h>

static const char allowed[256] = {
	['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1,
	['-'] = 1, ['/'] = 1, ['_'] = 1, ['@'] = 1,
};

/**
 * path_is_special - is it the name of an event, as "@releaseDomain", not a node
 */
bool path_is_special(const char *path)
{
	return path[0] == '@';
}

/* "/local/domain/N/" does not count: how deep a domain may go depends on its own part only. */
static size_t prefix_len(const char *path)
{
	unsigned int domid;
	int len = 0;

	if (strncmp(path, "/local/domain/", 14))
		return 0;
	if (sscanf(path, "/local/domain/%5u/%n", &domid, &len) != 1)
		return 0;
	return len;
}

/**
 * path_is_valid - may a node have this absolute path
 * @max_len:   bytes, not counting the domain's own prefix
 * @max_depth: elements, likewise; 0: any
 */
bool path_is_valid(const char *path, u32 max_len, u32 max_depth)
{
	size_t prefix = prefix_len(path);
	const char *p;
	u32 depth = 0;

	if (path[0] != '/')
		return false;
	for (p = path; *p; p++) {
		if (!allowed[(u8)*p])
			return false;
		if (*p != '/')
			continue;
		if (p[1] == '/')
			return false;
		if ((size_t)(p - path) + 1 >= prefix)
			depth++;
	}
	if (p - path > 1 && p[-1] == '/')
		return false;
	if ((size_t)(p - path) > prefix + max_len)
		return false;
	return !max_depth || depth <= max_depth;
}

/**
 * path_parent_len - how many bytes of the path name the parent; 0: the root
 */
size_t path_parent_len(const char *path, size_t len)
{
	while (len && path[len - 1] != '/')
		len--;
	return len ? len - 1 : 0;
}
