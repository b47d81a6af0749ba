// SPDX-License-Identifier: GPL-2.0-only
/* Commands on processors, shares and memory: vcpu-list, vcpu-pin, vcpu-set, sched, mem-set, mem-max. */

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLACK_KB 1024	/* of the limit over the target, as at creation */

static void add_vcpus(struct cli *cli, json_t *rows, const struct dom *d, unsigned int online)
{
	char hard[256], soft[256], both[520], state[4];
	struct vcpu_info_of v;

	for (uint32_t i = 0; i <= d->info.max_vcpu_id && d->info.max_vcpu_id != XEN_INVALID_MAX_VCPU_ID; i++) {
		if (vcpu_get(cli->ctl, d->id, i, &v))
			continue;
		cpus_text(&v.hard, online, hard, sizeof(hard));
		cpus_text(&v.soft, online, soft, sizeof(soft));
		snprintf(both, sizeof(both), "%s / %s", hard, soft);
		snprintf(state, sizeof(state), "%c%c%c", v.now.running ? 'r' : '-', v.now.blocked ? 'b' : '-',
			 v.now.online ? '-' : 'p');
		json_array_append_new(rows, json_pack("{so si si so ss sf ss ss ss}", "name",
			text_json(*d->name ? d->name : "(null)"), "domid", d->id, "vcpu", i, "cpu",
			v.now.online ? json_integer(v.now.cpu) : json_null(), "state", state, "seconds",
			v.now.cpu_time / 1e9, "hard", hard, "soft", soft, "affinity", both));
	}
}

int cmd_vcpu_list(struct cli *cli)
{
	static const struct column columns[] = {
		{ "name", "Name", -32, 0 }, { "domid", "ID", 5, 0 }, { "vcpu", "VCPU", 5, 0 }, { "cpu", "CPU", 5, 0 },
		{ "state", "State", 5, 0 }, { "seconds", "Time(s)", 9, 1 },
		{ "affinity", "Affinity (Hard / Soft)", -24, 0 },
	};
	struct host_info host;
	json_t *rows;
	struct dom *doms;
	int count = host_info(cli->ctl, &host) ? -1 : chosen_domains(cli, &doms);

	if (count < 0)
		return failed(cli);
	rows = json_array();
	for (int i = 0; i < count; i++)
		add_vcpus(cli, rows, &doms[i], host.phys.nr_cpus);
	free(doms);
	return show_table(cli, rows, columns, 7);
}

/* A set of CPUs from a word: "-" gives none. */
static bool take_cpus(const char *word, struct cpu_set *set, const struct cpu_set **to)
{
	*to = strcmp(word, "-") ? set : NULL;
	return !*to || !cpus_parse(word, set);
}

int cmd_vcpu_pin(struct cli *cli)
{
	const struct cpu_set *hard, *soft = NULL;
	struct cpu_set sets[2];
	unsigned long first = 0, last;
	struct dom dom;

	if (!take_cpus(cli->words[2], &sets[0], &hard))
		return complain("'%s' is not a list of CPUs", cli->words[2]);
	if (cli->count > 3 && !take_cpus(cli->words[3], &sets[1], &soft))
		return complain("'%s' is not a list of CPUs", cli->words[3]);
	if (!hard && !soft)
		return usage(cli);
	if (dom_lookup(cli->ctl, cli->words[0], &dom))
		return failed(cli);
	last = dom.info.max_vcpu_id;
	if (strcmp(cli->words[1], "all")) {
		if (!parse_number(cli->words[1], 0, last, &first))
			return complain("domain %u has no vCPU '%s'", dom.id, cli->words[1]);
		last = first;
	}
	for (unsigned long i = first; i <= last; i++)
		if (vcpu_pin(cli->ctl, dom.id, i, hard, soft))
			return failed(cli);
	return 0;
}

