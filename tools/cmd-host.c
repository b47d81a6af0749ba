// SPDX-License-Identifier: GPL-2.0-only
/* Commands on the machine and the hypervisor, and signals to guests: info, dmesg, debug-keys, trigger, sysrq. */

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

static void add_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text_json(text));
}

static void add_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer(n));
}

static void add_machine(json_t *o, const struct host_info *h)
{
	struct utsname u;

	if (!uname(&u)) {
		add_text(o, "host", u.nodename);
		add_text(o, "release", u.release);
		add_text(o, "version", u.version);
		add_text(o, "machine", u.machine);
	}
	add_number(o, "nr_cpus", h->phys.nr_cpus);
	add_number(o, "max_cpu_id", h->phys.max_cpu_id);
	add_number(o, "nr_nodes", h->phys.nr_nodes);
	add_number(o, "cores_per_socket", h->phys.cores_per_socket);
	add_number(o, "threads_per_core", h->phys.threads_per_core);
	json_object_set_new(o, "cpu_mhz", json_real(h->phys.cpu_khz / 1000.0));
	add_number(o, "total_memory", h->phys.total_pages >> 8);
	add_number(o, "free_memory", h->phys.free_pages >> 8);
}

static void add_hypervisor(json_t *o, const struct host_info *h)
{
	char start[32];

	add_number(o, "xen_major", h->major);
	add_number(o, "xen_minor", h->minor);
	add_text(o, "xen_extra", h->extra);
	json_object_set_new(o, "xen_version", json_sprintf("%u.%u%s", h->major, h->minor, h->extra));
	add_text(o, "xen_caps", h->caps);
	add_text(o, "xen_scheduler", host_scheduler_name(h->scheduler));
	add_number(o, "xen_pagesize", PAGE_BYTES);
	snprintf(start, sizeof(start), "virt_start=0x%lx", h->virt_start);
	add_text(o, "platform_params", start);
	add_text(o, "xen_changeset", h->changeset);
	add_text(o, "xen_commandline", h->command_line);
	add_text(o, "cc_compiler", h->compiler);
	add_text(o, "cc_compile_by", h->compile_by);
	add_text(o, "cc_compile_domain", h->compile_domain);
	add_text(o, "cc_compile_date", h->compile_date);
}

int cmd_info(struct cli *cli)
{
	struct host_info h;
	json_t *o;

	if (host_info(cli->ctl, &h))
		return failed(cli);
	o = json_object();
	add_machine(o, &h);
	add_hypervisor(o, &h);
	return show_object(cli, o);
}

int cmd_dmesg(struct cli *cli)
{
	char *text;
	json_t *o;

	if (host_log(cli->ctl, cli->opt['c'], &text))
		return failed(cli);
	o = json_pack("{so}", "log", text_json(text));
	free(text);
	return show_value(cli, o, "log");
}

int cmd_debug_keys(struct cli *cli)
{
	return host_debug_keys(cli->ctl, cli->words[0]) ? failed(cli) : 0;
}

int cmd_trigger(struct cli *cli)
{
	static const char *const names[] = { "nmi", "reset", "init", "power", "sleep", "s3resume" };
	unsigned long vcpu = 0;
	struct dom dom;
	uint32_t i;

	for (i = 0; i < 6 && strcasecmp(cli->words[1], names[i]); i++)
		;
	if (i == 6)
		return complain("no trigger '%s': nmi, reset, init, power, sleep and s3resume are there", cli->words[1]);
	if (cli->count > 2 && !parse_number(cli->words[2], 0, UINT32_MAX, &vcpu))
		return complain("'%s' is not a vCPU's number", cli->words[2]);
	if (dom_lookup(cli->ctl, cli->words[0], &dom) || dom_trigger(cli->ctl, dom.id, i, vcpu))
		return failed(cli);
	return 0;
}

int cmd_sysrq(struct cli *cli)
{
	struct dom dom;

	if (strlen(cli->words[1]) != 1)
		return complain("'%s' is not one letter", cli->words[1]);
	if (dom_lookup(cli->ctl, cli->words[0], &dom) ||
	    store_write(cli->ctl, dom.id, "control/sysrq", cli->words[1]))
		return failed(cli);
	return 0;
}
