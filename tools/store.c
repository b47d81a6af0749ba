// SPDX-License-Identifier: GPL-2.0-only
/* What the store says of a domain: names, requests to its kernel, the nodes of a new one. */

#include "bonsai.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenstore.h>

#define PATH_MOST 256

char *store_read(struct ctl *ctl, const char *fmt, ...)
{
	struct xs_handle *xs = ctl_store(ctl);
	char path[PATH_MOST];
	unsigned int size;
	va_list ap;

	if (!xs)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return xs_read(xs, XBT_NULL, path, &size);
}

int store_write(struct ctl *ctl, uint32_t id, const char *what, const char *value)
{
	struct xs_handle *xs = ctl_store(ctl);
	char path[PATH_MOST];

	if (!xs)
		return -EIO;
	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, what);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)))
		return ctl_fail_errno(ctl, "%s", path);
	return 0;
}

bool store_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 127 || isdigit((unsigned char)name[0]))
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("+-._:@", *p))
			return false;
	return true;
}

int store_rename(struct ctl *ctl, uint32_t id, const char *name)
{
	struct dom other;
	char *vm;
	int rc;

	if (!store_name_valid(name))
		return ctl_fail(ctl, -EINVAL, "'%s' cannot be a domain's name", name);
	rc = dom_lookup(ctl, name, &other);
	if (!rc && other.id != id)
		return ctl_fail(ctl, -EEXIST, "a domain '%s' is there already, number %u", name, other.id);
	if (rc && rc != -ESRCH)
		return rc;
	rc = store_write(ctl, id, "name", name);
	vm = rc ? NULL : store_read(ctl, "/local/domain/%u/vm", id);
	if (vm) {
		char path[PATH_MOST];

		snprintf(path, sizeof(path), "%s/name", vm);
		xs_write(ctl_store(ctl), XBT_NULL, path, name, strlen(name));
		free(vm);
	}
	return rc;
}

int store_shutdown(struct ctl *ctl, uint32_t id, const char *how)
{
	char *name = store_read(ctl, "/local/domain/%u/name", id);

	if (!name)
		return ctl_fail(ctl, -ENOENT, "the store does not know domain %u", id);
	free(name);
	return store_write(ctl, id, "control/shutdown", how);
}

/* The first failure stays. */
struct nodes {
	struct xs_handle *xs;
	xs_transaction_t t;
	char base[PATH_MOST], failed[PATH_MOST];
	int rc;
};

static void write_node(struct nodes *n, const char *path, const char *value)
{
	if (!n->rc && !xs_write(n->xs, n->t, path, value, strlen(value))) {
		n->rc = -errno;
		snprintf(n->failed, sizeof(n->failed), "%s", path);
	}
}

static void permit(struct nodes *n, const char *path, uint32_t owner, uint32_t reader)
{
	struct xs_permissions perms[2] = { { owner, XS_PERM_NONE }, { reader, XS_PERM_READ } };

	if (!n->rc && !xs_set_permissions(n->xs, n->t, path, perms, owner == reader ? 1 : 2)) {
		n->rc = -errno;
		snprintf(n->failed, sizeof(n->failed), "%s", path);
	}
}

/* A new node takes over the permissions of the one above it: only where they change they are set. */
void nodes_base(struct nodes *n, uint32_t owner, uint32_t reader, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->base, sizeof(n->base), fmt, ap);
	va_end(ap);
	write_node(n, n->base, "");
	permit(n, n->base, owner, reader);
}

void node(struct nodes *n, const char *path, const char *fmt, ...)
{
	char full[2 * PATH_MOST], value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(full, sizeof(full), "%s/%s", n->base, path);
	write_node(n, full, value);
}

void node_owned(struct nodes *n, uint32_t owner, const char *path)
{
	char full[2 * PATH_MOST];

	snprintf(full, sizeof(full), "%s/%s", n->base, path);
	write_node(n, full, "");
	permit(n, full, owner, owner);
}

int store_commit(struct ctl *ctl, void (*fill)(struct nodes *n, const void *arg), const void *arg)
{
	struct nodes n = { .xs = ctl_store(ctl) };

	if (!n.xs)
		return -EIO;
	for (;;) {
		n.rc = 0;
		n.t = xs_transaction_start(n.xs);
		if (!n.t)
			return ctl_fail_errno(ctl, "no transaction with the store");
		fill(&n, arg);
		if (n.rc) {
			xs_transaction_end(n.xs, n.t, true);
			return ctl_fail(ctl, n.rc, "store node %s: %s", n.failed, strerror(-n.rc));
		}
		if (xs_transaction_end(n.xs, n.t, false))
			return 0;
		if (errno != EAGAIN)
			return ctl_fail_errno(ctl, "the store does not take new nodes");
	}
}

