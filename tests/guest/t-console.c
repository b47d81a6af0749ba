/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console - console_io
 *
 * Right: write takes any number of bytes and answers 0; a line written in pieces comes out whole;
 * reading with nothing there gives 0 bytes; buffers out of reach are -EFAULT; unknown commands
 * -ENOSYS; control characters do not break anything.  ABI: CONSOLEIO_* in xen.h.
 *
 * Boot: --expect "pieces of one line" --expect "the end of 3000 bytes"
 */
#include "guest.h"

static char big[3000];

static long write(const void *p, u32 n)
{
	return HC(console_io, .cmd = CONSOLEIO_write, .count = n, .buffer = (void *)p);
}

void test_main(void)
{
	char c;

	write("# pieces ", 9);
	write("of one ", 7);
	check_eq(write("line\n", 5), 0, "a line in pieces");
	memset(big, '.', sizeof(big));
	for (int i = 0; i < 30; i++)
		memcpy(big + 100 * i, "\n#", 2);
	big[sizeof(big) - 1] = '\n';
	memcpy(big + sizeof(big) - 26, "\n# the end of 3000 bytes\n", 25);
	check_eq(write(big, sizeof(big)), 0, "3000 bytes");
	check_eq(write(big, 0), 0, "nothing");
	check_eq(HC(console_io, .cmd = CONSOLEIO_read, .count = 1, .buffer = &c), 0,
		 "nothing to read");
	check_eq(write((void *)UNMAPPED, 10), -XEN_EFAULT, "bytes out of reach");
	check_eq(write((void *)HYPERVISOR_VA, 10), -XEN_EFAULT, "the hypervisor's bytes");
	check_eq(write((void *)NONCANONICAL, 10), -XEN_EFAULT, "no address");
	check_eq(HC(console_io, .cmd = 2, .count = 1, .buffer = &c), -XEN_ENOSYS, "command 2");
	check_eq(write("# \1\2\x1b[0m\n", 9), 0, "control characters");
}
