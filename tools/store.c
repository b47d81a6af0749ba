// SPDX-License-Identifier: GPL-2.0-only
/* What the store says of a domain: names, requests to its kernel, the nodes of a new one. */

#include "burst.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/io/xs_wire.h>

#define PATH_MOST 256

/* One request alone; its answer, freed by the caller, where that is asked for.  What was refused is for the caller to tell. */
static int ask(struct ctl *ctl, uint32_t type, const char *path, const void *data, size_t size, char **answer)
{
	struct burst b = { 0 };
	int rc;

	burst_add(&b, type, 0, path, data, size);
	rc = burst_run(ctl, &b);
	rc = rc ? rc : b.requests[0].rc;
	if (!rc && answer) {
		*answer = b.requests[0].answer;
		b.requests[0].answer = NULL;
	}
	burst_clear(&b);
	return rc;
}

char *store_read(struct ctl *ctl, const char *fmt, ...)
{
	char path[PATH_MOST], *value;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return ask(ctl, XS_READ, path, NULL, 0, &value) ? NULL : value;
}

int store_set(struct ctl *ctl, const char *path, const char *value)
{
	int rc = ask(ctl, XS_WRITE, path, value, strlen(value), NULL);

	return rc ? ctl_fail(ctl, rc, "store node %s: %s", path, strerror(-rc)) : 0;
}

void store_remove(struct ctl *ctl, const char *path)
{
	ask(ctl, XS_RM, path, NULL, 0, NULL);
}

int store_numbers(struct ctl *ctl, const char *path, unsigned int **numbers)
{
	struct burst b = { 0 };
	int rc, count = 0;

	burst_add(&b, XS_DIRECTORY, 0, path, NULL, 0);
	rc = burst_run(ctl, &b);
	*numbers = NULL;
	if (!rc && !b.requests[0].rc) {
		*numbers = calloc(b.requests[0].size + 1, sizeof(**numbers));
		if (!*numbers)
			abort();
		for (const char *p = b.requests[0].answer; p < b.requests[0].answer + b.requests[0].size; p += strlen(p) + 1)
			(*numbers)[count++] = strtoul(p, NULL, 10);
	}
	burst_clear(&b);
	return rc ? rc : count;
}

int store_write(struct ctl *ctl, uint32_t id, const char *what, const char *value)
{
	char path[PATH_MOST];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, what);
	return store_set(ctl, path, value);
}

int store_names(struct ctl *ctl, struct dom *doms, int count)
{
	struct burst b = { 0 };
	char path[PATH_MOST];
	int rc;

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/name", doms[i].id);
		burst_add(&b, XS_READ, 0, path, NULL, 0);
	}
	rc = burst_run(ctl, &b);
	for (int i = 0; i < count; i++) {
		bool named = !rc && !b.requests[i].rc;

		snprintf(doms[i].name, sizeof(doms[i].name), "%s",
			 named ? b.requests[i].answer : doms[i].id ? "" : "Domain-0");
	}
	burst_clear(&b);
	return rc;
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
		store_set(ctl, path, name);
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

struct nodes {
	struct burst burst;
	uint32_t transaction;
	char base[PATH_MOST];
};

static void write_node(struct nodes *n, const char *path, const char *value)
{
	burst_add(&n->burst, XS_WRITE, n->transaction, path, value, strlen(value));
}

static void permit(struct nodes *n, const char *path, uint32_t owner, uint32_t reader)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "n%u", owner) + 1;

	if (owner != reader)
		size += snprintf(text + size, sizeof(text) - size, "r%u", reader) + 1;
	burst_add(&n->burst, XS_SET_PERMS, n->transaction, path, text, size);
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

/* All of them; the first that was refused is told. */
static int run_nodes(struct ctl *ctl, struct nodes *n)
{
	int rc = burst_run(ctl, &n->burst);

	for (unsigned int i = 0; i < n->burst.count && !rc; i++)
		if (n->burst.requests[i].rc)
			rc = ctl_fail(ctl, n->burst.requests[i].rc, "store node %s: %s", burst_path(&n->burst, i),
				      strerror(-n->burst.requests[i].rc));
	return rc;
}

/* -EAGAIN is for the caller, all else is told. */
static int transaction_end(struct ctl *ctl, uint32_t transaction, bool commit)
{
	struct burst b = { 0 };
	int rc;

	burst_add(&b, XS_TRANSACTION_END, transaction, commit ? "T" : "F", NULL, 0);
	rc = burst_run(ctl, &b);
	if (!rc && commit && b.requests[0].rc)
		rc = ctl_fail(ctl, b.requests[0].rc, "the store does not take new nodes: %s", strerror(-b.requests[0].rc));
	burst_clear(&b);
	return rc;
}

int store_commit(struct ctl *ctl, void (*fill)(struct nodes *n, const void *arg), const void *arg)
{
	struct nodes n = { 0 };
	char why[512], *number;
	int rc;

	do {
		rc = ask(ctl, XS_TRANSACTION_START, "", NULL, 0, &number);
		if (rc)
			return ctl_fail(ctl, rc, "no transaction with the store: %s", strerror(-rc));
		n.transaction = strtoul(number, NULL, 10);
		free(number);
		fill(&n, arg);
		rc = run_nodes(ctl, &n);
		burst_clear(&n.burst);
		if (rc) {
			snprintf(why, sizeof(why), "%s", ctl_why(ctl));
			transaction_end(ctl, n.transaction, false);
			return ctl_fail(ctl, rc, "%s", why);
		}
		rc = transaction_end(ctl, n.transaction, true);
	} while (rc == -EAGAIN);
	return rc;
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
	int rc = store_commit(ctl, all_nodes, b), size;
	char words[64];

	if (rc)
		return rc;
	size = snprintf(words, sizeof(words), "%lu%c%u", b->p2m[b->layout.store_pfn], 0, b->store_port) + 1;
	snprintf(words + size, sizeof(words) - size, "%u", b->id);
	rc = ask(ctl, XS_INTRODUCE, words + size, words, size, NULL);
	return rc ? ctl_fail(ctl, rc, "the store does not take domain %u: %s", b->id, strerror(-rc)) : 0;
}

void store_forget(struct ctl *ctl, uint32_t id)
{
	char path[PATH_MOST], *vm = store_read(ctl, "/local/domain/%u/vm", id);
	struct burst b = { 0 };

	if (vm && !strncmp(vm, "/vm/", 4))
		burst_add(&b, XS_RM, 0, vm, NULL, 0);
	free(vm);
	snprintf(path, sizeof(path), "/local/domain/%u", id);
	burst_add(&b, XS_RM, 0, path, NULL, 0);
	snprintf(path, sizeof(path), "/bonsai/%u", id);
	burst_add(&b, XS_RM, 0, path, NULL, 0);
	burst_run(ctl, &b);
	burst_clear(&b);
}