static void guest_nodes(struct nodes *n, const struct build *b)
{
	static const char *const owned[] = {
		"control/shutdown", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
		"control/sysrq", "device/suspend/event-channel", "data", "drivers", "feature", "attr", "error",
	};

	node(n, "control/platform-feature-multiprocessor-suspend", "1");
	node(n, "control/platform-feature-xs_reset_watches", "1");
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		node_owned(n, b->id, owned[i]);
}

static void cpu_nodes(struct nodes *n, const struct config *c)
{
	char path[64];

	for (uint64_t i = 0; i < c->maxvcpus; i++) {
		snprintf(path, sizeof(path), "cpu/%u/availability", (unsigned int)i);
		node(n, path, "%s", i < c->vcpus ? "online" : "offline");
	}
}

static void ring_nodes(struct nodes *n, const struct build *b)
{
	node(n, "store/port", "%u", b->store_port);
	node(n, "store/ring-ref", "%lu", b->p2m[b->layout.store_pfn]);
	node(n, "console/backend", "/local/domain/0/backend/console/%u/0", b->id);
	node(n, "console/backend-id", "0");
	node(n, "console/limit", "1048576");
	node(n, "console/type", "xenconsoled");
	node(n, "console/output", "pty");
	node(n, "console/tty", "%s", "");
	node(n, "console/port", "%u", b->console_port);
	node(n, "console/ring-ref", "%lu", b->p2m[b->layout.console_pfn]);
}

static void vm_nodes(struct nodes *n, const struct build *b, const char *uuid)
{
	const struct config *c = b->config;
	char *words = config_command_line(c);

	node(n, "name", "%s", c->name);
	node(n, "uuid", "%s", uuid);
	node(n, "image/ostype", "linux");
	node(n, "image/kernel", "%s", c->kernel);
	node(n, "image/ramdisk", "%s", c->ramdisk ? c->ramdisk : "");
	node(n, "image/cmdline", "%s", words);
	node(n, "start_time", "%lld.00", (long long)time(NULL));
	free(words);
}

static void config_node(void *arg, const char *key, const char *value)
{
	char path[PATH_MOST];

	snprintf(path, sizeof(path), "config/%s", key);
	node(arg, path, "%s", value);
}

static void all_nodes(struct nodes *n, const void *arg)
{
	const struct build *b = arg;
	const uint8_t *u = b->uuid;
	char uuid[40];

	snprintf(uuid, sizeof(uuid), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	nodes_base(n, 0, b->id, "/vm/%s", uuid);
	vm_nodes(n, b, uuid);
	nodes_base(n, 0, 0, "/bonsai/%u", b->id);
	node(n, "file", "%s", b->config->file);
	config_each(b->config, config_node, n);
	nodes_base(n, 0, b->id, "/local/domain/%u", b->id);
	node(n, "vm", "/vm/%s", uuid);
	node(n, "name", "%s", b->config->name);
	node(n, "domid", "%u", b->id);
	node(n, "memory/static-max", "%llu", (unsigned long long)b->config->maxmem << 10);
	node(n, "memory/target", "%llu", (unsigned long long)b->config->memory << 10);
	cpu_nodes(n, b->config);
	guest_nodes(n, b);
	ring_nodes(n, b);
}

int store_introduce(struct ctl *ctl, const struct build *b)
{
	int rc = store_commit(ctl, all_nodes, b);

	if (rc)
		return rc;
	if (!xs_introduce_domain(ctl_store(ctl), b->id, b->p2m[b->layout.store_pfn], b->store_port))
		return ctl_fail_errno(ctl, "the store does not take domain %u", b->id);
	return 0;
}

void store_forget(struct ctl *ctl, uint32_t id)
{
	char path[PATH_MOST], *vm = store_read(ctl, "/local/domain/%u/vm", id);
	struct xs_handle *xs = ctl_store(ctl);

	if (!xs)
		return;
	if (vm && !strncmp(vm, "/vm/", 4))
		xs_rm(xs, XBT_NULL, vm);
	free(vm);
	snprintf(path, sizeof(path), "/local/domain/%u", id);
	xs_rm(xs, XBT_NULL, path);
	snprintf(path, sizeof(path), "/bonsai/%u", id);
	xs_rm(xs, XBT_NULL, path);
}
