/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: a ring of what was said, the serial line, and input, which goes to the initial domain or,
 * after three Ctrl-A, to us.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "dev/console.h"
#include "dev/uart.h"
#include "domain/domain.h"
#include "lib/lock.h"

#define PREFIX		"(bonsai) "
#define RING_SIZE	(32u << 10)
#define INPUT_SIZE	256u
#define LINE_MAX	320
#define CTRL_A		1
#define SWITCH_COUNT	3

static struct spinlock lock = SPINLOCK_INIT("console", LOCK_CONSOLE);
static char ring[RING_SIZE];
static u64 ring_end, ring_cleared;	/* bytes ever written; up to here they were cleared */
static bool ring_news;			/* written to since the initial domain was last told */
static bool in_line;			/* a guest's line has no end yet */
static bool panicking;

#ifdef DEBUG
static enum loglevel threshold = LOG_DEBUG;
#else
static enum loglevel threshold = LOG_INFO;
#endif
static bool uart_wanted = true;
bool console_guests = true;

/* Typed, not yet read by dom0; indices count up. */
static char input[INPUT_SIZE];
static u32 input_head, input_tail;
/* Typed while we listen, not yet acted on. */
static char keys[16];
static u32 keys_head, keys_tail;
static bool input_is_ours;
static u32 ctrl_a_seen;

/* ---- locking: an NMI may come while its own CPU holds the lock, and then goes without ------------------ */

static volatile u32 holder = ~0u;	/* CPU */
static u32 nested;			/* NMIs on top, each to its end before the holder goes on */

static u64 console_lock(void)
{
	u64 flags = irq_save();

	while (!panicking && !spin_trylock(&lock)) {
		if (holder == this_cpu()) {
			nested++;
			return flags;
		}
		cpu_relax();
	}
	holder = this_cpu();
	return flags;
}

static void console_unlock(u64 flags)
{
	if (nested) {
		nested--;
	} else {
		holder = ~0u;
		if (!panicking)
			spin_unlock(&lock);
	}
	irq_restore(flags);
}

/* ---- output --------------------------------------------------------------------------------------------- */

static void ring_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[ring_end++ % RING_SIZE] = s[i];
}

/* The serial line wants CR before LF. */
static void line_write(const char *s, size_t n)
{
	size_t start = 0;

	if (!uart_wanted)
		return;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\n')
			continue;
		uart_write(s + start, i - start);
		uart_write("\r\n", 2);
		start = i + 1;
	}
	uart_write(s + start, n - start);
}

static void say(const char *fmt, va_list ap)
{
	char text[LINE_MAX] = PREFIX;
	size_t at = sizeof(PREFIX) - 1, n;
	u64 flags;

	n = at + vsnprintf(text + at, sizeof(text) - at - 1, fmt, ap);
	n = MIN(n, sizeof(text) - 2);
	text[n++] = '\n';
	flags = console_lock();
	if (in_line)
		line_write("\n", 1);
	in_line = false;
	ring_write(text, n);
	line_write(text, n);
	ring_news = true;
	console_unlock(flags);
	/* Whoever speaks may hold locks that raising an event takes. */
	if (dom0)
		softirq_raise(SOFTIRQ_CONSOLE);
}

