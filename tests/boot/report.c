/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report - the guest of the boot tests: says what it was booted with, and powers off
 *
 * It knows nothing but start_info, console_io, vcpu_op is_up and sched_op shutdown, so that it runs
 * on a hypervisor that can do little else.  The lines it prints are what run.py compares.
 */
#include <guest-calls.h>

#define MAX_VCPUS 32	/* the legacy limit of shared_info */

static void say(const char *text, unsigned int len)
{
	HC(console_io, .cmd = CONSOLEIO_write, .count = len, .buffer = (void *)text);
}

static char line[2048];
static unsigned int used;

static void put(const char *text)
{
	while (*text && used < sizeof(line))
		line[used++] = *text++;
}

static void put_number(uint64_t n)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n);
	put(p);
}

static void end_line(void)
{
	put("\n");
	say(line, used);
	used = 0;
}

/* Virtual CPUs this domain has: each answers is_up, up or not; the first that is not there refuses. */
static unsigned int count_vcpus(void)
{
	unsigned int n;

	for (n = 0; n < MAX_VCPUS; n++)
		if (HC(vcpu_op, .cmd = VCPUOP_is_up, .vcpuid = n) < 0)
			break;
	return n;
}

/* The ramdisk is at a virtual address, or named by its first pseudo-physical frame; here base 0 makes both one. */
static const char *initrd_of(const start_info_t *si)
{
	return (const char *)(si->flags & SIF_MOD_START_PFN ? si->mod_start << 12 : si->mod_start);
}

static void report(const start_info_t *si)
{
	char text[2] = "";

	put("report: magic ");
	put(si->magic);
	end_line();
	put("report: pages ");
	put_number(si->nr_pages);
	end_line();
	put("report: vcpus ");
	put_number(count_vcpus());
	end_line();
	put("report: arguments [");
	put((const char *)si->cmd_line);
	put("]");
	end_line();
	put("report: initrd ");
	put_number(si->mod_len);
	put(" [");
	for (uint64_t i = 0; i < si->mod_len && i < 16; i++) {
		text[0] = initrd_of(si)[i];
		put(text);
	}
	put("]");
	end_line();
}

/* The argument "stay" keeps the guest running, for tests of how a run is ended from outside. */
static int is_to_stay(const char *args)
{
	return args[0] == 's' && args[1] == 't' && args[2] == 'a' && args[3] == 'y';
}

void report_main(const start_info_t *si)
{
	struct sched_shutdown end = { .reason = SHUTDOWN_poweroff };

	report(si);
	if (is_to_stay((const char *)si->cmd_line))
		for (;;)
			HC(sched_op, .cmd = SCHEDOP_yield);
	HC(sched_op, .cmd = SCHEDOP_shutdown, .arg = &end);
	for (;;)
		;
}

/* RSI = start_info; the stack is the boot stack that the domain builder made. */
__asm__(".globl _start\n"
	"_start:	cld\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsi, %rdi\n"
	"	call report_main\n");

/* Notes: loaded and entered 1:1, so a virtual address is a pseudo-physical one. */
#define STR_(x) #x
#define STR(x) STR_(x)
#define NOTE(type, kind, value)					\
	__asm__(".pushsection .note.Xen, \"a\", @note\n"	\
		"	.balign 4\n"				\
		"	.long 4, 2f - 1f, " STR(type) "\n"		\
		"	.asciz \"Xen\"\n"			\
		"1:	" kind " " value "\n"			\
		"2:	.balign 4\n"				\
		".popsection\n")

NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz", "\"report\"");
NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz", "\"xen-3.0\"");
NOTE(XEN_ELFNOTE_LOADER, ".asciz", "\"generic\"");
NOTE(XEN_ELFNOTE_VIRT_BASE, ".quad", "0");
NOTE(XEN_ELFNOTE_PADDR_OFFSET, ".quad", "0");
NOTE(XEN_ELFNOTE_ENTRY, ".quad", "_start");
