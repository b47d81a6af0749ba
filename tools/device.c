// SPDX-License-Identifier: GPL-2.0-only
/* What disks and cards have in common: found in the store, and taken away. */

#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#define PATH_MOST 256
#define ENV_MOST  128
#define CLOSING	  "5"	/* XenbusStateClosing */

extern char **environ;

/* xenbus state of one side; unknown if it is not there. */
static enum xenbus_state state_of(struct ctl *ctl, const struct device *d, bool frontend)
{
	char *text = device_read(ctl, d, frontend, "state");
	enum xenbus_state state = text ? atoi(text) : XenbusStateUnknown;

	free(text);
	return state;
}

static void backend_path(const struct device *d, char path[PATH_MOST])
{
	snprintf(path, PATH_MOST, "/local/domain/%u/backend/%s/%u/%u", d->backend, d->kind, d->id, d->number);
}

/* Of a disk the guest does not know by whom it is served. */
static const char *front_kind(const struct device *d)
{
	return strcmp(d->kind, "qdisk") ? d->kind : "vbd";
}

static void frontend_path(const struct device *d, char path[PATH_MOST])
{
	snprintf(path, PATH_MOST, "/local/domain/%u/device/%s/%u", d->id, front_kind(d), d->number);
}

char *device_read(struct ctl *ctl, const struct device *d, bool frontend, const char *what)
{
	char path[PATH_MOST];

	frontend ? frontend_path(d, path) : backend_path(d, path);
	return store_read(ctl, "%s/%s", path, what);
}

int device_write(struct ctl *ctl, const struct device *d, const char *what, const char *value)
{
	char path[PATH_MOST], full[2 * PATH_MOST];

	backend_path(d, path);
	snprintf(full, sizeof(full), "%s/%s", path, what);
	return store_set(ctl, full, value);
}

/* Those that one domain serves. */
static int list_more(struct ctl *ctl, uint32_t id, uint32_t backend, const char *kind, struct device **all, int before)
{
	unsigned int *numbers;
	char path[PATH_MOST];
	int count;

	if (before < 0)
		return before;
	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u", backend, kind, id);
	count = store_numbers(ctl, path, &numbers);
	if (count < 0) {
		free(*all);
		return count;
	}
	*all = realloc(*all, (before + count + 1) * sizeof(**all));
	if (!*all)
		abort();
	for (int i = 0; i < count; i++)
		(*all)[before + i] =
			(struct device){ .kind = kind, .id = id, .backend = backend, .number = numbers[i] };
	free(numbers);
	return before + count;
}

/* By the backends, in all domains: a guest can take its own nodes away. */
int device_list(struct ctl *ctl, uint32_t id, const char *kind, struct device **all)
{
	unsigned int *domains;
	int n = store_numbers(ctl, "/local/domain", &domains), count = 0;

	*all = NULL;
	for (int i = 0; i < n; i++) {
		count = list_more(ctl, id, domains[i], kind, all, count);
		if (!strcmp(kind, "vbd"))
			count = list_more(ctl, id, domains[i], "qdisk", all, count);
	}
	free(domains);
	return n < 0 ? n : count;
}

bool device_wait(bool (*done)(struct ctl *ctl, const struct device *d), struct ctl *ctl, const struct device *d,
		 unsigned int ms)
{
	struct timespec pause = { .tv_nsec = 500000 };
	uint64_t waited = 0;

	while (!done(ctl, d)) {
		if (waited / 1000000 >= ms)
			return false;
		nanosleep(&pause, NULL);
		waited += pause.tv_nsec;
		/* Mostly it is a millisecond's matter; where not, haste helps nobody. */
		if (pause.tv_nsec < 32000000)
			pause.tv_nsec *= 2;
	}
	return true;
}

