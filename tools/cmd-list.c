// SPDX-License-Identifier: GPL-2.0-only
/* Commands that tell of domains: list, domid, domname, uptime, config. */

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/sched.h>

void state_text(const struct xen_domctl_getdomaininfo *i, char text[7])
{
	bool down = dom_is_shut_down(i);

	snprintf(text, 7, "%c%c%c%c%c%c", i->flags & XEN_DOMINF_running ? 'r' : '-',
		 i->flags & XEN_DOMINF_blocked ? 'b' : '-', i->flags & XEN_DOMINF_paused ? 'p' : '-',
		 down ? 's' : '-', down && dom_reason(i) == SHUTDOWN_crash ? 'c' : '-',
		 i->flags & XEN_DOMINF_dying ? 'd' : '-');
}

int cmd_list(struct cli *cli)
{
	static const struct column columns[] = {
		{ "name", "Name", -40, 0 }, { "domid", "ID", 5, 0 }, { "memory_mib", "Mem", 5, 0 },
		{ "vcpus", "VCPUs", 5, 0 }, { "state", "State", 8, 0 }, { "seconds", "Time(s)", 9, 1 },
	};
	json_t *rows;
	struct dom *doms;
	int count = chosen_domains(cli, &doms);
	char state[7];

	if (count < 0)
		return failed(cli);
	rows = json_array();
	for (struct dom *d = doms; d < doms + count; d++) {
		state_text(&d->info, state);
		json_array_append_new(rows, json_pack("{so si sI si ss sf}", "name",
			text_json(*d->name ? d->name : "(null)"), "domid", d->id, "memory_mib",
			(json_int_t)(d->info.tot_pages >> 8), "vcpus", d->info.nr_online_vcpus, "state", state,
			"seconds", d->info.cpu_time / 1e9));
	}
	free(doms);
	return show_table(cli, rows, columns, 6);
}

int cmd_domid(struct cli *cli)
{
	struct dom dom;

	if (dom_lookup(cli->ctl, cli->words[0], &dom))
		return failed(cli);
	return show_value(cli, json_pack("{si}", "domid", dom.id), "domid");
}

int cmd_domname(struct cli *cli)
{
	struct dom dom;

	if (dom_lookup(cli->ctl, cli->words[0], &dom))
		return failed(cli);
	if (!*dom.name)
		return complain("domain %u has no name", dom.id);
	return show_value(cli, json_pack("{so}", "name", text_json(dom.name)), "name");
}

/* When a domain was made, by the clock; the initial domain's own uptime says when it was. */
static double seconds_up(struct cli *cli, const struct dom *d)
{
	struct timespec up;
	char *vm, *start;
	double at;

	if (!d->id) {
		clock_gettime(CLOCK_BOOTTIME, &up);
		return up.tv_sec;
	}
	vm = store_read(cli->ctl, "/local/domain/%u/vm", d->id);
	start = vm ? store_read(cli->ctl, "%s/start_time", vm) : NULL;
	at = start ? atof(start) : 0;
	free(vm);
	free(start);
	return at > 0 && time(NULL) >= at ? time(NULL) - at : 0;
}

int cmd_uptime(struct cli *cli)
{
	static const struct column columns[] = {
		{ "name", "Name", -40, 0 }, { "domid", "ID", 5, 0 }, { "uptime", "Uptime", -20, 0 },
	};
	json_t *rows;
	struct dom *doms;
	int count = chosen_domains(cli, &doms);
	char text[48];
	long s;

	if (count < 0)
		return failed(cli);
	rows = json_array();
	for (struct dom *d = doms; d < doms + count; d++) {
		s = seconds_up(cli, d);
		if (s >= 86400)
			snprintf(text, sizeof(text), "%ld days, %ld:%02ld:%02ld", s / 86400, s / 3600 % 24, s / 60 % 60,
				 s % 60);
		else
			snprintf(text, sizeof(text), "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
		json_array_append_new(rows, json_pack("{so si sI ss}", "name", text_json(*d->name ? d->name : "(null)"),
						      "domid", d->id, "seconds", (json_int_t)s, "uptime", text));
	}
	free(doms);
	return show_table(cli, rows, columns, 3);
}

static void add_key(void *arg, const char *key, const char *value)
{
	const char *slash = strchr(key, '/');
	json_t *o = arg, *list;
	char name[64];

	if (!slash) {
		json_object_set_new(o, key, text_json(value));
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(slash - key), key);
	list = json_object_get(o, name);
	if (!list) {
		list = json_array();
		json_object_set_new(o, name, list);
	}
	json_array_append_new(list, text_json(value));
}

int cmd_config(struct cli *cli)
{
	struct dom dom;
	struct config c;
	char *text;
	json_t *o;

	if (dom_lookup(cli->ctl, cli->words[0], &dom) || config_of(cli->ctl, dom.id, &c))
		return failed(cli);
	if (cli->json) {
		o = json_object();
		add_key(o, "file", c.file);
		config_each(&c, add_key, o);
		config_free(&c);
		return show_object(cli, o);
	}
	text = config_text(&c);
	printf("# made from %s\n%s", c.file, text);
	free(text);
	config_free(&c);
	return 0;
}
