// SPDX-License-Identifier: GPL-2.0-only
/*
 * bonsaid: carries out on_poweroff, on_reboot and on_crash for the domains that bonsai made.
 *
 * All it has to know is in the store (/bonsai/ID) and, while a domain is being made anew, in STATE_FOLDER:
 * killed at any moment, it goes on when it is started again.  Other tools' domains are left alone.
 */

#include "bonsai.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xen/sched.h>
#include <xenstore.h>

#define STATE_FOLDER "/var/lib/bonsai"
#define AGAIN	     STATE_FOLDER "/again"	/* files of domains that are to be made anew */
#define DUMPS	     STATE_FOLDER "/dump"
#define SOON	     10				/* seconds: what ends sooner after its start waits */
#define PATH_SIZE    512

static struct ctl *ctl;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* The configuration as a file that is there whole or not at all. */
static int save(const char *path, const struct config *c)
{
	char other[PATH_SIZE + 8], *text = config_text(c);
	FILE *f;
	int rc = 0;

	snprintf(other, sizeof(other), "%s.new", path);
	f = fopen(other, "we");
	if (!f || fputs(text, f) < 0 || fflush(f) || fsync(fileno(f)))
		rc = ctl_fail_errno(ctl, "%s", other);
	if (f && fclose(f) && !rc)
		rc = ctl_fail_errno(ctl, "%s", other);
	if (!rc && rename(other, path))
		rc = ctl_fail_errno(ctl, "%s", path);
	free(text);
	return rc;
}

/* Make what a file in AGAIN says; whatever comes of it, the file has had its turn. */
static void make(const char *path)
{
	struct config c;
	struct dom dom;
	uint32_t id = 0;
	int rc = config_load(ctl, path, &c);

	if (rc) {
		say("%s", ctl_why(ctl));
		unlink(path);
		return;
	}
	rc = config_check(ctl, &c);
	/* We were killed between the new domain and the file's end. */
	if (!rc && !dom_lookup(ctl, c.name, &dom)) {
		rc = 0;
		if (dom.info.flags & XEN_DOMINF_paused)
			rc = dom_unpause(ctl, dom.id);
	} else if (!rc) {
		rc = dom_create(ctl, &c, &id);
		rc = rc ? rc : dom_unpause(ctl, id);
	}
	if (rc)
		say("domain '%s' is not made anew: %s", c.name ? c.name : path, ctl_why(ctl));
	else
		say("domain '%s' is there again", c.name);
	config_free(&c);
	unlink(path);
}

static void make_all(void)
{
	DIR *dir = opendir(AGAIN);
	char path[PATH_SIZE];
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t n = strlen(e->d_name);

		if (n < 5 || strcmp(e->d_name + n - 4, ".cfg"))
			continue;
		snprintf(path, sizeof(path), AGAIN "/%.256s", e->d_name);
		make(path);
	}
	if (dir)
		closedir(dir);
}

static int dump(uint32_t id, const char *name)
{
	char path[PATH_SIZE], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int rc;

	mkdir(DUMPS, 0700);
	strftime(when, sizeof(when), "%Y-%m%d-%H%M%S", localtime_r(&now, &tm));
	snprintf(path, sizeof(path), DUMPS "/%s-%.128s.%u.core", when, name, id);
	rc = core_dump(ctl, id, path);
	say("domain %u '%s': %s", id, name, rc ? ctl_why(ctl) : path);
	return rc;
}

/* It stays, and is not looked at again. */
static int preserve(uint32_t id)
{
	char path[64];

	snprintf(path, sizeof(path), "/bonsai/%u/done", id);
	if (!xs_write(ctl_store(ctl), XBT_NULL, path, "1", 1))
		return ctl_fail_errno(ctl, "%s", path);
	return 0;
}

static int rename_old(uint32_t id, const char *name)
{
	char other[160];

	snprintf(other, sizeof(other), "%.100s-%u", name, id);
	return store_rename(ctl, id, other);
}

static int restart(uint32_t id, const struct config *c, bool keep)
{
	char path[PATH_SIZE];
	int rc;

	snprintf(path, sizeof(path), AGAIN "/%.128s.cfg", c->name);
	rc = save(path, c);
	if (rc)
		return rc;
	if (keep)
		rc = rename_old(id, c->name) ? -EIO : preserve(id);
	else
		rc = dom_destroy(ctl, id);
	if (rc) {
		unlink(path);
		return rc;
	}
	make(path);
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && !strcmp(text + n - m, with);
}

static int act(uint32_t id, struct config *c, const char *action)
{
	if (begins(action, "coredump-"))
		dump(id, c->name);
	if (!strcmp(action, "preserve"))
		return preserve(id);
	if (!strcmp(action, "rename-restart")) {
		/* The old one keeps its number; two cannot have one. */
		free(c->uuid);
		c->uuid = NULL;
		return restart(id, c, true);
	}
	if (ends(action, "restart"))
		return restart(id, c, false);
	return dom_destroy(ctl, id);
}

