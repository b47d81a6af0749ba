// SPDX-License-Identifier: GPL-2.0-only
/* A new domain from a configuration: made, built, known to the store, or not there at all. */

#include "bonsai.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <xen/event_channel.h>
#include <xen/memory.h>

#define SLACK_KB      1024	/* of the limit over the memory asked for, as libxl leaves */
#define EVTCHN_MOST   1023
#define GRANT_FRAMES  64
#define MAPTRACK_MOST 1024

static int parse_uuid(struct ctl *ctl, const char *text, uint8_t uuid[16])
{
	unsigned int n = 0, byte;
	int used;

	for (const char *p = text; *p && n < 16; p += used) {
		p += *p == '-';
		used = 0;
		if (sscanf(p, "%2x%n", &byte, &used) != 1 || used != 2)
			break;
		uuid[n++] = byte;
	}
	if (n < 16 || strlen(text) != 36)
		return ctl_fail(ctl, -EINVAL, "'%s' is not a UUID", text);
	return 0;
}

static int choose_uuid(struct ctl *ctl, struct build *b)
{
	if (b->config->uuid)
		return parse_uuid(ctl, b->config->uuid, b->uuid);
	if (getrandom(b->uuid, sizeof(b->uuid), 0) != sizeof(b->uuid))
		return ctl_fail_errno(ctl, "no random numbers");
	b->uuid[6] = (b->uuid[6] & 0x0f) | 0x40;
	b->uuid[8] = (b->uuid[8] & 0x3f) | 0x80;
	return 0;
}

static int name_is_free(struct ctl *ctl, const char *name)
{
	struct dom *doms;
	int count = dom_list_bare(ctl, &doms), rc;

	if (count < 0)
		return count;
	rc = store_names(ctl, doms, count);
	for (int i = 0; i < count && !rc; i++)
		if (!strcmp(doms[i].name, name))
			rc = ctl_fail(ctl, -EEXIST, "a domain '%s' is there already, number %u", name, doms[i].id);
	free(doms);
	return rc;
}

/* All that can be found wrong before a domain exists. */
static int prepare(struct ctl *ctl, struct build *b)
{
	const struct config *c = b->config;
	char *words = config_command_line(c);
	size_t length = strlen(words);
	int rc;

	free(words);
	if (length >= MAX_GUEST_CMDLINE)
		return ctl_fail(ctl, -EINVAL, "%s: the kernel's command line is longer than %d", c->file,
				MAX_GUEST_CMDLINE - 1);
	rc = name_is_free(ctl, c->name);
	if (!rc)
		rc = choose_uuid(ctl, b);
	if (!rc)
		rc = image_load(ctl, c->kernel, &b->image);
	if (!rc && c->ramdisk)
		rc = blob_read(ctl, c->ramdisk, &b->ramdisk);
	if (!rc)
		rc = layout_make(ctl, &b->image, b->ramdisk.size, c->memory << (20 - PAGE_SHIFT), &b->layout);
	return rc;
}

static int make_domain(struct ctl *ctl, struct build *b)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	int rc;

	memcpy(c->handle, b->uuid, sizeof(c->handle));
	c->max_vcpus = b->config->maxvcpus;
	c->max_evtchn_port = b->config->event_channels ? b->config->event_channels : EVTCHN_MOST;
	c->max_grant_frames = b->config->max_grant_frames ? b->config->max_grant_frames : GRANT_FRAMES;
	c->max_maptrack_frames = b->config->max_maptrack_frames ? b->config->max_maptrack_frames : MAPTRACK_MOST;
	c->grant_opts = XEN_DOMCTL_GRANT_version(b->config->max_grant_version ? b->config->max_grant_version : 2);
	rc = ctl_domctl(ctl, XEN_DOMCTL_createdomain, &op);
	if (rc)
		return ctl_fail(ctl, rc, "the hypervisor makes no domain: %s", strerror(-rc));
	b->id = op.domain;
	return 0;
}

/* The set for one vCPU: NULL where nothing is said of it. */
static const struct cpu_set *cpus_for(const struct words *w, uint64_t vcpu, struct cpu_set *set)
{
	size_t i = w->list ? vcpu : 0;

	if (i >= w->count)
		return NULL;
	cpus_parse(w->items[i], set);
	return set;
}

static int set_vcpus(struct ctl *ctl, const struct build *b)
{
	struct xen_domctl op = { .domain = b->id, .u.max_vcpus.max = b->config->maxvcpus };
	const struct cpu_set *hard, *soft;
	struct cpu_set sets[2];
	int rc = ctl_domctl(ctl, XEN_DOMCTL_max_vcpus, &op);

	for (uint64_t i = 0; i < b->config->maxvcpus && !rc; i++) {
		hard = cpus_for(&b->config->cpus, i, &sets[0]);
		soft = cpus_for(&b->config->cpus_soft, i, &sets[1]);
		if (hard || soft)
			rc = vcpu_pin(ctl, b->id, i, hard, soft);
	}
	return rc;
}

