/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line.
 */
#include "dev/console.h"
#include "dev/multiboot.h"
#include "fake/fake.h"
#include "tap.h"

int main(void)
{
	static char longest[4 * BOOT_CMDLINE_SIZE];
	char many[600] = "";

	cmdline_init("dom0_mem=512M,max:1G  com1=115200,8n1\tloglvl=all noreboot no-smep x2apic=off mem=0x10M "
		     "maxcpus=3 sched=credit2 loglvl=error empty= -- com2=never");
	ok(!strcmp(cmdline_get("dom0_mem"), "512M,max:1G"), "a value goes to the next space");
	ok(!strcmp(cmdline_get("com1"), "115200,8n1"), "or tab");
	ok(!strcmp(cmdline_get("loglvl"), "error"), "the later one wins");
	ok(!strcmp(cmdline_get("empty"), ""), "a value may be empty");
	ok(!cmdline_get("com2"), "after -- nothing is ours");
	ok(!cmdline_get("dom0"), "part of a name is none");
	ok(cmdline_bool("noreboot", false), "a name alone is yes");
	ok(!cmdline_bool("smep", true), "no-name is no");
	ok(!cmdline_bool("x2apic", true), "so is =off");
	ok(cmdline_bool("smap", true) && !cmdline_bool("smap", false), "else what it is by default");
	ok(cmdline_bool("loglvl", true) && !cmdline_bool("loglvl", false), "also for other values");
	is_int(cmdline_size("mem", 0), 16 << 20, "a size, in hexadecimal");
	is_int(cmdline_size("maxcpus", 0), 3 << 10, "without suffix it is KiB");
	is_int(cmdline_size("nothing", 77), 77, "or the default");
	fake_log[0] = 0;
	cmdline_report_unknown();
	ok(strstr(fake_log, "empty"), "an unknown option is reported: %s", fake_log);

	for (unsigned int i = 0; i < 290; i++)
		strcat(many, " a");
	cmdline_init(many);
	ok(true, "more options than are kept");
	memset(longest, 'x', sizeof(longest) - 1);
	cmdline_init(longest);
	ok(strlen(hv_cmdline) < BOOT_CMDLINE_SIZE, "a line that is too long is cut");
	cmdline_init("");
	ok(!strcmp(hv_cmdline, ""), "an empty line");
	return tap_done();
}
