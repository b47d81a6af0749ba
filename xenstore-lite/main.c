/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line and start of xenstored-lite.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>
#include <malloc.h>

#include "daemon.h"
#include "live-update.h"

const char *argp_program_version = "xenstored-lite (Bonsai) " XSL_VERSION;

enum { OPT_TRACE = 256, OPT_UPDATE, OPT_CHECK };

static const struct argp_option option_list[] = {
	{ 0, 0, 0, 0, "Running:", 1 },
	{ "no-fork", 'N', 0, 0, "Stay in the foreground; the log goes to stderr", 0 },
	{ "no-domain-init", 'D', 0, 0, "Do not open the ring of domain 0", 0 },
	{ "pid-file", 'F', "FILE", 0, "Write the daemon's process id to FILE", 0 },
	{ "output-pid", 'P', 0, 0, "Print the daemon's process id", 0 },
	{ "priv-domid", 'p', "DOMID", 0, "This domain may do what domain 0 may", 0 },
	{ "keep-orphans", 'K', 0, 0,
	  "Nodes of a domain that is gone become domain 0's instead of vanishing", 0 },
	{ 0, 0, 0, 0, "Watching it work:", 2 },
	{ "trace", OPT_TRACE, "FILE", OPTION_ARG_OPTIONAL,
	  "Write a line for each request, to stderr or FILE", 0 },
	{ "trace-file", 'T', "FILE", 0, "The same, to FILE", 0 },
	{ "verbose", 'V', 0, 0, "Say more in the log", 0 },
	{ 0, 0, 0, 0, "Quotas of unprivileged domains:", 3 },
	{ "quota", 'Q', "WHAT=NUMBER", 0, "Set a quota (see below)", 0 },
	{ "quota-soft", 'q', "memory=NUMBER", 0, "Warn above this many bytes", 0 },
	{ "entry-nb", 'E', "NUMBER", 0, "Same as --quota nodes=NUMBER", 0 },
	{ "entry-size", 'S', "NUMBER", 0, "Same as --quota node-size=NUMBER", 0 },
	{ "watch-nb", 'W', "NUMBER", 0, "Same as --quota watches=NUMBER", 0 },
	{ "transaction", 't', "NUMBER", 0, "Same as --quota transactions=NUMBER", 0 },
	{ "perm-nb", 'A', "NUMBER", 0, "Same as --quota permissions=NUMBER", 0 },
	{ "path-max", 'M', "NUMBER", 0, "Same as --quota path-max=NUMBER", 0 },
	{ "timeout", 'w', "watch-event=SECONDS", 0,
	  "Ignore a domain that lets a watch event wait for so long", 0 },
	{ 0, 0, 0, 0, "Accepted for compatibility, without effect:", 4 },
	{ "no-recovery", 'R', 0, 0, "", 0 },
	{ "internal-db", 'I', "on|off", OPTION_ARG_OPTIONAL, "", 0 },
	{ "master-domid", 'm', "DOMID", 0, "", 0 },
	{ "event", 'e', "PORT", 0, "", 0 },
	{ "live-update", 'U', 0, OPTION_HIDDEN, "", 0 },
	{ "update-fd", OPT_UPDATE, "FD", OPTION_HIDDEN, "", 0 },
	{ "check-fd", OPT_CHECK, "FD", OPTION_HIDDEN, "", 0 },
	{ "stock-help", 'H', 0, OPTION_HIDDEN, "", 0 },
	{ 0 }
};

struct parsed {
	struct options opt;
	u32 quota[QUOTA_COUNT];
	u32 soft_memory, event_seconds;
	bool keep_orphans, verbose;
};

static u32 number(struct argp_state *st, const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (!*s || *end || n < 0 || n > INT32_MAX)
		argp_error(st, "'%s' is not a number that can be used here", s);
	return n;
}

/* "what=number" */
static u32 assignment(struct argp_state *st, const char *arg, char *what, size_t size)
{
	const char *eq = strchr(arg, '=');

	if (!eq || (size_t)(eq - arg) >= size)
		argp_error(st, "'%s' should be <what>=<number>", arg);
	memcpy(what, arg, eq - arg);
	what[eq - arg] = '\0';
	return number(st, eq + 1);
}

static void set_quota(struct argp_state *st, struct parsed *p, const char *arg)
{
	char what[32];
	u32 n = assignment(st, arg, what, sizeof(what));
	int q = quota_find(what);

	if (q < 0)
		argp_error(st, "unknown quota '%s'", what);
	p->quota[q] = n;
}

static void set_only(struct argp_state *st, const char *arg, const char *name, u32 *value)
{
	char what[32];
	u32 n = assignment(st, arg, what, sizeof(what));

	if (strcmp(what, name))
		argp_error(st, "'%s' is not known here, only '%s'", what, name);
	*value = n;
}

