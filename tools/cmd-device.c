// SPDX-License-Identifier: GPL-2.0-only
/* Commands on disks and network cards. */

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* All words from the second on as one line. */
static char *line_of(const struct cli *cli)
{
	size_t size = 1;
	char *line;

	for (int i = 1; i < cli->count; i++)
		size += strlen(cli->words[i]) + 1;
	line = calloc(1, size);
	if (!line)
		abort();
	for (int i = 1; i < cli->count; i++) {
		strcat(line, i > 1 ? "," : "");
		strcat(line, cli->words[i]);
	}
	return line;
}

int cmd_block_attach(struct cli *cli)
{
	char *line = line_of(cli);
	struct disk d = { 0 };
	struct dom dom;
	int rc = dom_lookup(cli->ctl, cli->words[0], &dom);

	rc = rc ? rc : disk_parse(cli->ctl, line, &d);
	rc = rc ? rc : disk_attach(cli->ctl, dom.id, &d);
	disk_free(&d);
	free(line);
	return rc ? failed(cli) : 0;
}

int cmd_network_attach(struct cli *cli)
{
	char *line = line_of(cli);
	struct vif v = { 0 };
	struct dom dom;
	int rc = dom_lookup(cli->ctl, cli->words[0], &dom);

	rc = rc ? rc : vif_parse(cli->ctl, line, &v);
	rc = rc ? rc : vif_attach(cli->ctl, dom.id, -1, &v);
	vif_free(&v);
	free(line);
	return rc ? failed(cli) : 0;
}

/* By its number, or by what @what says of it at the backend. */
static int find(struct cli *cli, uint32_t id, const char *kind, const char *what, struct device *found)
{
	struct device *all;
	unsigned long number;
	int count = device_list(cli->ctl, id, kind, &all), rc = -ENODEV;
	char *text;

	if (count < 0)
		return count;
	for (int i = 0; i < count && rc; i++) {
		text = device_read(cli->ctl, &all[i], false, what);
		if ((text && !strcasecmp(text, cli->words[1])) ||
		    (parse_number(cli->words[1], 0, UINT32_MAX, &number) && number == all[i].number)) {
			*found = all[i];
			rc = 0;
		}
		free(text);
	}
	free(all);
	return rc ? ctl_fail(cli->ctl, rc, "domain %u has no %s '%s'", id, kind, cli->words[1]) : 0;
}

static int detach(struct cli *cli, const char *kind, const char *what)
{
	struct device d;
	struct dom dom;

	if (dom_lookup(cli->ctl, cli->words[0], &dom) || find(cli, dom.id, kind, what, &d) ||
	    device_detach(cli->ctl, &d, cli->opt['f']))
		return failed(cli);
	return 0;
}

int cmd_block_detach(struct cli *cli)
{
	return detach(cli, "vbd", "dev");
}

int cmd_network_detach(struct cli *cli)
{
	return detach(cli, "vif", "mac");
}

static json_t *read_json(struct cli *cli, const struct device *d, bool frontend, const char *what)
{
	char *text = device_read(cli->ctl, d, frontend, what);
	json_t *value = text && *text ? text_json(text) : json_null();

	free(text);
	return value;
}

static json_t *state_json(struct cli *cli, const struct device *d)
{
	char *text = device_read(cli->ctl, d, false, "state");
	json_t *value = text ? json_integer(atoi(text)) : json_null();

	free(text);
	return value;
}

static int list(struct cli *cli, const char *kind, json_t *(*row)(struct cli *cli, const struct device *d),
		const struct column *columns, size_t column_count)
{
	json_t *rows = json_array();
	struct device *all;
	struct dom *doms;
	int count = chosen_domains(cli, &doms), n = count < 0 ? count : 0;

	for (int i = 0; i < count && n >= 0; i++) {
		n = device_list(cli->ctl, doms[i].id, kind, &all);
		for (int j = 0; j < n; j++)
			json_array_append_new(rows, row(cli, &all[j]));
		if (n >= 0)
			free(all);
	}
	if (count >= 0)
		free(doms);
	if (n >= 0)
		return show_table(cli, rows, columns, column_count);
	json_decref(rows);
	return failed(cli);
}

static json_t *disk_row(struct cli *cli, const struct device *d)
{
	return json_pack("{si so si so so so so so}", "vdev", d->number, "name", read_json(cli, d, false, "dev"),
			 "backend", d->backend, "domid", json_integer(d->id), "state", state_json(cli, d), "mode",
			 read_json(cli, d, false, "mode"), "target", read_json(cli, d, false, "target"), "params",
			 read_json(cli, d, false, "params"));
}

int cmd_block_list(struct cli *cli)
{
	static const struct column columns[] = {
		{ "vdev", "Vdev", -6, 0 }, { "backend", "BE", 4, 0 }, { "domid", "handle", 6, 0 },
		{ "state", "state", 5, 0 }, { "name", "name", -8, 0 }, { "mode", "mode", 4, 0 },
		{ "target", "target", -20, 0 },
	};

	return list(cli, "vbd", disk_row, columns, 7);
}

static json_t *card_row(struct cli *cli, const struct device *d)
{
	return json_pack("{si si so so so so so}", "idx", d->number, "backend", d->backend, "domid",
			 json_integer(d->id), "mac", read_json(cli, d, false, "mac"), "state", state_json(cli, d),
			 "bridge", read_json(cli, d, false, "bridge"), "ip", read_json(cli, d, false, "ip"));
}

int cmd_network_list(struct cli *cli)
{
	static const struct column columns[] = {
		{ "idx", "Idx", 3, 0 }, { "backend", "BE", 4, 0 }, { "mac", "MAC Addr.", -17, 0 },
		{ "domid", "handle", 6, 0 }, { "state", "state", 5, 0 }, { "bridge", "bridge", -15, 0 },
	};

	return list(cli, "vif", card_row, columns, 6);
}
