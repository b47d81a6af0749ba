/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode: one program, what it may and what it may not.
 */
#include "kernel/layout.h"
#include "kernel/process.h"
#include "kernel/trap.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

static void expect_killed(enum user_job job, u64 arg, int vector, const char *what)
{
	long r = process_run(job, arg);

	expect(r == PROCESS_KILLED(vector), "user program: %s -> killed by trap %ld", what,
	       -1000 - r);
}

void user_common(void)
{
	expect_code(process_run(USER_HELLO, 0), 42,
		    "a program that writes a line and ends with 42");
	expect_code(process_run(USER_CALL, 99), -38, "its system call 99, which we do not have");
	expect_killed(USER_HLT, 0, TRAP_GP, "hlt");
	expect_killed(USER_READ, KERNEL_IMAGE, TRAP_PF, "reads the kernel");
	expect_killed(USER_READ, 0, TRAP_PF, "reads address 0");
	expect_killed(USER_WRITE, USER_IMAGE, TRAP_PF, "writes its own code");
	expect_killed(USER_JUMP, USER_HEAP, TRAP_PF, "runs its heap, which is not executable");
	expect_killed(USER_BREAK, 0, TRAP_BP, "int3");
	cost(measure_syscall(), "a system call that does nothing");
	cost(measure_user_fault(), "a page fault, and a page of zeros for it");
	cost(measure_user_switch(), "yield to another user program");
	cost(measure_process(), "a whole program: made, run, freed");
}
