// SPDX-License-Identifier: GPL-2.0-only
/* top: what domains use, over and over; drawn on the terminal, or printed. */

#include "cli.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct column columns[] = {
	{ "name", "NAME", -16, 0 }, { "domid", "ID", 5, 0 }, { "state", "STATE", 6, 0 }, { "seconds", "CPU(sec)", 9, 1 },
	{ "cpu_percent", "CPU(%)", 7, 1 }, { "memory_kib", "MEM(k)", 10, 0 }, { "memory_percent", "MEM(%)", 6, 1 },
	{ "max_memory_kib", "MAXMEM(k)", 10, 0 }, { "vcpus", "VCPUS", 5, 0 }, { "nets", "NETS", 4, 0 },
	{ "net_tx_kib", "NETTX(k)", 9, 0 }, { "net_rx_kib", "NETRX(k)", 9, 0 }, { "vbds", "VBDS", 4, 0 },
	{ "vbd_reads", "VBD_RD", 8, 0 }, { "vbd_writes", "VBD_WR", 8, 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The last round: what a domain had used by then. */
struct watch {
	struct { uint32_t id; uint64_t ns; } *before;
	int count;
	double at;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A number in sysfs; 0 if it is not there. */
static uint64_t sys_number(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long n = 0;

	if (f) {
		if (fscanf(f, "%llu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* The sum of one count over all the domain's devices of a kind; @form has its number and the device's. */
__attribute__((format(printf, 3, 0))) static uint64_t sum(const struct device *all, int count, const char *form)
{
	uint64_t n = 0;
	char path[128];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), form, all[i].id, all[i].number);
		n += sys_number(path);
	}
	return n;
}

static void add(json_t *row, const char *key, uint64_t n)
{
	json_object_set_new(row, key, json_integer(n));
}

static void add_devices(struct cli *cli, json_t *row, uint32_t id)
{
	struct device *all;
	int count = device_list(cli->ctl, id, "vif", &all);

	/* What the backend receives the guest has sent. */
	add(row, "nets", count > 0 ? count : 0);
	add(row, "net_tx_kib", sum(all, count, "/sys/class/net/vif%u.%u/statistics/rx_bytes") >> 10);
	add(row, "net_rx_kib", sum(all, count, "/sys/class/net/vif%u.%u/statistics/tx_bytes") >> 10);
	if (count >= 0)
		free(all);
	count = device_list(cli->ctl, id, "vbd", &all);
	add(row, "vbds", count > 0 ? count : 0);
	add(row, "vbd_reads", sum(all, count, "/sys/bus/xen-backend/devices/vbd-%u-%u/statistics/rd_req"));
	add(row, "vbd_writes", sum(all, count, "/sys/bus/xen-backend/devices/vbd-%u-%u/statistics/wr_req"));
	if (count >= 0)
		free(all);
}

static double percent_of_cpu(const struct watch *w, const struct dom *d, double seconds)
{
	for (int i = 0; i < w->count; i++)
		if (w->before[i].id == d->id && d->info.cpu_time >= w->before[i].ns && seconds > 0)
			return (d->info.cpu_time - w->before[i].ns) / 1e7 / seconds;
	return 0;
}

static json_t *row_of(struct cli *cli, const struct watch *w, const struct dom *d, double seconds, uint64_t total)
{
	char state[7];
	json_t *row;

	state_text(&d->info, state);
	row = json_pack("{so si ss sf sf sI sf si}", "name", text_json(*d->name ? d->name : "(null)"), "domid", d->id,
			"state", state, "seconds", d->info.cpu_time / 1e9, "cpu_percent",
			percent_of_cpu(w, d, seconds), "memory_kib", (json_int_t)(d->info.tot_pages << 2),
			"memory_percent", total ? 100.0 * d->info.tot_pages / total : 0, "vcpus",
			d->info.nr_online_vcpus);
	/* The initial domain mostly has no limit. */
	json_object_set_new(row, "max_memory_kib", d->info.max_pages >> 42 || d->info.max_pages == UINT32_MAX ?
			    json_null() : json_integer(d->info.max_pages << 2));
	add_devices(cli, row, d->id);
	return row;
}

static void remember(struct watch *w, const struct dom *doms, int count, double at)
{
	free(w->before);
	w->before = calloc(count + 1, sizeof(*w->before));
	if (!w->before)
		abort();
	for (int i = 0; i < count; i++) {
		w->before[i].id = doms[i].id;
		w->before[i].ns = doms[i].info.cpu_time;
	}
	w->count = count;
	w->at = at;
}

/* All domains now; NULL and a reason. */
static json_t *look(struct cli *cli, struct watch *w, struct host_info *host)
{
	double at = now();
	struct dom *doms;
	json_t *rows;
	int count = host_info(cli->ctl, host) ? -1 : dom_list(cli->ctl, &doms);

	if (count < 0)
		return NULL;
	rows = json_array();
	for (int i = 0; i < count; i++)
		json_array_append_new(rows, row_of(cli, w, &doms[i], at - w->at, host->phys.total_pages));
	remember(w, doms, count, at);
	free(doms);
	return rows;
}

/* Lines of a table, each cut to the screen. */
static void draw(const struct host_info *host, const json_t *rows)
{
	char *text, *rest = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int y = 3;

	if (!f)
		abort();
	write_table(f, rows, columns, COLUMNS);
	fclose(f);
	erase();
	mvprintw(0, 0, "bonsai top   %zu domains   %u CPUs   %.3f MHz", json_array_size(rows), host->phys.nr_cpus,
		 host->phys.cpu_khz / 1000.0);
	mvprintw(1, 0, "Mem: %lu MiB total, %lu MiB used, %lu MiB free   (q: leave)", host->phys.total_pages >> 8,
		 (host->phys.total_pages - host->phys.free_pages) >> 8, host->phys.free_pages >> 8);
	for (char *line = strtok_r(text, "\n", &rest); line && y < LINES; line = strtok_r(NULL, "\n", &rest)) {
		if (y == 3)
			attron(A_REVERSE);
		mvaddnstr(y++, 0, line, COLS);
		attroff(A_REVERSE);
	}
	refresh();
	free(text);
}

static int draw_all(struct cli *cli, unsigned long times, unsigned long seconds)
{
	struct watch w = { 0 };
	struct host_info host;
	json_t *rows = NULL;
	int key = 0;

	if (!initscr())
		return complain("this terminal cannot be drawn on; `bonsai top -b` prints");
	cbreak();
	noecho();
	curs_set(0);
	timeout(seconds * 1000);
	for (unsigned long i = 0; key != 'q' && key != 'Q' && (!times || i < times); i++) {
		rows = look(cli, &w, &host);
		if (!rows)
			break;
		draw(&host, rows);
		json_decref(rows);
		if (i + 1 != times)
			key = getch();
	}
	endwin();
	free(w.before);
	return rows ? 0 : failed(cli);
}

static int print_all(struct cli *cli, unsigned long times, unsigned long seconds)
{
	struct watch w = { 0 };
	struct host_info host;
	json_t *rows;

	for (unsigned long i = 0; !times || i < times; i++) {
		if (i)
			sleep(seconds);
		rows = look(cli, &w, &host);
		if (!rows)
			break;
		show_table(cli, rows, columns, COLUMNS);
		fflush(stdout);
		if (ferror(stdout))
			break;
		times = cli->json && !times ? 1 : times;
		if (times && i + 1 == times) {
			free(w.before);
			return 0;
		}
	}
	free(w.before);
	return ferror(stdout) ? 1 : failed(cli);
}

int cmd_top(struct cli *cli)
{
	unsigned long times = 0, seconds = 3;

	if (cli->opt['n'] && !parse_number(cli->opt['n'], 1, 1000000, &times))
		return complain("'%s' is not a number of times", cli->opt['n']);
	if (cli->opt['d'] && !parse_number(cli->opt['d'], 0, 86400, &seconds))
		return complain("'%s' is not a number of seconds", cli->opt['d']);
	if (cli->opt['b'] || cli->json || !isatty(STDOUT_FILENO))
		return print_all(cli, times, seconds);
	return draw_all(cli, times, seconds);
}