static int add_disk(struct ctl *ctl, uint32_t id, const char *text)
{
	struct disk d;
	int rc = disk_parse(ctl, text, &d);

	rc = rc ? rc : disk_attach(ctl, id, &d);
	disk_free(&d);
	return rc;
}

static int add_vif(struct ctl *ctl, uint32_t id, int number, const char *text)
{
	struct vif v;
	int rc = vif_parse(ctl, text, &v);

	rc = rc ? rc : vif_attach(ctl, id, number, &v);
	vif_free(&v);
	return rc;
}

static int add_devices(struct ctl *ctl, const struct build *b)
{
	const struct words *disks = &b->config->disk, *vifs = &b->config->vif;
	int rc = 0;

	for (size_t i = 0; i < disks->count && !rc; i++)
		rc = add_disk(ctl, b->id, disks->items[i]);
	for (size_t i = 0; i < vifs->count && !rc; i++)
		rc = add_vif(ctl, b->id, i, vifs->items[i]);
	return rc;
}

static int set_share(struct ctl *ctl, const struct build *b)
{
	struct sched_share share;
	int rc;

	if (!b->config->cpu_weight && !b->config->cap)
		return 0;
	rc = sched_get(ctl, b->id, &share);
	if (rc)
		return rc;
	share.weight = b->config->cpu_weight ? b->config->cpu_weight : share.weight;
	share.cap = b->config->cap;
	return sched_set(ctl, b->id, &share);
}

static int set_memory_map(struct ctl *ctl, const struct build *b)
{
	/* struct e820entry of the ABI: packed, 20 bytes. */
	struct { uint64_t addr, size; uint32_t type; } __attribute__((packed)) *ram;
	struct xen_foreign_memory_map map = { .domid = b->id, .map.nr_entries = 1 };
	long rc;

	ram = ctl_buffer(ctl, sizeof(*ram));
	if (!ram)
		return -ENOMEM;
	ram->size = b->config->maxmem << 20;
	ram->type = 1;
	set_xen_guest_handle(map.map.buffer, (void *)ram);
	rc = ctl_memory_op(ctl, XENMEM_set_memory_map, &map, sizeof(map));
	ctl_buffer_free(ctl, ram);
	return rc < 0 ? rc : 0;
}

/* A port of the new domain's for a daemon here to bind to. */
static int make_port(struct ctl *ctl, const struct build *b, uint32_t *port)
{
	struct evtchn_alloc_unbound *op = ctl_buffer(ctl, sizeof(*op));
	long rc;

	if (!op)
		return -ENOMEM;
	op->dom = b->id;
	rc = ctl_call(ctl, __HYPERVISOR_event_channel_op, (uint64_t[5]){ EVTCHNOP_alloc_unbound, (uintptr_t)op });
	*port = op->port;
	ctl_buffer_free(ctl, op);
	return rc < 0 ? ctl_fail(ctl, rc, "no event channel port: %s", strerror(-rc)) : 0;
}

static int set_limits(struct ctl *ctl, const struct build *b)
{
	struct xen_domctl op = { .domain = b->id, .u.address_size.size = 64 };
	int rc = ctl_domctl(ctl, XEN_DOMCTL_set_address_size, &op);

	return rc ? rc : dom_max_mem(ctl, b->id, (b->config->maxmem << 10) + SLACK_KB);
}

static int find_shared_info(struct ctl *ctl, struct build *b)
{
	struct xen_domctl_getdomaininfo info;
	int rc = dom_info(ctl, b->id, &info);

	if (!rc)
		b->shared_info = info.shared_info_frame;
	return rc;
}

static int furnish(struct ctl *ctl, struct build *b)
{
	int rc = set_vcpus(ctl, b);

	rc = rc ? rc : set_share(ctl, b);
	rc = rc ? rc : set_limits(ctl, b);
	rc = rc ? rc : set_memory_map(ctl, b);
	rc = rc ? rc : make_port(ctl, b, &b->store_port);
	rc = rc ? rc : make_port(ctl, b, &b->console_port);
	rc = rc ? rc : find_shared_info(ctl, b);
	rc = rc ? rc : build_memory(ctl, b);
	rc = rc ? rc : store_introduce(ctl, b);
	return rc ? rc : add_devices(ctl, b);
}

int dom_create(struct ctl *ctl, const struct config *c, uint32_t *id)
{
	struct build b = { .config = c };
	char why[512];
	int rc = prepare(ctl, &b);

	if (!rc)
		rc = make_domain(ctl, &b);
	if (!rc) {
		*id = b.id;
		rc = furnish(ctl, &b);
		if (rc) {
			snprintf(why, sizeof(why), "%s", ctl_why(ctl));
			dom_destroy(ctl, b.id);
			ctl_fail(ctl, rc, "%s", why);
		}
	}
	image_free(&b.image);
	blob_free(&b.ramdisk);
	layout_free(&b.layout);
	free(b.p2m);
	return rc;
}
