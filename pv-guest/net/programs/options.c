/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/programs/options.h"
#include "kernel/cmdline.h"
#include "kernel/print.h"
#include "kernel/string.h"

bool option_text(int argc, char **argv, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	int i;

	for (i = 1; i < argc; i++) {
		if (!strncmp(argv[i], name, len) && argv[i][len] == '=') {
			format(buf, size, "%s", argv[i] + len + 1);
			return true;
		}
	}
	return cmdline_get(name, buf, size);
}

u64 option_number(int argc, char **argv, const char *name, u64 otherwise)
{
	char buf[24], *p = buf;
	u64 v = 0;

	if (!option_text(argc, argv, name, buf, sizeof(buf)))
		return otherwise;
	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + *p - '0';
	if (p > buf && *p == 'K')
		v <<= 10, p++;
	else if (p > buf && *p == 'M')
		v <<= 20, p++;
	return p > buf && !*p ? v : otherwise;
}

bool option_target(int argc, char **argv, char *buf, size_t size)
{
	const char *p;

	if (argc > 1) {
		for (p = argv[1]; *p && *p != '='; p++)
			;
		if (!*p) {
			format(buf, size, "%s", argv[1]);
			return true;
		}
	}
	return option_text(argc, argv, "target", buf, size);
}
