/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From lines to commands.
 */
#include "programs/shell/shell.h"
#include "kernel/errno.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "net/net-programs.h"
#include "port/port.h"
#include "programs/programs.h"

#define LINE_MAX 1024
#define WORDS	 32
#define PROMPT	 "pv-guest> "

static int help_main(int argc, char **argv);
static int echo_main(int argc, char **argv);

/* clang-format off */
const struct command commands[] = {
	{ "help", "[COMMAND]", "what commands there are", help_main, 0, 1 },
	{ "ls", "[PATH]", "the names in a directory", ls_main, 0, 1 },
	{ "cat", "FILE", "print a file", cat_main, 1, 1 },
	{ "sum", "FILE...", "SHA-256 of files, as sha256sum prints it", sum_main, 1, -1 },
	{ "write", "FILE TEXT...", "a file of one line, in the place of what was there", write_main, 2, -1 },
	{ "append", "FILE TEXT...", "a line at the end of a file", append_main, 2, -1 },
	{ "fill", "FILE BYTES [SEED]", "a file of so many (K, M) arbitrary bytes", fill_main, 2, 3 },
	{ "rm", "PATH...", "remove files and empty directories", rm_main, 1, -1 },
	{ "mv", "FROM TO", "another name, on the same disk", mv_main, 2, 2 },
	{ "mkdir", "PATH", "a new directory", mkdir_main, 1, 1 },
	{ "mount", "[DEVICE PLACE]", "what is mounted; or show a disk's files at / or /NAME", mount_main, 0, 2 },
	{ "umount", "PLACE [force]", "sync, let go of the disk; force: even where that fails", umount_main, 1, 2 },
	{ "sync", "", "have all that was written on the disks", sync_main, 0, 0 },
	{ "disks", "", "the block devices", disks_main, 0, 0 },
	{ "mem", "", "memory: all, free", mem_main, 0, 0 },
	{ "ps", "", "threads: CPU, state, how often they ran", ps_main, 0, 0 },
	{ "events", "", "event channels: what each is bound to, how often it came", events_main, 0, 0 },
	{ "grants", "", "pages that other domains may use", grants_main, 0, 0 },
	{ "net", "", "network devices, addresses and counters", net_main, 0, 0 },
	{ "ping", "A.B.C.D [count=N]", "echo requests", ping_main, 1, -1 },
	{ "httpd", "[port=N]", "serve a page of this guest's counters, in the background", httpd_main, 0, -1 },
	{ "sink", "[port=N] [check=1]", "take what comes by TCP, in the background", sink_main, 0, -1 },
	{ "source", "[target=A.B.C.D] [port=N] [bytes=N]", "give bytes by TCP", source_main, 0, -1 },
	{ "fetch", "A.B.C.D [path=/]", "print what an HTTP server answers", fetch_main, 1, -1 },
	{ "bench", "", "the cost of operations of this kernel", bench_main, 0, 0 },
	{ "echo", "TEXT...", "print words", echo_main, 0, -1 },
	{ "sleep", "SECONDS", "wait", sleep_main, 1, 1 },
	{ "poweroff", "[force]", "sync, end; force: even where that fails", poweroff_main, 0, 1 },
	{ 0 },
};
/* clang-format on */

static const struct command *command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int help_main(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(argv[1]) : commands;

	if (!c) {
		printk("help: no command %s\n", argv[1]);
		return 1;
	}
	do
		printk("  %s %-*s %s\n", c->name, 42 - (int)strlen(c->name), c->usage, c->about);
	while (argc < 2 && (++c)->name);
	return 0;
}

static int echo_main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		printk("%s%s", argv[i], i + 1 < argc ? " " : "");
	printk("\n");
	return 0;
}

int shell_fail(const char *name, const char *what, long rc)
{
	static const struct {
		int error;
		const char *words;
	} known[] = {
		{ ENOENT, "no such file or directory" },
		{ EIO, "the disk fails or contradicts itself" },
		{ ENXIO, "no such device" },
		{ ENODEV, "no such device; see disks" },
		{ ENOMEM, "not enough memory" },
		{ EBUSY, "in use" },
		{ EEXIST, "is there already" },
		{ EXDEV, "on another disk" },
		{ ENOTDIR, "not a directory" },
		{ EISDIR, "a directory" },
		{ EINVAL, "not possible here" },
		{ ENFILE, "too many are open" },
		{ ENOSPC, "the disk is full" },
		{ EROFS, "can only be read" },
		{ ENOTEMPTY, "not empty" },
		{ ENAMETOOLONG, "the name is too long" },
		{ EOPNOTSUPP, "not supported" },
		{ ENOSYS, "this kernel was built without files" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && known[i].error != -rc; i++)
		;
	if (i < ARRAY_SIZE(known))
		printk("%s: %s: %s\n", name, what, known[i].words);
	else
		printk("%s: %s: error %ld\n", name, what, rc);
	return 1;
}

bool shell_number(const char *p, u64 *value)
{
	const char *start = p;

	for (*value = 0; *p >= '0' && *p <= '9' && *value < UINT32_MAX; p++)
		*value = *value * 10 + *p - '0';
	if (p > start && (*p == 'K' || *p == 'M'))
		*value <<= *p++ == 'K' ? 10 : 20;
	return p > start && !*p;
}

static void run_words(int argc, char **argv)
{
	const struct command *c = command_find(argv[0]);

	if (!c)
		printk("%s: no such command; help lists them\n", argv[0]);
	else if (argc - 1 < c->args_min || (c->args_max >= 0 && argc - 1 > c->args_max))
		printk("usage: %s %s\n", c->name, c->usage);
	else
		c->run(argc, argv);
}

/* Take a line apart; words in "quotes" keep their blanks. */
static void run_command(char *p)
{
	char *argv[WORDS + 1];
	int argc = 0;

	while (argc < WORDS) {
		char end = ' ';

		while (*p == ' ')
			p++;
		if (*p == '"')
			end = *p++;
		if (!*p)
			break;
		argv[argc++] = p;
		while (*p && *p != end)
			p++;
		if (*p)
			*p++ = 0;
	}
	argv[argc] = NULL;
	if (argc)
		run_words(argc, argv);
}

/* Commands with semicolons between them; echo: nobody has typed them, so show what is run. */
static void run_line(char *p, bool echo)
{
	char *command, end;
	bool quoted = false;

	do {
		for (command = p; *p && (quoted || *p != ';'); p++)
			quoted ^= *p == '"';
		end = *p;
		*p++ = 0;
		if (echo)
			printk(PROMPT "%s\n", command);
		run_command(command);
	} while (end);
}

/* What the command line says behind script=, to its end. */
static const char *find_script(void)
{
	const char *p = port_cmdline();

	for (; *p; p++)
		if (!strncmp(p, "script=", 7) && (p == port_cmdline() || p[-1] == ' '))
			return p + 7;
	return NULL;
}

/**
 * shell_run - the script, then the console; ends with the machine, by poweroff
 */
void shell_run(void)
{
	static char line[LINE_MAX];
	const char *script = find_script();

	port_devices_start();
	if (script) {
		format(line, sizeof(line), "%s", script);
		run_line(line, true);
	}
	printk("help lists the commands\n");
	for (;;)
		if (shell_line(PROMPT, line, sizeof(line)))
			run_line(line, false);
}