static enum on_event event_of(unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff: return ON_POWEROFF;
	case SHUTDOWN_reboot: return ON_REBOOT;
	case SHUTDOWN_watchdog: return ON_WATCHDOG;
	case SHUTDOWN_soft_reset: return ON_SOFT_RESET;
	default: return ON_CRASH;
	}
}

/* A name or a UUID may have changed, or been chosen, since. */
static void take_over(uint32_t id, struct config *c)
{
	char *name = store_read(ctl, "/local/domain/%u/name", id), *vm = store_read(ctl, "/local/domain/%u/vm", id);

	if (name) {
		free(c->name);
		c->name = name;
	}
	if (vm && begins(vm, "/vm/")) {
		free(c->uuid);
		c->uuid = strdup(vm + 4);
	}
	free(vm);
}

/* Seconds that a domain has still to wait, that crashes as soon as it starts; 0: none. */
static int patience(uint32_t id, const char *action)
{
	char *vm = store_read(ctl, "/local/domain/%u/vm", id), *start = vm ? store_read(ctl, "%s/start_time", vm) : NULL;
	time_t age = start ? time(NULL) - atoll(start) : SOON;

	free(vm);
	free(start);
	return ends(action, "restart") && age >= 0 && age < SOON ? SOON - age : 0;
}

/* One domain that has shut down; seconds until it is to be looked at again, 0: it is done with. */
static int ended(struct dom *dom)
{
	unsigned int reason = dom_reason(&dom->info);
	char *done = store_read(ctl, "/bonsai/%u/done", dom->id);
	struct config c;
	const char *action;
	int wait;

	free(done);
	/* One that was suspended is whoever's who saves it. */
	if (done || reason == SHUTDOWN_suspend || config_of(ctl, dom->id, &c))
		return 0;
	action = c.on[event_of(reason)];
	action = action ? action : "destroy";
	wait = event_of(reason) == ON_CRASH ? patience(dom->id, action) : 0;
	if (!wait) {
		dom_name(ctl, dom);
		take_over(dom->id, &c);
		say("domain %u '%s' ended, reason %u: %s", dom->id, dom->name, reason, action);
		if (act(dom->id, &c, action)) {
			say("domain %u '%s': %s", dom->id, dom->name, ctl_why(ctl));
			preserve(dom->id);
		}
	}
	config_free(&c);
	return wait;
}

/* All domains; seconds until the next look, -1: when something happens. */
static int look(void)
{
	struct dom *doms;
	int count = dom_list_bare(ctl, &doms), soonest = -1, wait;

	if (count < 0) {
		say("%s", ctl_why(ctl));
		return SOON;
	}
	for (int i = 0; i < count; i++) {
		if (!doms[i].id || !dom_is_shut_down(&doms[i].info) || doms[i].info.flags & XEN_DOMINF_dying)
			continue;
		wait = ended(&doms[i]);
		soonest = wait && (soonest < 0 || wait < soonest) ? wait : soonest;
	}
	free(doms);
	return soonest;
}

static void run(int signals)
{
	struct xs_handle *xs = ctl_store(ctl);
	struct pollfd fds[2] = { { .fd = xs_fileno(xs), .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	char **watch;
	int wait;

	for (;;) {
		wait = look();
		if (poll(fds, 2, wait < 0 ? -1 : wait * 1000) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			return;
		/* However many there were: one look is enough. */
		while ((watch = xs_check_watch(xs)))
			free(watch);
		if (fds[0].revents & (POLLHUP | POLLERR)) {
			say("the store is gone");
			exit(1);
		}
	}
}

/* Two of us would make every domain twice. */
static void be_alone(void)
{
	int fd = open(STATE_FOLDER, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
		say(errno == EWOULDBLOCK ? "bonsaid is running already" : "bonsaid: %s: %m", STATE_FOLDER);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	sigset_t set;

	if (argc > 1) {
		say("usage: %s\nCarries out on_poweroff, on_reboot and on_crash until SIGTERM.", argv[0]);
		return 2;
	}
	mkdir(STATE_FOLDER, 0700);
	mkdir(AGAIN, 0700);
	be_alone();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ctl = ctl_new();
	if (!ctl_store(ctl) || !xs_watch(ctl_store(ctl), "@releaseDomain", "all") ||
	    !xs_watch(ctl_store(ctl), "@introduceDomain", "all")) {
		say("bonsaid: %s", *ctl_why(ctl) ? ctl_why(ctl) : "cannot watch the store");
		return 1;
	}
	make_all();
	run(signalfd(-1, &set, SFD_CLOEXEC));
	ctl_free(ctl);
	return 0;
}
