/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every call of xenstore.h, of stock libxenstore, on our daemon.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <xenstore.h>

#include "run-daemon.h"
#include "tap.h"

static struct xs_handle *h;

static void is_error(bool success, int want, const char *what)
{
	int err = errno;

	if (!ok(!success && err == want, "%s", what))
		printf("# %s, errno %d\n", success ? "success" : "failure", err);
}

static void is_value(xs_transaction_t t, const char *path, const char *want, const char *what)
{
	unsigned int len;
	char *p = xs_read(h, t, path, &len);

	ok(p && len == strlen(want), "%s: length", what);
	is_str(p, want, what);
	free(p);
}

static void test_nodes(void)
{
	static const char binary[] = "a\0b\377";
	unsigned int n;
	char **dir;
	char *p;

	ok(xs_write(h, XBT_NULL, "/t/a", "one", 3), "xs_write");
	is_value(XBT_NULL, "/t/a", "one", "xs_read");
	ok(xs_write(h, XBT_NULL, "/t/bin", binary, 4), "xs_write of bytes");
	p = xs_read(h, XBT_NULL, "/t/bin", &n);
	ok(p && n == 4 && !memcmp(p, binary, 4), "xs_read of bytes");
	free(p);
	ok(xs_mkdir(h, XBT_NULL, "/t/d"), "xs_mkdir");
	ok(xs_mkdir(h, XBT_NULL, "/t/d"), "xs_mkdir of what is there");
	dir = xs_directory(h, XBT_NULL, "/t", &n);
	ok(dir && n == 3 && !strcmp(dir[0], "a") && !strcmp(dir[1], "bin") && !strcmp(dir[2], "d"),
	   "xs_directory: in order of creation");
	free(dir);
	dir = xs_directory(h, XBT_NULL, "/t/d", &n);
	ok(dir && n == 0, "xs_directory of an empty node");
	free(dir);
	is_error(xs_read(h, XBT_NULL, "/t/none", &n), ENOENT, "xs_read of nothing");
	is_error(xs_directory(h, XBT_NULL, "/t/none", &n), ENOENT, "xs_directory of nothing");
	is_error(xs_write(h, XBT_NULL, "/t//a", "", 0), EINVAL, "xs_write to a bad path");
	ok(xs_rm(h, XBT_NULL, "/t/a"), "xs_rm");
	ok(xs_rm(h, XBT_NULL, "/t/a"), "xs_rm of what is not there");
	is_error(xs_rm(h, XBT_NULL, "/t/x/y"), ENOENT, "xs_rm without a parent");
	is_error(xs_rm(h, XBT_NULL, "/"), EINVAL, "xs_rm of the root");
	ok(xs_write(h, XBT_NULL, "rel", "r", 1), "xs_write to a relative path");
	is_value(XBT_NULL, "/local/domain/0/rel", "r", "which is domain 0's");
}

static void test_big_directory(void)
{
	char path[64];
	char **dir;
	unsigned int n;
	bool good = true;

	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/big/a-rather-long-name-%d", i);
		good &= xs_write(h, XBT_NULL, path, "", 0);
	}
	dir = xs_directory(h, XBT_NULL, "/big", &n);
	is_int(dir ? n : 0, 1000, "xs_directory longer than a message");
	for (unsigned int i = 0; dir && i < n; i++) {
		snprintf(path, sizeof(path), "a-rather-long-name-%u", i);
		good &= !strcmp(dir[i], path);
	}
	ok(good, "with all names, in order");
	free(dir);
}

static void test_perms(void)
{
	struct xs_permissions p[3] = {
		{ 0, XS_PERM_NONE }, { 5, XS_PERM_READ }, { 6, XS_PERM_READ | XS_PERM_WRITE },
	}, *got;
	unsigned int n;

	ok(xs_set_permissions(h, XBT_NULL, "/t/d", p, 3), "xs_set_permissions");
	got = xs_get_permissions(h, XBT_NULL, "/t/d", &n);
	ok(got && n == 3 && got[0].id == 0 && got[0].perms == XS_PERM_NONE && got[1].id == 5 &&
	   got[1].perms == XS_PERM_READ && got[2].perms == (XS_PERM_READ | XS_PERM_WRITE),
	   "xs_get_permissions");
	free(got);
	ok(xs_set_permissions(h, XBT_NULL, "@releaseDomain", p, 2), "of a special event");
	is_error(xs_set_permissions(h, XBT_NULL, "/none", p, 1), ENOENT, "of nothing");
	ok(!xs_restrict(h, 5), "xs_restrict is no more");
}

