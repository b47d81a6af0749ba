/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: name=value, name, no-name; separated by spaces; later ones win.
 */
#include "dev/console.h"
#include "dev/multiboot.h"
#include "dev/stock-options.h"

#define OPTIONS_MAX	96

static char given[BOOT_CMDLINE_SIZE];		/* as it was */
static char split[BOOT_CMDLINE_SIZE];		/* with NULs between names and values */
const char *hv_cmdline = given;

static struct option {
	const char *name, *value;		/* value NULL: none */
} options[OPTIONS_MAX];
static u32 nr_options;

static const char ours[] __initdata =
	" com1 com2 console dom0_max_vcpus dom0_mem dom0_vcpus_pin gnttab_max_frames gnttab_max_maptrack_frames hpet loglvl"
	" guest_loglvl maxcpus mem noreboot nosmp pcid placeholder ring1 sched_ratelimit_us smap smep x2apic ";

static bool is_one_of(const char *word, const char *words)
{
	size_t n = strlen(word);

	for (const char *p = words; n && (p = strstr(p, word)); p++)
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

void __init cmdline_init(const char *text)
{
	char *p;

	str_copy(given, text, sizeof(given));
	str_copy(split, text, sizeof(split));
	for (p = split; *p && nr_options < OPTIONS_MAX;) {
		struct option *o = &options[nr_options];

		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p || !strncmp(p, "-- ", 3))
			break;
		*o = (struct option){ p, NULL };
		nr_options++;
		for (; *p && *p != ' ' && *p != '\t'; p++) {
			if (*p == '=' && !o->value) {
				*p = 0;
				o->value = p + 1;
			}
		}
		if (*p)
			*p++ = 0;
	}
}

void __init cmdline_report_unknown(void)
{
	for (u32 i = 0; i < nr_options; i++) {
		const char *name = options[i].name + (strncmp(options[i].name, "no-", 3) ? 0 : 3);

		if (is_one_of(name, STOCK_OPTIONS))
			log_info("option \"%s\" changes nothing here", name);
		else if (!is_one_of(name, ours))
			log_err("unknown option \"%s\"", options[i].name);
	}
}

const char *cmdline_get(const char *name)
{
	for (u32 i = nr_options; i--;)
		if (!strcmp(options[i].name, name))
			return options[i].value ?: "";
	return NULL;
}

bool cmdline_bool(const char *name, bool def)
{
	for (u32 i = nr_options; i--;) {
		const struct option *o = &options[i];

		if (!strncmp(o->name, "no-", 3) && !strcmp(o->name + 3, name))
			return false;
		if (strcmp(o->name, name))
			continue;
		if (!o->value || is_one_of(o->value, " yes on true enable 1 "))
			return true;
		if (is_one_of(o->value, " no off false disable 0 "))
			return false;
		return def;
	}
	return def;
}

u64 parse_number(const char **s)
{
	u64 n = 0, base = 10;

	if (!strncmp(*s, "0x", 2)) {
		base = 16;
		*s += 2;
	}
	for (;; ++*s) {
		u64 c = (u8)**s, digit = c - '0';

		if (digit > 9)
			digit = (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : 99;
		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

u64 parse_size(const char **s)
{
	u64 n = parse_number(s);

	switch (*(*s)++ | 0x20) {
	case 't': return n << 40;
	case 'g': return n << 30;
	case 'm': return n << 20;
	case 'k': return n << 10;
	case 'b': return n;
	}
	--*s;
	return n << 10;				/* no suffix: KiB, as in stock Xen */
}

u64 cmdline_uint(const char *name, u64 def)
{
	const char *s = cmdline_get(name);

	return s && *s ? parse_number(&s) : def;
}

u64 cmdline_size(const char *name, u64 def)
{
	const char *s = cmdline_get(name);

	return s && *s ? parse_size(&s) : def;
}
