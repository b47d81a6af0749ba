/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user programs may ask: number in rax, arguments in rdi, rsi, rdx, result in rax.  And what the
 * one user image can be told to do.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

enum syscall_number {
	SYS_null, /* () -> 0 */
	SYS_exit, /* (result) */
	SYS_write, /* (text, length) -> length */
	SYS_time, /* () -> nanoseconds since boot */
	SYS_yield, /* () */
	SYS_sleep, /* (nanoseconds) */
	SYS_unmap, /* (address, pages): they read as zeros when touched again */
};

enum user_job {
	USER_HELLO, /* prints a line, result 42 */
	USER_NULL, /* arg system calls; result: ns for all */
	USER_TOUCH, /* arg fresh pages; result: ns for all */
	USER_YIELD, /* arg yields; result: ns for all */
	USER_SPIN, /* until the time is arg; result: rounds */
	USER_READ, /* the byte at arg */
	USER_WRITE, /* to the byte at arg */
	USER_JUMP, /* to arg */
	USER_HLT, /* a privileged instruction */
	USER_BREAK, /* int3 */
	USER_CALL, /* SYSCALL with number arg */
	USER_EXIT, /* at once, result arg */
};

#endif
