// SPDX-License-Identifier: GPL-2.0-only
/* bonsai-init-dom0: give the initial domain its nodes in the store, once after boot; harmless when repeated. */

#include "bonsai.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct nodes *n, const void *arg)
{
	const struct xen_domctl_getdomaininfo *info = arg;
	uint64_t kb = info->tot_pages << 2;

	nodes_base(n, 0, 0, "/local/domain/0");
	node(n, "name", "Domain-0");
	node(n, "domid", "0");
	node(n, "vm", "/vm/00000000-0000-0000-0000-000000000000");
	node(n, "memory/target", "%llu", (unsigned long long)kb);
	node(n, "memory/static-max", "%llu", (unsigned long long)kb);
	node(n, "device-model/0/state", "running");
	nodes_base(n, 0, 0, "/vm/00000000-0000-0000-0000-000000000000");
	node(n, "name", "Domain-0");
	node(n, "uuid", "00000000-0000-0000-0000-000000000000");
}

int main(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct ctl *ctl = ctl_new();
	char *name;
	int rc = argc > 1 ? -1 : dom_info(ctl, 0, &info);

	if (argc > 1) {
		fprintf(stderr, "usage: %s\nGives the initial domain its nodes in the store.\n", argv[0]);
		return 2;
	}
	name = rc || !ctl_store(ctl) ? NULL : store_read(ctl, "/local/domain/0/name");
	/* What is there is not turned back to what it was at boot. */
	if (!rc && !name)
		rc = store_commit(ctl, fill, &info);
	if (rc)
		fprintf(stderr, "bonsai-init-dom0: %s\n", ctl_why(ctl));
	free(name);
	ctl_free(ctl);
	return rc ? 1 : 0;
}
