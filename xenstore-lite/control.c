/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XS_CONTROL: commands for the administrator, as xenstore-control sends them.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "audit.h"
#include "request.h"
#include "watch.h"

typedef int control_fn(struct conn *c, struct request *rq, u32 argc, char **argv);

static int reply_buf(struct conn *c, struct request *rq, struct buf *text)
{
	int rc;

	if (text->len > XENSTORE_PAYLOAD_MAX - 1)
		text->len = XENSTORE_PAYLOAD_MAX - 1;
	buf_add(text, "", 1);
	rc = reply(c, rq, text->data, text->len);
	buf_free(text);
	return rc;
}

static int control_check(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	struct buf faults = { 0 };

	(void)argv;
	if (argc)
		return -EINVAL;
	if (audit(c->store, &faults))
		return reply_ok(c, rq);
	return reply_buf(c, rq, &faults);
}

static int control_log(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	bool on = argc == 1 && !strcmp(argv[0], "on");

	if (!on && (argc != 1 || strcmp(argv[0], "off")))
		return -EINVAL;
	c->store->tracing = on;
	return reply_ok(c, rq);
}

static int control_logfile(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	int rc;

	if (argc != 1)
		return -EINVAL;
	rc = c->store->ops->log_file(c->store->ctx, argv[0]);
	return rc ? rc : reply_ok(c, rq);
}

static int control_print(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	if (argc != 1)
		return -EINVAL;
	store_log(c->store, "control: %s", argv[0]);
	return reply_ok(c, rq);
}

static int control_memreport(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	struct store *s = c->store;
	struct buf text = { 0 };
	struct mallinfo2 mi = mallinfo2();
	struct domain *d, *next;
	struct conn *each;
	u32 conns = 0, txns = 0;
	u64 nodes = 0, bytes = 0, out = 0;

	(void)argv;
	if (argc)
		return -EINVAL;
	DL_FOREACH(s->conns, each) {
		conns++;
		txns += each->txn_count;
		out += each->out_bytes;
	}
	HASH_ITER(hh, s->domains, d, next) {
		nodes += d->nodes;
		bytes += d->bytes;
	}
	buf_printf(&text, "heap in use: %zu bytes, from the system: %zu bytes\n",
		   mi.uordblks + mi.hblkhd, mi.arena + mi.hblkhd);
	buf_printf(&text, "nodes: %llu, %llu bytes\n", (unsigned long long)nodes,
		   (unsigned long long)bytes);
	buf_printf(&text, "permission sets: %u\nwatches: %u on %u paths\n",
		   HASH_COUNT(s->perms_table), s->watch_count, HASH_COUNT(s->watched));
	buf_printf(&text, "connections: %u\ntransactions: %u\nwaiting to be sent: %llu bytes\n",
		   conns, txns, (unsigned long long)out);
	buf_printf(&text, "requests: %llu\ncommits: %llu\nconflicts: %llu\n",
		   (unsigned long long)s->stat_requests, (unsigned long long)s->stat_commits,
		   (unsigned long long)s->stat_conflicts);
	return reply_buf(c, rq, &text);
}

static int show_domain(struct conn *c, struct request *rq, const char *arg)
{
	struct domain *d = domain_find(c->store, atoi(arg));
	struct buf text = { 0 };

	if (!d)
		return -ENOENT;
	buf_printf(&text, "Domain %u:\n", d->domid);
	buf_printf(&text, "%-16s: %8llu\n", "nodes", (unsigned long long)d->nodes);
	buf_printf(&text, "%-16s: %8u\n", "watches", d->watches);
	buf_printf(&text, "%-16s: %8u\n", "transactions", d->txns);
	buf_printf(&text, "%-16s: %8u\n", "outstanding", d->conn ? d->conn->replies : 0);
	buf_printf(&text, "%-16s: %8llu\n", "memory", (unsigned long long)d->bytes);
	for (int q = 0; q < QUOTA_COUNT; q++)
		if (d->quota[q] != QUOTA_DEFAULT)
			buf_printf(&text, "%-16s: %8u (limit of its own)\n", quota_name[q],
				   d->quota[q]);
	return reply_buf(c, rq, &text);
}

