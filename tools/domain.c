// SPDX-License-Identifier: GPL-2.0-only
/* Domains that exist: found, listed, paused, ended. */

#include "bonsai.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_CHUNK 128

int dom_info(struct ctl *ctl, uint32_t id, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { .domain = id };
	int rc = ctl_domctl(ctl, XEN_DOMCTL_getdomaininfo, &op);

	if (rc)
		return rc;
	/* The call gives the next domain where there is none of this number. */
	if (op.u.getdomaininfo.domain != id)
		return ctl_fail(ctl, -ESRCH, "no domain %u", id);
	*info = op.u.getdomaininfo;
	return 0;
}

bool dom_is_shut_down(const struct xen_domctl_getdomaininfo *info)
{
	return info->flags & XEN_DOMINF_shutdown;
}

unsigned int dom_reason(const struct xen_domctl_getdomaininfo *info)
{
	return info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

void dom_name(struct ctl *ctl, struct dom *dom)
{
	store_names(ctl, dom, 1);
}

/* Up to LIST_CHUNK domains from number @first on, added to the list; how many. */
static int list_chunk(struct ctl *ctl, uint32_t first, struct dom **doms, int count)
{
	struct xen_domctl_getdomaininfo *buf = ctl_buffer(ctl, LIST_CHUNK * sizeof(*buf));
	struct xen_sysctl op = { 0 };
	int rc, n;

	if (!buf)
		return -ENOMEM;
	op.u.getdomaininfolist.first_domain = first;
	op.u.getdomaininfolist.max_domains = LIST_CHUNK;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, buf);
	rc = ctl_sysctl(ctl, XEN_SYSCTL_getdomaininfolist, &op);
	n = rc ? rc : (int)op.u.getdomaininfolist.num_domains;
	if (n > 0) {
		*doms = realloc(*doms, (count + n) * sizeof(**doms));
		if (!*doms)
			abort();
	}
	for (int i = 0; i < n; i++)
		(*doms)[count + i] = (struct dom){ .id = buf[i].domain, .info = buf[i] };
	ctl_buffer_free(ctl, buf);
	return n;
}

int dom_list_bare(struct ctl *ctl, struct dom **doms)
{
	int count = 0, n;

	*doms = NULL;
	do {
		n = list_chunk(ctl, count ? (*doms)[count - 1].id + 1 : 0, doms, count);
		if (n < 0) {
			free(*doms);
			return n;
		}
		count += n;
	} while (n == LIST_CHUNK);
	return count;
}

int dom_list(struct ctl *ctl, struct dom **doms)
{
	int count = dom_list_bare(ctl, doms);

	if (count > 0)
		store_names(ctl, *doms, count);		/* without a store there are no names, and still a list */
	return count;
}

static int lookup_id(struct ctl *ctl, const char *word, struct dom *dom)
{
	char *end;
	unsigned long id = strtoul(word, &end, 10);
	int rc;

	if (*end || id >= DOMID_FIRST_RESERVED)
		return ctl_fail(ctl, -ESRCH, "no domain '%s'", word);
	dom->id = id;
	rc = dom_info(ctl, id, &dom->info);
	if (!rc)
		dom_name(ctl, dom);
	return rc == -ESRCH ? ctl_fail(ctl, rc, "no domain '%s'", word) : rc;
}

int dom_lookup(struct ctl *ctl, const char *word, struct dom *dom)
{
	struct dom *doms;
	int count, rc;

	memset(dom, 0, sizeof(*dom));
	if (isdigit((unsigned char)word[0]))
		return lookup_id(ctl, word, dom);
	count = dom_list(ctl, &doms);
	if (count < 0)
		return count;
	rc = -ESRCH;
	for (int i = 0; i < count && rc; i++) {
		if (!strcmp(doms[i].name, word)) {
			*dom = doms[i];
			rc = 0;
		}
	}
	free(doms);
	return rc ? ctl_fail(ctl, rc, "no domain '%s'", word) : 0;
}

static int simple(struct ctl *ctl, uint32_t id, uint32_t cmd)
{
	struct xen_domctl op = { .domain = id };

	return ctl_domctl(ctl, cmd, &op);
}

int dom_pause(struct ctl *ctl, uint32_t id)
{
	return simple(ctl, id, XEN_DOMCTL_pausedomain);
}

int dom_unpause(struct ctl *ctl, uint32_t id)
{
	return simple(ctl, id, XEN_DOMCTL_unpausedomain);
}

int dom_destroy(struct ctl *ctl, uint32_t id)
{
	int rc;

	if (!id)
		return ctl_fail(ctl, -EPERM, "the initial domain cannot be destroyed");
	do {
		rc = simple(ctl, id, XEN_DOMCTL_destroydomain);
	} while (rc == -EAGAIN || rc == -ERESTART);
	if (rc)
		return rc;
	device_detach_all(ctl, id);
	store_forget(ctl, id);
	return 0;
}

int dom_max_mem(struct ctl *ctl, uint32_t id, uint64_t kb)
{
	struct xen_domctl op = { .domain = id, .u.max_mem.max_memkb = kb };

	return ctl_domctl(ctl, XEN_DOMCTL_max_mem, &op);
}

int dom_trigger(struct ctl *ctl, uint32_t id, uint32_t trigger, uint32_t vcpu)
{
	struct xen_domctl op = { .domain = id };

	op.u.sendtrigger.trigger = trigger;
	op.u.sendtrigger.vcpu = vcpu;
	return ctl_domctl(ctl, XEN_DOMCTL_sendtrigger, &op);
}
