/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guide: goes from chapter to chapter, and keeps the count of what was not as expected.
 */
#include <xen/errno.h>

#include "kernel/lock.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "programs/measure.h"
#include "programs/programs.h"
#include "programs/tour/tour.h"

static unsigned int checks, failures;

const char *error_name(long code)
{
	static const struct {
		long code;
		const char *name;
	} names[] = {
		{ XEN_EPERM, "EPERM" },	  { XEN_ENOENT, "ENOENT" },
		{ XEN_ESRCH, "ESRCH" },	  { XEN_E2BIG, "E2BIG" },
		{ XEN_ENOMEM, "ENOMEM" }, { XEN_EACCES, "EACCES" },
		{ XEN_EFAULT, "EFAULT" }, { XEN_EBUSY, "EBUSY" },
		{ XEN_EEXIST, "EEXIST" }, { XEN_ENODEV, "ENODEV" },
		{ XEN_EINVAL, "EINVAL" }, { XEN_ENOSPC, "ENOSPC" },
		{ XEN_ENOSYS, "ENOSYS" }, { XEN_EOPNOTSUPP, "EOPNOTSUPP" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (-code == names[i].code)
			return names[i].name;
	return NULL;
}

static void line(const char *mark, const char *fmt, va_list ap, const char *tail)
{
	char text[200];

	vformat(text, sizeof(text), fmt, ap);
	printk("  %-5s%s%s\n", mark, text, tail);
}

static bool count(bool ok)
{
	checks++;
	failures += !ok;
	return ok;
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("", fmt, ap, "");
	va_end(ap);
}

bool expect(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(count(ok) ? "ok" : "FAIL", fmt, ap, "");
	va_end(ap);
	return ok;
}

static const char *answer_text(char *buf, size_t size, long got)
{
	const char *name = got < 0 ? error_name(got) : NULL;

	if (name)
		format(buf, size, " -> -%s", name);
	else
		format(buf, size, " -> %ld", got);
	return buf;
}

bool expect_code(long got, long want, const char *fmt, ...)
{
	char text[40];
	va_list ap;

	va_start(ap, fmt);
	line(count(got == want) ? "ok" : "FAIL", fmt, ap, answer_text(text, sizeof(text), got));
	va_end(ap);
	if (got != want)
		say("     expected%s", answer_text(text, sizeof(text), want));
	return got == want;
}

bool expect_refused(long got, const char *fmt, ...)
{
	char text[40];
	va_list ap;

	va_start(ap, fmt);
	line(count(got < 0) ? "ok" : "FAIL", fmt, ap, answer_text(text, sizeof(text), got));
	va_end(ap);
	return got < 0;
}

bool expect_trap(int vector, void (*fn)(void *arg), void *arg, const char *what)
{
	struct trap_report r;

	trap_try(&r, fn, arg);
	if (vector == TRAP_PF)
		return expect(r.vector == vector, "%s -> trap %d, error %lu, address %lx", what,
			      r.vector, r.error, r.address);
	return expect(r.vector == vector, "%s -> trap %d, error %lu", what, r.vector, r.error);
}

void cost(u64 thousandths, const char *what)
{
	printk("  cost %-44s %8lu.%lu %s\n", what, thousandths / 1000, thousandths % 1000 / 100,
	       measure_unit());
}

/**
 * tour_run - all chapters, then one line that says how it went
 */
void tour_run(void)
{
	const struct chapter *c;
	unsigned int n = 0;

	checks = failures = 0;
	printk("\nA tour of the %s port. Costs are in %s.\n", port_name,
	       measure_unit()[1] == 's' ? "nanoseconds" : "instructions");
	for (c = tour_chapters; c->title; c++) {
		printk("\n%u. %s\n   %s\n\n", ++n, c->title, c->about);
		c->run();
		if (!irq_enabled())
			panic("chapter %u left interrupts off", n);
	}
	printk("\n");
	if (failures)
		printk("tour: FAILED %u of %u checks in %u chapters\n", failures, checks, n);
	else
		printk("tour: %u chapters, all as expected (%u checks)\n", n, checks);
}