void log_line(enum loglevel level, const char *fmt, ...)
{
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void console_write_raw(const char *s, size_t n)
{
	u64 flags;

	if (!n)
		return;
	flags = console_lock();
	line_write(s, n);
	in_line = s[n - 1] != '\n' && s[n - 1] != '\r';
	console_unlock(flags);
}

u64 log_ring_start(void)
{
	return MAX(ring_cleared, ring_end > RING_SIZE ? ring_end - RING_SIZE : 0);
}

void log_ring_clear(u64 pos)
{
	ring_cleared = MAX(ring_cleared, MIN(pos, ring_end));
}

size_t log_ring_read(u64 *pos, char *buf, size_t n)
{
	u64 flags = console_lock();
	size_t done = 0;

	if (ring_end > RING_SIZE && *pos < ring_end - RING_SIZE)
		*pos = ring_end - RING_SIZE;
	while (done < n && *pos < ring_end)
		buf[done++] = ring[(*pos)++ % RING_SIZE];
	console_unlock(flags);
	return done;
}

void console_panic(void)
{
	panicking = true;
	uart_wanted = true;
	threshold = LOG_DEBUG;
}

void boot_fail(const char *fmt, ...)
{
	char text[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("cannot start: %s", text);
	uart_flush();
	machine_halt();
}

/* ---- set-up --------------------------------------------------------------------------------------------- */

/* console=com1 (also com2, vga, none; the first that is serial counts); com1=115200,8n1. */
void console_init(void)
{
	const char *where = cmdline_get("console");
	unsigned int n = where && strstr(where, "com2") ? 2 : 1;

	if (where && !strstr(where, "com"))
		uart_wanted = false;
	uart_init(n, cmdline_get(n == 2 ? "com2" : "com1"));
}

/* NAME=level or lower/upper as in stock Xen, where the lower one is what is printed in any case. */
static enum loglevel level_of(const char *option, enum loglevel level)
{
	static const struct { const char *name; enum loglevel level; } names[] = {
		{ "none", LOG_ERR }, { "error", LOG_ERR }, { "warning", LOG_WARN },
		{ "info", LOG_INFO }, { "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
	};
	const char *s = cmdline_get(option);

	for (u32 i = 0; s && i < ARRAY_SIZE(names); i++)
		if (!strncmp(s, names[i].name, strlen(names[i].name)))
			return names[i].level;
	return level;
}

void console_set_levels(void)
{
	threshold = level_of("loglvl", threshold);
	console_guests = level_of("guest_loglvl", LOG_INFO) >= LOG_INFO;
}

/* ---- input ----------------------------------------------------------------------------------------------- */

static void report_input(void)
{
	log_info("input goes to %s (three Ctrl-A switch)", input_is_ours ? "the hypervisor ('h' helps)" :
		 "the initial domain");
}

/* One byte from the line; true when the input's owner has changed. */
static bool take_byte(char c)
{
	if (c == CTRL_A && ++ctrl_a_seen == SWITCH_COUNT) {
		ctrl_a_seen = 0;
		input_is_ours = !input_is_ours;
		return true;
	}
	if (c == CTRL_A)
		return false;
	/* One or two Ctrl-A were meant for the reader. */
	for (; ctrl_a_seen; ctrl_a_seen--)
		if (!input_is_ours && input_head - input_tail < INPUT_SIZE)
			input[input_head++ % INPUT_SIZE] = CTRL_A;
	if (input_is_ours) {
		if (keys_head - keys_tail < sizeof(keys))
			keys[keys_head++ % sizeof(keys)] = c;
	} else if (input_head - input_tail < INPUT_SIZE) {
		input[input_head++ % INPUT_SIZE] = c;
	}
	return false;
}

static void uart_interrupt(void *arg)
{
	bool switched = false;
	u64 flags = console_lock();
	int c;

	(void)arg;
	while ((c = uart_read()) >= 0)
		switched |= take_byte(c);
	console_unlock(flags);
	if (switched)
		report_input();
	softirq_raise(SOFTIRQ_CONSOLE);
}

/* SOFTIRQ_CONSOLE: what keys print is news for the next time. */
void console_softirq(void)
{
	u64 flags = console_lock();
	bool for_dom0 = input_head != input_tail, news = ring_news;

	ring_news = false;
	while (keys_tail != keys_head) {
		char key = keys[keys_tail++ % sizeof(keys)];

		console_unlock(flags);
		console_key(key);
		flags = console_lock();
	}
	console_unlock(flags);
	if (for_dom0 && dom0)
		virq_raise_global(dom0, VIRQ_CONSOLE);
	if (news && dom0)
		virq_raise_global(dom0, VIRQ_CON_RING);
}

size_t console_read(char *buf, size_t n)
{
	u64 flags = console_lock();
	size_t done = 0;

	while (done < n && input_tail != input_head)
		buf[done++] = input[input_tail++ % INPUT_SIZE];
	console_unlock(flags);
	return done;
}

void __init console_start_input(void)
{
	int vector = irq_alloc_vector(uart_interrupt, NULL, true);
	bool level, low;
	u32 gsi;

	if (!uart_irq() || vector < 0)
		return;
	gsi = ioapic_isa_gsi(uart_irq(), &level, &low);
	if (ioapic_route(gsi, vector, 0, level, low))
		return;
	ioapic_mask(gsi, false);
	uart_enable_input();
}
