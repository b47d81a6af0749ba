/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user image: a few small jobs, told which by the kernel.  It knows nothing of ports.
 */
#include "kernel/layout.h"
#include "kernel/syscall.h"
#include "kernel/types.h"

static long sys(long nr, u64 a, u64 b)
{
	__asm__ volatile("syscall" : "+a"(nr), "+D"(a), "+S"(b) : : "rcx", "r11", "rdx", "memory");
	return nr;
}

static long hello(void)
{
	static const char text[] = "       | hello from user mode\n";

	sys(SYS_write, (u64)text, sizeof(text) - 1);
	return 42;
}

/* Time for n calls; a first one so that nothing is cold. */
static long repeat(long nr, u64 n)
{
	u64 t0;

	sys(nr, 0, 0);
	t0 = sys(SYS_time, 0, 0);
	while (n--)
		sys(nr, 0, 0);
	return sys(SYS_time, 0, 0) - t0;
}

static long touch(u64 pages)
{
	volatile u8 *p = (volatile u8 *)USER_HEAP;
	u64 t0, i;

	p[0] = 1; /* so that the tables are there */
	t0 = sys(SYS_time, 0, 0);
	for (i = 1; i <= pages; i++)
		p[i * PAGE_SIZE] = 1;
	return sys(SYS_time, 0, 0) - t0;
}

static long spin(u64 end)
{
	long n = 0;

	while ((u64)sys(SYS_time, 0, 0) < end)
		n++;
	return n;
}

long user_main(enum user_job job, u64 arg)
{
	switch (job) {
	case USER_HELLO: return hello();
	case USER_NULL: return repeat(SYS_null, arg);
	case USER_TOUCH: return touch(arg);
	case USER_YIELD: return repeat(SYS_yield, arg);
	case USER_SPIN: return spin(arg);
	case USER_READ: return *(volatile u8 *)arg;
	case USER_WRITE: *(volatile u8 *)arg = 1; return 0;
	case USER_JUMP: ((void (*)(void))arg)(); return 0;
	case USER_HLT: __asm__ volatile("hlt"); return 0;
	case USER_BREAK: __asm__ volatile("int3"); return 0;
	case USER_CALL: return sys(arg, 0, 0);
	case USER_EXIT: return arg;
	}
	return -1;
}
