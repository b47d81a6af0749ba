// SPDX-License-Identifier: GPL-2.0-only
/* Commands on a domain's life: create, pause, unpause, shutdown, reboot, destroy, rename, console. */

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int read_config(struct cli *cli, struct config *c)
{
	int rc = config_load(cli->ctl, cli->words[0], c);

	for (int i = 1; i < cli->count && !rc; i++) {
		rc = config_add(cli->ctl, cli->words[i], c);
		if (rc)
			config_free(c);
	}
	if (!rc && (rc = config_check(cli->ctl, c)))
		config_free(c);
	return rc;
}

/* Join the console before the guest's first word. */
static int start(struct cli *cli, uint32_t id)
{
	int tty = cli->opt['c'] ? console_open(cli->ctl, id) : 0, rc = tty < 0 ? tty : 0;

	if (!rc && !cli->opt['p'])
		rc = dom_unpause(cli->ctl, id);
	if (!rc && cli->opt['c'])
		console_join(tty);
	return rc;
}

int cmd_create(struct cli *cli)
{
	struct config c;
	uint32_t id;
	int rc = read_config(cli, &c);

	if (rc)
		return failed(cli);
	rc = dom_create(cli->ctl, &c, &id);
	config_free(&c);
	rc = rc ? rc : start(cli, id);
	return rc ? failed(cli) : 0;
}

static int pause_one(struct cli *cli, const struct dom *dom)
{
	if (!dom->id)
		return ctl_fail(cli->ctl, -EPERM, "the initial domain cannot be paused");
	return dom_pause(cli->ctl, dom->id);
}

int cmd_pause(struct cli *cli)
{
	return each_domain(cli, pause_one);
}

static int unpause_one(struct cli *cli, const struct dom *dom)
{
	return dom_unpause(cli->ctl, dom->id);
}

int cmd_unpause(struct cli *cli)
{
	return each_domain(cli, unpause_one);
}

static int destroy_one(struct cli *cli, const struct dom *dom)
{
	return dom_destroy(cli->ctl, dom->id);
}

int cmd_destroy(struct cli *cli)
{
	return each_domain(cli, destroy_one);
}

static int poweroff_one(struct cli *cli, const struct dom *dom)
{
	return store_shutdown(cli->ctl, dom->id, "poweroff");
}

static int reboot_one(struct cli *cli, const struct dom *dom)
{
	return store_shutdown(cli->ctl, dom->id, "reboot");
}

/* Until it has shut down, or is gone because somebody else took it away. */
static int wait_one(struct cli *cli, const struct dom *dom)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct xen_domctl_getdomaininfo info;
	int rc;

	for (;;) {
		rc = dom_info(cli->ctl, dom->id, &info);
		if (rc == -ESRCH || (!rc && (dom_is_shut_down(&info) || info.flags & XEN_DOMINF_dying)))
			return 0;
		if (rc)
			return rc;
		nanosleep(&pause, NULL);
	}
}

static int ask(struct cli *cli, int (*f)(struct cli *cli, const struct dom *dom))
{
	struct dom *doms;
	int count = chosen_domains(cli, &doms), code = 0;

	if (count < 0)
		return failed(cli);
	for (int i = 0; i < count && !code; i++)
		code = f(cli, &doms[i]) ? failed(cli) : 0;
	for (int i = 0; i < count && !code && cli->opt['w']; i++)
		code = wait_one(cli, &doms[i]) ? failed(cli) : 0;
	free(doms);
	return code;
}

int cmd_shutdown(struct cli *cli)
{
	return ask(cli, poweroff_one);
}

int cmd_reboot(struct cli *cli)
{
	return ask(cli, reboot_one);
}

int cmd_dump_core(struct cli *cli)
{
	struct dom dom;

	if (dom_lookup(cli->ctl, cli->words[0], &dom) || core_dump(cli->ctl, dom.id, cli->words[1]))
		return failed(cli);
	return 0;
}

int cmd_rename(struct cli *cli)
{
	struct dom dom;

	if (dom_lookup(cli->ctl, cli->words[0], &dom) || store_rename(cli->ctl, dom.id, cli->words[1]))
		return failed(cli);
	return 0;
}

int cmd_console(struct cli *cli)
{
	struct dom dom;

	int tty = dom_lookup(cli->ctl, cli->words[0], &dom) ? -1 : console_open(cli->ctl, dom.id);

	if (tty < 0)
		return failed(cli);
	console_join(tty);
	return 0;
}
