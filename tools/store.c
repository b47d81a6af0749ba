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

/* A transaction in the making; the first failure stays. */
struct making {
	struct xs_handle *xs;
	xs_transaction_t t;
	uint32_t id;
	const char *base;	/* of relative paths */
	char failed[PATH_MOST];
	int rc;
};

/* One node; @owned: the guest may write it, else only read. */
__attribute__((format(printf, 4, 5))) static void node(struct making *m, bool owned, const char *path, const char *fmt,
							...)
{
	struct xs_permissions perms[2] = { { owned ? m->id : 0, XS_PERM_NONE }, { m->id, XS_PERM_READ } };
	char full[PATH_MOST], value[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(full, sizeof(full), "%s%s%s", m->base, *path ? "/" : "", path);
	if (m->rc)
		return;
	if (!xs_write(m->xs, m->t, full, value, strlen(value)) ||
	    !xs_set_permissions(m->xs, m->t, full, perms, owned ? 1 : 2)) {
		m->rc = -errno;
		memcpy(m->failed, full, sizeof(full));
	}
}

static void guest_nodes(struct making *m)
{
	static const char *const owned[] = {
		"control/shutdown", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
		"control/sysrq", "device/suspend/event-channel", "data", "drivers", "feature", "attr", "error",
	};

	node(m, false, "control", "%s", "");
	node(m, false, "device", "%s", "");
	node(m, false, "device/suspend", "%s", "");
	node(m, false, "control/platform-feature-multiprocessor-suspend", "1");
	node(m, false, "control/platform-feature-xs_reset_watches", "1");
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		node(m, true, owned[i], "%s", "");
}

static void cpu_nodes(struct making *m, const struct config *c)
{
	char path[64];

	node(m, false, "cpu", "%s", "");
	for (uint64_t i = 0; i < c->maxvcpus; i++) {
		snprintf(path, sizeof(path), "cpu/%u", (unsigned int)i);
		node(m, false, path, "%s", "");
		snprintf(path, sizeof(path), "cpu/%u/availability", (unsigned int)i);
		node(m, false, path, "%s", i < c->vcpus ? "online" : "offline");
	}
}

static void ring_nodes(struct making *m, const struct build *b)
{
	node(m, false, "store", "%s", "");
	node(m, false, "store/port", "%u", b->store_port);
	node(m, false, "store/ring-ref", "%lu", b->p2m[b->layout.store_pfn]);
	node(m, false, "console", "%s", "");
	node(m, false, "console/backend", "/local/domain/0/backend/console/%u/0", b->id);
	node(m, false, "console/backend-id", "0");
	node(m, false, "console/limit", "1048576");
	node(m, false, "console/type", "xenconsoled");
	node(m, false, "console/output", "pty");
	node(m, false, "console/tty", "%s", "");
	node(m, false, "console/port", "%u", b->console_port);
	node(m, false, "console/ring-ref", "%lu", b->p2m[b->layout.console_pfn]);
}

static void vm_nodes(struct making *m, const struct build *b, const char *uuid)
{
	const struct config *c = b->config;
	char *words = config_command_line(c);

	node(m, false, "", "%s", "");
	node(m, false, "name", "%s", c->name);
	node(m, false, "uuid", "%s", uuid);
	node(m, false, "image", "%s", "");
	node(m, false, "image/ostype", "linux");
	node(m, false, "image/kernel", "%s", c->kernel);
	node(m, false, "image/ramdisk", "%s", c->ramdisk ? c->ramdisk : "");
	node(m, false, "image/cmdline", "%s", words);
	node(m, false, "start_time", "%lld.00", (long long)time(NULL));
	free(words);
}

static void config_node(void *arg, const char *key, const char *value)
{
	struct making *m = arg;
	char path[PATH_MOST];

	snprintf(path, sizeof(path), "config/%s", key);
	node(m, false, path, "%s", value);
}

static void all_nodes(struct making *m, const struct build *b)
{
	const uint8_t *u = b->uuid;
	char uuid[40], vm[64], home[64], own[64];

	snprintf(uuid, sizeof(uuid), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	snprintf(home, sizeof(home), "/local/domain/%u", b->id);
	snprintf(own, sizeof(own), "/bonsai/%u", b->id);
	m->base = home;
	node(m, false, "", "%s", "");
	node(m, false, "vm", "%s", vm);
	node(m, false, "name", "%s", b->config->name);
	node(m, false, "domid", "%u", b->id);
	node(m, false, "memory", "%s", "");
	node(m, false, "memory/static-max", "%llu", (unsigned long long)b->config->maxmem << 10);
	node(m, false, "memory/target", "%llu", (unsigned long long)b->config->memory << 10);
	cpu_nodes(m, b->config);
	guest_nodes(m);
	ring_nodes(m, b);
	m->base = vm;
	vm_nodes(m, b, uuid);
	m->base = own;
	node(m, false, "file", "%s", b->config->file);
	config_each(b->config, config_node, m);
}

int store_introduce(struct ctl *ctl, const struct build *b)
{
	struct making m = { .xs = ctl_store(ctl), .id = b->id };

	if (!m.xs)
		return -EIO;
	for (;;) {
		m.rc = 0;
		m.t = xs_transaction_start(m.xs);
		if (!m.t)
			return ctl_fail_errno(ctl, "no transaction with the store");
		all_nodes(&m, b);
		if (m.rc) {
			xs_transaction_end(m.xs, m.t, true);
			return ctl_fail(ctl, m.rc, "%s: %s", m.failed, strerror(-m.rc));
		}
		if (xs_transaction_end(m.xs, m.t, false))
			break;
		if (errno != EAGAIN)
			return ctl_fail_errno(ctl, "the nodes of domain %u", b->id);
	}
	if (!xs_introduce_domain(m.xs, b->id, b->p2m[b->layout.store_pfn], b->store_port))
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