/* A backend in the kernel here that has let go of it; Linux's for disks leaves the state as it was when the guest is gone. */
static bool is_dropped(const struct device *d)
{
	char path[96];

	if (d->backend || (strcmp(d->kind, "vbd") && strcmp(d->kind, "vif")))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s-%u-%u", d->kind, d->id, d->number);
	return access(path, F_OK);
}

static bool is_closed(struct ctl *ctl, const struct device *d)
{
	enum xenbus_state state = state_of(ctl, d, false);

	return state == XenbusStateClosed || state == XenbusStateUnknown || is_dropped(d);
}

/* The same of a guest that is asked: its backend, just coming up, may have written over the question. */
static bool closes(struct ctl *ctl, const struct device *d)
{
	enum xenbus_state state = state_of(ctl, d, false);

	if (state != XenbusStateUnknown && state < XenbusStateClosing)
		device_write(ctl, d, "state", CLOSING);
	return is_closed(ctl, d);
}

/* One more NAME=VALUE, freed by the caller with the others. */
__attribute__((format(printf, 3, 4))) static void env_add(char *env[], size_t *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&env[(*n)++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

/* What scripts made for xl look at; how many are ours. */
static size_t script_env(struct ctl *ctl, const struct device *d, const char *script, char *env[ENV_MOST])
{
	char *gateway = device_read(ctl, d, false, "gatewaydev");
	size_t n = 0, own;

	env_add(env, &n, "script=%s", script);
	env_add(env, &n, "XENBUS_TYPE=%s", d->kind);
	env_add(env, &n, "XENBUS_PATH=backend/%s/%u/%u", d->kind, d->id, d->number);
	env_add(env, &n, "XENBUS_BASE_PATH=backend");
	if (!strcmp(d->kind, "vif"))
		env_add(env, &n, "vif=vif%u.%u", d->id, d->number);
	if (gateway)
		env_add(env, &n, "netdev=%s", gateway);
	free(gateway);
	own = n;
	for (char **e = environ; *e && n < ENV_MOST - 1; e++)
		env[n++] = *e;
	env[n] = NULL;
	return own;
}

/* Its exit code; 127: it cannot be run, and errno. */
static int run_script(const char *script, const char *action, bool card, char *env[])
{
	char *const args[] = { (char *)script, (char *)action, card ? "type_if=vif" : NULL, NULL };
	int status;
	pid_t pid;

	if (access(script, X_OK))
		return 127;
	pid = fork();
	if (!pid) {
		execve(script, args, env);
		_exit(127);
	}
	errno = ENOEXEC;
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int device_script(struct ctl *ctl, const struct device *d, const char *script, const char *action)
{
	char *env[ENV_MOST], whole[PATH_MOST], *error;
	size_t own;
	int code;

	snprintf(whole, sizeof(whole), "%s%s", *script == '/' ? "" : "/etc/xen/scripts/", script);
	own = script_env(ctl, d, whole, env);
	code = run_script(whole, action, !strcmp(d->kind, "vif"), env);
	if (code == 127)
		ctl_fail_errno(ctl, "hotplug script %s cannot be run", whole);
	for (size_t i = 0; i < own; i++)
		free(env[i]);
	if (!code)
		return 0;
	if (code == 127)
		return -ENOEXEC;
	error = device_read(ctl, d, false, "hotplug-error");
	ctl_fail(ctl, -EIO, "hotplug script %s %s: exit code %d%s%s", whole, action, code, error ? ": " : "",
		 error ? error : "");
	free(error);
	return -EIO;
}

static void device_nodes(struct nodes *n, const void *arg)
{
	const struct device_new *new = arg;
	const struct device *d = new->device;

	nodes_base(n, d->backend, d->id, "/local/domain/%u/backend/%s/%u/%u", d->backend, d->kind, d->id, d->number);
	node(n, "frontend", "/local/domain/%u/device/%s/%u", d->id, front_kind(d), d->number);
	node(n, "frontend-id", "%u", d->id);
	node(n, "online", "1");
	new->backend(n, new->arg);
	node(n, "state", "%d", XenbusStateInitialising);
	nodes_base(n, d->id, d->backend, "/local/domain/%u/device/%s/%u", d->id, front_kind(d), d->number);
	node(n, "backend", "/local/domain/%u/backend/%s/%u/%u", d->backend, d->kind, d->id, d->number);
	node(n, "backend-id", "%u", d->backend);
	new->frontend(n, new->arg);
	node(n, "state", "%d", XenbusStateInitialising);
}

int device_announce(struct ctl *ctl, const struct device_new *new)
{
	char *there = device_read(ctl, new->device, false, "frontend");

	if (there) {
		free(there);
		return ctl_fail(ctl, -EEXIST, "domain %u has a %s %u already", new->device->id, new->device->kind,
				new->device->number);
	}
	return store_commit(ctl, device_nodes, new);
}

/* An empty folder above is nobody's use. */
static void remove_empty(struct ctl *ctl, const char *path)
{
	unsigned int *numbers;

	if (!store_numbers(ctl, path, &numbers))
		store_remove(ctl, path);
	free(numbers);
}

static void forget(struct ctl *ctl, const struct device *d)
{
	char path[PATH_MOST];

	backend_path(d, path);
	store_remove(ctl, path);
	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u", d->backend, d->kind, d->id);
	remove_empty(ctl, path);
	snprintf(path, sizeof(path), "/local/domain/0/error/backend/%s/%u", d->kind, d->id);
	store_remove(ctl, path);
	frontend_path(d, path);
	store_remove(ctl, path);
}

/* A guest that is there is asked by its backend's state; of one that is not, its side is taken away. */
static void closing_nodes(struct ctl *ctl, const struct device *d, bool force)
{
	char path[PATH_MOST];

	device_write(ctl, d, "online", "0");
	if (!force)
		return;
	frontend_path(d, path);
	store_remove(ctl, path);
}

int device_detach(struct ctl *ctl, const struct device *d, bool force)
{
	char *script = device_read(ctl, d, false, "script");
	bool closed;

	if (state_of(ctl, d, false) != XenbusStateClosed)
		closing_nodes(ctl, d, force);
	closed = device_wait(force ? is_closed : closes, ctl, d, force ? 2000 : 10000);
	if (!closed && !force) {
		free(script);
		return ctl_fail(ctl, -ETIMEDOUT, "domain %u does not let go of its %s %u (is it in use there? "
				"-f takes it by force)", d->id, d->kind, d->number);
	}
	if (script && *script)
		device_script(ctl, d, script, !strcmp(d->kind, "vif") ? "offline" : "remove");
	free(script);
	forget(ctl, d);
	return 0;
}

void device_detach_all(struct ctl *ctl, uint32_t id)
{
	static const char *const kinds[] = { "vbd", "vif" };
	struct device *all;
	int count;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		count = device_list(ctl, id, kinds[i], &all);
		if (count < 0)
			continue;
		/* All are told before one is waited for. */
		for (int j = 0; j < count; j++)
			closing_nodes(ctl, &all[j], true);
		for (int j = 0; j < count; j++)
			device_detach(ctl, &all[j], true);
		free(all);
	}
}

int device_trouble(struct ctl *ctl, const struct device *d, int rc)
{
	char *text = store_read(ctl, "/local/domain/%u/error/backend/%s/%u/%u/error", d->backend, d->kind, d->id,
				d->number);

	if (text)
		ctl_fail(ctl, rc, "%s: %s", ctl_why(ctl), text);
	free(text);
	return rc;
}

int device_backend(struct ctl *ctl, const char *word, uint32_t *id)
{
	struct dom dom;
	int rc;

	*id = 0;
	if (!word)
		return 0;
	rc = dom_lookup(ctl, word, &dom);
	*id = dom.id;
	return rc ? ctl_fail(ctl, rc, "backend: %s", ctl_why(ctl)) : 0;
}