static error_t parse_quota(int key, char *arg, struct argp_state *st)
{
	struct parsed *p = st->input;

	switch (key) {
	case 'Q': set_quota(st, p, arg); break;
	case 'q': set_only(st, arg, "memory", &p->soft_memory); break;
	case 'w': set_only(st, arg, "watch-event", &p->event_seconds); break;
	case 'E': p->quota[QUOTA_NODES] = number(st, arg); break;
	case 'S': p->quota[QUOTA_NODE_SIZE] = number(st, arg); break;
	case 'W': p->quota[QUOTA_WATCHES] = number(st, arg); break;
	case 't': p->quota[QUOTA_TRANSACTIONS] = number(st, arg); break;
	case 'A': p->quota[QUOTA_PERMS] = number(st, arg); break;
	case 'M': p->quota[QUOTA_PATH_MAX] = number(st, arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *st)
{
	struct parsed *p = st->input;
	struct options *o = &p->opt;

	switch (key) {
	case 'N': o->no_fork = true; break;
	case 'D': o->no_domain_init = true; break;
	case 'F': o->pid_file = arg; break;
	case 'P': o->output_pid = true; break;
	case 'p': o->priv = number(st, arg); break;
	case 'K': p->keep_orphans = true; break;
	case 'V': p->verbose = true; break;
	case 'T': o->trace_file = arg; o->trace = true; break;
	case OPT_TRACE: o->trace_file = arg; o->trace = true; break;
	case OPT_UPDATE: o->update_fd = number(st, arg); break;
	case OPT_CHECK: o->check_fd = number(st, arg); break;
	case 'H': argp_state_help(st, stdout, ARGP_HELP_STD_HELP); break;
	case 'R': case 'I': case 'm': case 'e': case 'U': break;
	case ARGP_KEY_ARG: argp_error(st, "'%s' is not expected", arg); break;
	default: return parse_quota(key, arg, st);
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	u32 def[QUOTA_COUNT];
	struct buf b = { 0 };

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	quota_defaults(def);
	buf_printf(&b, "Quotas, with their defaults:\n");
	for (int q = 0; q < QUOTA_COUNT; q++)
		buf_printf(&b, "  %-19s %7u %s\n", quota_name[q], def[q], quota_text[q]);
	buf_printf(&b, "\nXENSTORED_PATH, XENSTORED_RUNDIR: the socket, or its folder"
		   " (/var/run/xenstored).\nXENSTORED_ROOTDIR is not used: nothing is kept on disk."
		   "\nSee xenstored-lite(8).\n");
	buf_add(&b, "", 1);
	return b.data;
}

static const struct argp argp = {
	.options = option_list,
	.parser = parse,
	.doc = "Keeps the store that domains and tools of a machine share.\v ",
	.help_filter = help_filter,
};

static void write_pid(const struct options *o)
{
	FILE *f = o->pid_file ? fopen(o->pid_file, "we") : NULL;

	if (o->pid_file && !f)
		log_line("cannot write '%s': %s", o->pid_file, strerror(errno));
	if (f) {
		fprintf(f, "%d\n", getpid());
		fclose(f);
	}
	if (o->output_pid) {
		printf("%d\n", getpid());
		fflush(stdout);
	}
}

/* The parent goes once the child serves, so that scripts may go on at once. */
static int detach(void)
{
	int fds[2];
	char done;

	if (pipe2(fds, O_CLOEXEC))
		exit(EXIT_FAILURE);
	switch (fork()) {
	case -1:
		exit(EXIT_FAILURE);
	case 0:
		close(fds[0]);
		setsid();
		umask(027);
		if (chdir("/"))
			exit(EXIT_FAILURE);
		return fds[1];
	default:
		close(fds[1]);
		_exit(read(fds[0], &done, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
}

static void attached(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	if (write(fd, "", 1) != 1)
		exit(EXIT_FAILURE);
	close(fd);
}

static void raise_limits(void)
{
	struct rlimit lim;

	if (!getrlimit(RLIMIT_NOFILE, &lim)) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	/* One thread; big blocks go back to the system when they are freed. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

static void configure(struct daemon *d, const struct parsed *p)
{
	struct store *s = d->store;

	memcpy(s->quota, p->quota, sizeof(s->quota));
	s->soft_memory = p->soft_memory;
	s->event_seconds = p->event_seconds;
	s->keep_orphans = p->keep_orphans;
	s->verbose = p->verbose;
}

static int load(struct daemon *d, int fd, bool check)
{
	int rc = live_update_load(d, fd, check);

	if (rc)
		log_line("the state handed over cannot be used: %s", strerror(-rc));
	return rc;
}

int main(int argc, char **argv)
{
	struct parsed p = { .opt = { .update_fd = -1, .check_fd = -1 },
			    .soft_memory = 2 << 20, .event_seconds = 20 };
	static struct daemon d = { .listen_fd = -1 };	/* reachable for leak checkers */
	int tell = -1;

	quota_defaults(p.quota);
	argp_parse(&argp, argc, argv, 0, NULL, &p);
	d.opt = p.opt;
	d.opt.argv = argv;
	raise_limits();
	signal(SIGPIPE, SIG_IGN);

	if (p.opt.check_fd >= 0) {
		daemon_open_store(&d);
		return load(&d, p.opt.check_fd, true) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (p.opt.update_fd < 0) {
		d.listen_fd = sock_listen();
		if (d.listen_fd < 0) {
			log_line("no socket at %s: %s", xs_daemon_socket(), strerror(-d.listen_fd));
			return EXIT_FAILURE;
		}
		if (!p.opt.no_fork)
			tell = detach();
	}
	if (p.opt.trace && trace_open(p.opt.trace_file)) {
		log_line("cannot trace to '%s': %s", p.opt.trace_file, strerror(errno));
		return EXIT_FAILURE;
	}
	log_open(!p.opt.no_fork);
	daemon_open_store(&d);
	configure(&d, &p);
	if (p.opt.update_fd >= 0) {
		if (load(&d, p.opt.update_fd, false))
			return EXIT_FAILURE;
	} else {
		daemon_open_xen(&d, -1);
		daemon_init_dom0(&d);
		write_pid(&p.opt);
	}
	if (tell >= 0)
		attached(tell);
	systemd_notify("READY=1");
	daemon_run(&d);
	if (p.opt.pid_file)
		unlink(p.opt.pid_file);
	return EXIT_SUCCESS;
}