int cmd_vcpu_set(struct cli *cli)
{
	unsigned long count;
	struct dom dom;
	char what[40];

	if (dom_lookup(cli->ctl, cli->words[0], &dom))
		return failed(cli);
	if (!parse_number(cli->words[1], 1, dom.info.max_vcpu_id + 1UL, &count))
		return complain("'%s' is not a number of vCPUs in 1..%u", cli->words[1], dom.info.max_vcpu_id + 1);
	for (unsigned int i = 0; i <= dom.info.max_vcpu_id; i++) {
		snprintf(what, sizeof(what), "cpu/%u/availability", i);
		if (store_write(cli->ctl, dom.id, what, i < count ? "online" : "offline"))
			return failed(cli);
	}
	return 0;
}

static int set_share(struct cli *cli, const struct dom *dom)
{
	unsigned long n;
	struct sched_share share;
	int rc = sched_get(cli->ctl, dom->id, &share);

	if (rc)
		return rc;
	if (cli->opt['w'] && parse_number(cli->opt['w'], 1, 65535, &n))
		share.weight = n;
	if (cli->opt['c'] && parse_number(cli->opt['c'], 0, 65534, &n))
		share.cap = n;
	return sched_set(cli->ctl, dom->id, &share);
}

static int show_shares(struct cli *cli)
{
	static const struct column columns[] = {
		{ "name", "Name", -40, 0 }, { "domid", "ID", 5, 0 }, { "weight", "Weight", 6, 0 }, { "cap", "Cap", 5, 0 },
	};
	json_t *rows = json_array();
	struct sched_share share;
	struct dom *doms;
	int count = chosen_domains(cli, &doms), rc = count < 0 ? count : 0;

	for (int i = 0; i < count && !rc; i++) {
		rc = sched_get(cli->ctl, doms[i].id, &share);
		json_array_append_new(rows, json_pack("{so si si si}", "name",
			text_json(*doms[i].name ? doms[i].name : "(null)"), "domid", doms[i].id, "weight",
			share.weight, "cap", share.cap));
	}
	if (count >= 0)
		free(doms);
	if (!rc)
		return show_table(cli, rows, columns, 4);
	json_decref(rows);
	return failed(cli);
}

int cmd_sched(struct cli *cli)
{
	unsigned long n;

	if (!cli->opt['w'] && !cli->opt['c'])
		return show_shares(cli);
	if (!cli->count)
		return usage(cli);
	if (cli->opt['w'] && !parse_number(cli->opt['w'], 1, 65535, &n))
		return complain("'%s' is not a weight in 1..65535", cli->opt['w']);
	if (cli->opt['c'] && !parse_number(cli->opt['c'], 0, 65534, &n))
		return complain("'%s' is not a cap in 0..65534", cli->opt['c']);
	return each_domain(cli, set_share);
}

int cmd_mem_max(struct cli *cli)
{
	struct dom dom;
	uint64_t kb;

	if (!parse_memory(cli->words[1], &kb))
		return complain("'%s' is not an amount of memory", cli->words[1]);
	if (dom_lookup(cli->ctl, cli->words[0], &dom) || dom_max_mem(cli->ctl, dom.id, kb + SLACK_KB))
		return failed(cli);
	return 0;
}

int cmd_mem_set(struct cli *cli)
{
	char text[24], *most;
	struct dom dom;
	uint64_t kb, limit;

	if (!parse_memory(cli->words[1], &kb))
		return complain("'%s' is not an amount of memory", cli->words[1]);
	if (dom_lookup(cli->ctl, cli->words[0], &dom))
		return failed(cli);
	most = store_read(cli->ctl, "/local/domain/%u/memory/static-max", dom.id);
	limit = most ? strtoull(most, NULL, 10) : 0;
	free(most);
	if (limit && kb > limit)
		return complain("domain %u can have %lu MiB at most", dom.id, limit >> 10);
	snprintf(text, sizeof(text), "%lu", kb);
	/* The limit first: a guest that grows at once must find it. */
	if (dom_max_mem(cli->ctl, dom.id, kb + SLACK_KB) || store_write(cli->ctl, dom.id, "memory/target", text))
		return failed(cli);
	return 0;
}