static int show_quotas(struct conn *c, struct request *rq)
{
	struct buf text = { 0 };

	buf_printf(&text, "Quota settings:\n");
	for (int q = 0; q < QUOTA_COUNT; q++)
		buf_printf(&text, "%-17s: %8u %s\n", quota_name[q], c->store->quota[q],
			   quota_text[q]);
	return reply_buf(c, rq, &text);
}

static int parse_limit(const char *s, u32 *value)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (!*s || *end || n < 0 || n > INT_MAX)
		return -EINVAL;
	*value = n;
	return 0;
}

/* quota set <name> <value> [<domid>] */
static int set_quota(struct conn *c, u32 argc, char **argv)
{
	u32 value, domid;
	int q;

	if (argc < 3 || argc > 4)
		return -EINVAL;
	q = quota_find(argv[1]);
	if (q < 0 || parse_limit(argv[2], &value))
		return -EINVAL;
	if (argc == 3) {
		c->store->quota[q] = value;
		return 0;
	}
	if (parse_limit(argv[3], &domid) || domid >= DOMID_LIMIT)
		return -EINVAL;
	domain_get(c->store, domid)->quota[q] = value;
	return 0;
}

static int control_quota(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	int rc;

	if (!argc)
		return show_quotas(c, rq);
	if (strcmp(argv[0], "set"))
		return argc == 1 ? show_domain(c, rq, argv[0]) : -EINVAL;
	rc = set_quota(c, argc, argv);
	return rc ? rc : reply_ok(c, rq);
}

static int control_quota_soft(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	struct buf text = { 0 };

	if (!argc) {
		buf_printf(&text, "Quota settings:\n%-17s: %8u %s\n", "memory",
			   c->store->soft_memory,
			   "Total Xenstore memory per domain (warning level)");
		return reply_buf(c, rq, &text);
	}
	if (argc != 3 || strcmp(argv[0], "set") || strcmp(argv[1], "memory") ||
	    parse_limit(argv[2], &c->store->soft_memory))
		return -EINVAL;
	return reply_ok(c, rq);
}

static int control_live_update(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	const char *text = NULL;
	int rc;

	(void)argv;
	if (!argc)
		return -EINVAL;
	rc = c->store->ops->live_update(c->store->ctx, c, rq, &text);
	if (rc)
		return rc;
	return text ? reply_string(c, rq, text) : 0;
}

static control_fn control_help;

static const struct {
	const char *name;
	control_fn *fn;
	const char *args;
} commands[] = {
	{ "check",	 control_check,	      "" },
	{ "log",	 control_log,	      "on|off" },
	{ "live-update", control_live_update, "[-c <cmdline>] [-F] [-t <timeout>] <file>" },
	{ "logfile",	 control_logfile,     "<file>" },
	{ "memreport",	 control_memreport,   "" },
	{ "print",	 control_print,	      "<string>" },
	{ "quota",	 control_quota,	      "[set <name> <val> [<domid>]|<domid>]" },
	{ "quota-soft",	 control_quota_soft,  "[set <name> <val>]" },
	{ "help",	 control_help,	      "" },
};

static int control_help(struct conn *c, struct request *rq, u32 argc, char **argv)
{
	struct buf text = { 0 };

	(void)argv;
	if (argc)
		return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		buf_printf(&text, "%s\t%s\n", commands[i].name, commands[i].args);
	return reply_buf(c, rq, &text);
}

int do_CONTROL(struct conn *c, struct request *rq)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(rq->args[0], commands[i].name))
			return commands[i].fn(c, rq, rq->argc - 1, rq->args + 1);
	return -EINVAL;
}