static void test_transactions(void)
{
	struct xs_handle *other = xs_open(0);
	xs_transaction_t t = xs_transaction_start(h), u;
	unsigned int n;

	ok(t, "xs_transaction_start");
	ok(xs_write(h, t, "/t/txn", "1", 1), "xs_write in it");
	is_value(t, "/t/txn", "1", "it sees that");
	is_error(xs_read(other, XBT_NULL, "/t/txn", &n), ENOENT, "others do not");
	ok(xs_transaction_end(h, t, false), "xs_transaction_end");
	is_value(XBT_NULL, "/t/txn", "1", "now all do");
	t = xs_transaction_start(h);
	ok(xs_rm(h, t, "/t/txn") && xs_transaction_end(h, t, true), "abandoned");
	is_value(XBT_NULL, "/t/txn", "1", "without effect");
	t = xs_transaction_start(h);
	u = xs_transaction_start(other);
	ok(t && u, "two at once");
	free(xs_read(h, t, "/t/txn", &n));
	free(xs_read(other, u, "/t/txn", &n));
	xs_write(h, t, "/t/txn", "2", 1);
	xs_write(other, u, "/t/txn", "3", 1);
	ok(xs_transaction_end(h, t, false), "the first succeeds");
	is_error(xs_transaction_end(other, u, false), EAGAIN, "the second must try again");
	is_value(XBT_NULL, "/t/txn", "2", "and changed nothing");
	is_error(xs_transaction_end(h, 12345, false), ENOENT, "no such transaction");
	xs_close(other);
}

static void expect_event(const char *path, const char *token, const char *what)
{
	unsigned int n;
	char **ev = xs_read_watch(h, &n);

	ok(ev && n == 2 && !strcmp(ev[XS_WATCH_PATH], path) &&
	   !strcmp(ev[XS_WATCH_TOKEN], token), "%s", what);
	free(ev);
}

static void test_watches(void)
{
	struct pollfd pfd = { .events = POLLIN };
	char **ev;

	ok(xs_watch(h, "/t/w", "tok"), "xs_watch");
	expect_event("/t/w", "tok", "the first event comes at once");
	is_error(xs_watch(h, "/t/w", "tok"), EEXIST, "not the same again");
	ev = xs_check_watch(h);
	is_error(ev, EAGAIN, "xs_check_watch: nothing more");
	xs_write(h, XBT_NULL, "/t/w/x/y", "", 0);
	pfd.fd = xs_fileno(h);
	is_int(poll(&pfd, 1, 5000), 1, "xs_fileno becomes readable");
	expect_event("/t/w/x/y", "tok", "xs_read_watch: a change below");
	xs_rm(h, XBT_NULL, "/t/w");
	expect_event("/t/w", "tok", "its removal");
	ok(xs_watch(h, "relative", "rel"), "a relative one");
	expect_event("relative", "rel", "has relative events");
	ok(xs_unwatch(h, "relative", "rel"), "xs_unwatch");
	ok(xs_unwatch(h, "/t/w", "tok"), "xs_unwatch");
	is_error(xs_unwatch(h, "/t/w", "tok"), ENOENT, "xs_unwatch again");
	ok(xs_watch(h, "@introduceDomain", "in") && xs_watch(h, "@releaseDomain", "out"),
	   "special events");
	expect_event("@introduceDomain", "in", "the first of @introduceDomain");
	expect_event("@releaseDomain", "out", "the first of @releaseDomain");
}

static void test_domains(void)
{
	char *p = xs_get_domain_path(h, 7);

	is_str(p, "/local/domain/7", "xs_get_domain_path");
	free(p);
	ok(xs_is_domain_introduced(h, 0), "domain 0 is introduced");
	ok(!xs_is_domain_introduced(h, 7), "domain 7 is not");
	ok(xs_introduce_domain(h, 7, 1, 1), "xs_introduce_domain");
	expect_event("@introduceDomain", "in", "is announced");
	ok(xs_is_domain_introduced(h, 7), "now it is");
	ok(xs_resume_domain(h, 7), "xs_resume_domain");
	ok(xs_set_target(h, 7, 0), "xs_set_target");
	ok(xs_release_domain(h, 7), "xs_release_domain");
	expect_event("@releaseDomain", "out", "is announced");
	is_error(xs_release_domain(h, 7), ENOENT, "not twice");
	is_error(xs_release_domain(h, 0), EINVAL, "not domain 0");
}

static void test_control(void)
{
	char *p = xs_control_command(h, "check", NULL, 0);

	is_str(p, "OK", "xs_control_command check");
	free(p);
	p = xs_debug_command(h, "print", "hello", 6);
	is_str(p, "OK", "xs_debug_command print");
	free(p);
	p = xs_control_command(h, "help", NULL, 0);
	ok(p && strstr(p, "live-update"), "help names the commands");
	free(p);
	is_error(xs_control_command(h, "nonsense", NULL, 0), EINVAL, "an unknown command");
}

int main(void)
{
	spawn_daemon();
	h = xs_open(0);
	ok(h, "xs_open");
	test_nodes();
	test_big_directory();
	test_perms();
	test_transactions();
	test_watches();
	test_domains();
	test_control();
	xs_close(h);
	h = xs_daemon_open();
	ok(h, "xs_daemon_open");
	xs_daemon_close(h);
	h = xs_domain_open();
	ok(h, "xs_domain_open");
	xs_close(h);
	h = xs_daemon_open_readonly();
	ok(h, "xs_daemon_open_readonly");
	xs_daemon_destroy_postfork(h);
	ok(xs_path_is_subpath("/a", "/a/b"), "xs_path_is_subpath");
	is_int(spawn_stop(), 0, "the daemon ends well");
	return done_testing();
}
