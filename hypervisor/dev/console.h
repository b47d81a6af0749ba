/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: log ring and serial line.  Lines of the hypervisor begin "(bonsai) ".
 */
#ifndef HV_DEV_CONSOLE_H
#define HV_DEV_CONSOLE_H

#include "lib/string.h"
#include "lib/types.h"

enum loglevel { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* One line, without the final newline; the prefix is added.  Locks: LOCK_CONSOLE. irq- and NMI-safe. */
void log_line(enum loglevel level, const char *fmt, ...) __printf(2, 3);
#define log_err(...)	log_line(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_line(LOG_DEBUG, __VA_ARGS__)

/* Bytes of a guest (console_io write by dom0: raw; others by line with "(dN) "). */
void console_write_raw(const char *s, size_t n);
extern bool console_guests;			/* guest_loglvl lets the others' through */
/* Input for dom0's console_io read: bytes taken (0: none). */
size_t console_read(char *buf, size_t n);

/* SOFTIRQ_CONSOLE: hand what was typed to dom0, or run the keys' functions; VIRQ_CON_RING for what was said. */
void console_softirq(void);
/* Copy from the log ring: n bytes at most from *pos on, which moves; for the console log's readers. */
size_t log_ring_read(u64 *pos, char *buf, size_t n);
u64 log_ring_start(void);			/* where the oldest byte is that was not cleared */
void log_ring_clear(u64 pos);			/* what is before pos is not to be read again from there */

/* Steps of the boot: the serial line works from the first on; options; interrupts for input. */
void console_init(void);
void console_set_levels(void);
void console_start_input(void);
void console_panic(void);			/* whatever held the lock is never coming back */

/* "cannot start: reason" on the console, then stop for good (halt). */
void boot_fail(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Machine control (dev/ or cpu/): */
void machine_halt(void) __noreturn;
void machine_reboot(void) __noreturn;
void machine_power_off(void) __noreturn;

/* Command line (dev/cmdline.c): "name=value" or "name"/"no-name".  NULL when not given. */
const char *cmdline_get(const char *name);
bool cmdline_bool(const char *name, bool def);
u64 cmdline_size(const char *name, u64 def);		/* 64M, 1G, ... */
u64 cmdline_uint(const char *name, u64 def);		/* decimal, or 0x... */
u64 parse_number(const char **s);			/* the same, and goes past it */
u64 parse_size(const char **s);
void cmdline_init(const char *text);			/* keeps a copy */
void cmdline_report_unknown(void);
extern const char *hv_cmdline;				/* as given, for XENVER_commandline */

/* Keys: rooms register what they show. */
void console_key_register(char key, const char *what, void (*fn)(void));
void console_key(char key);			/* run what is registered; also for sysctl */
void keys_init(void);				/* those that belong to no room */

#endif
