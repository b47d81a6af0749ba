/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traps - exceptions of the guest kernel reach its own handlers
 *
 * Right: each vector once, with the RIP that the processor defines (faults: the instruction;
 * traps: the next), the right error code, CS shown with RPL 0.  A page fault tells its address in
 * vcpu_info and shows a kernel's access as a supervisor's.  ABI: set_trap_table in xen.h; SDM
 * volume 3, chapter 6.
 */
#include "guest.h"

static const struct cpu *cpu;

static void faults(void)
{
	u64 zero = 0, v = 0;

	check_fault(TRY("divq %[z]", RESULT("+d"(zero)), GIVEN([z] "r"(0UL), "a"(1UL))), X_DE,
		    "divide error");
	check_fault(TRY("ud2", NO_RESULT, NOTHING), X_UD, "undefined opcode");
	check_eq(cpu->caught.cs & 0xffff, FLAT_KERNEL_CS & ~3, "CS is shown with RPL 0");
	check_eq(cpu->caught.ss, FLAT_KERNEL_SS, "SS is shown as it is");
	check_eq(cpu->caught.error, 0, "no error code");
	check_fault(TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(NONCANONICAL))),
		    X_GP, "a non-canonical address is a general protection fault");
	check_eq(cpu->caught.error, 0, "with error code 0");
	check_fault(TRY("movl %[s], %%ds", NO_RESULT, GIVEN([s] "r"(0x1230))), X_GP,
		    "a selector behind the GDT");
	check_eq(cpu->caught.error, 0x1230, "is the error code");
	check_fault(TRY("hlt", NO_RESULT, NOTHING), X_GP, "HLT is not emulated");
	check_eq(cpu->caught.error, 0, "with error code 0");
}

static void page_faults(void)
{
	u64 va = 0x0000400000001234, v = 0;

	check_fault(TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(va))), X_PF,
		    "read of nothing");
	check_eq(cpu->caught.error, 0, "error code: read, not present, supervisor");
	check_eq(cpu->cr2, va, "vcpu_info has the address");
	check_fault(TRY("movq %%rax, (%[p])", NO_RESULT, GIVEN([p] "r"(va + 8))), X_PF,
		    "write to nothing");
	check_eq(cpu->caught.error, 2, "error code: write");
	check_eq(cpu->cr2, va + 8, "the address");
	check_fault(TRY("movb $1, (%[p])", NO_RESULT, GIVEN([p] "r"(start_info->pt_base + 5))),
		    X_PF, "write to read-only memory");
	check_eq(cpu->caught.error, 3, "error code: write, present");
	check_eq(cpu->cr2, start_info->pt_base + 5, "the address");
	TRY("jmp *%[p]", NO_RESULT, GIVEN([p] "r"(va)));
	check_eq(cpu->caught.vector, X_PF, "a jump to nothing");
	check_eq(cpu->caught.error & ~0x10, 0, "error code: fetch, not present");
	check_eq(cpu->caught.rip, va, "RIP is the target");
}

static void traps(void)
{
	TRY("int3", NO_RESULT, NOTHING);
	check_eq(cpu->caught.vector, X_BP, "breakpoint");
	check_eq(cpu->caught.rip, cpu->try_rip + 1, "RIP is behind INT3");
	TRY("int $0x80", NO_RESULT, NOTHING);
	check_eq(cpu->caught.vector, 0x80, "int 0x80");
	check_eq(cpu->caught.rip, cpu->try_rip + 2, "RIP is behind it");
	TRY(".byte 0xcd, 3", NO_RESULT, NOTHING);
	check_eq(cpu->caught.vector, X_BP, "INT with operand 3");
	check_eq(cpu->caught.rip, cpu->try_rip + 2, "RIP is behind it");
	TRY("int $4", NO_RESULT, NOTHING);
	check_eq(cpu->caught.vector, X_OF, "overflow");
	check_eq(cpu->caught.rip, cpu->try_rip + 2, "RIP is behind INT 4");
}

void test_main(void)
{
	cpu = this_cpu();
	faults();
	page_faults();
	traps();
}
