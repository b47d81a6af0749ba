/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * string-io - OUTS and INS, and the sizes of IN and OUT
 *
 * Right: with IOPL 1 the guest kernel reads a port that has nothing behind it as ones, in each size,
 * and by INS into memory with RDI moved on; REP counts; OUTS reads memory; memory out of reach is a
 * page fault of the guest's.  ABI: PHYSDEVOP_set_iopl in physdev.h; SDM volume 2, INS.
 */
#include "guest.h"

#define PORT 0x1230

void test_main(void)
{
	physdev_set_iopl_t op = { .iopl = 1 };
	static u8 bytes[16];
	u64 rax = 0, rdi, rcx, vec;

	rcx = 0;
	check_fault(TRY("rep outsb", RESULT("+c"(rcx)), GIVEN("d"(PORT), "S"(bytes))), NO_FAULT,
		    "IOPL 0: REP OUTSB of none does nothing");
	rcx = 1;
	check_fault(TRY("rep outsb", RESULT("+c"(rcx)), GIVEN("d"(PORT), "S"(bytes))), X_GP,
		    "of one is refused");
	check_eq(HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &op), 0, "IOPL 1");
	check_fault(TRY("inb %%dx, %%al", RESULT("+a"(rax)), GIVEN("d"(PORT))), NO_FAULT, "a byte");
	check_eq(rax, 0xff, "only AL changes");
	rax = 0x1111111111110000;
	check_fault(TRY("inw %%dx, %%ax", RESULT("+a"(rax)), GIVEN("d"(PORT))), NO_FAULT, "a word");
	check_eq(rax, 0x111111111111ffff, "only AX changes");
	check_fault(TRY("inl %%dx, %%eax", RESULT("+a"(rax)), GIVEN("d"(PORT))), NO_FAULT,
		    "four bytes");
	check_eq(rax, 0xffffffff, "EAX, and the upper half is zero");
	rdi = (u64)bytes;
	rcx = 5;
	check_fault(TRY("rep insb", RESULT("+D"(rdi), "+c"(rcx)), GIVEN("d"(PORT))), NO_FAULT,
		    "REP INSB of five");
	check(rdi == (u64)bytes + 5 && rcx == 0, "RDI and RCX have moved");
	check(bytes[0] == 0xff && bytes[4] == 0xff && bytes[5] == 0, "five bytes are there");
	rdi = (u64)bytes;
	check_fault(TRY("outsb", RESULT("+S"(rdi)), GIVEN("d"(PORT))), NO_FAULT, "OUTSB");
	check_eq(rdi, (u64)bytes + 1, "RSI has moved");
	rdi = UNMAPPED;
	check_fault(TRY("insb", RESULT("+D"(rdi)), GIVEN("d"(PORT))), X_PF, "INSB to nothing");
	check_eq(this_cpu()->cr2, UNMAPPED, "at that address");
	rdi = start_info->pt_base;
	check_fault(TRY("insb", RESULT("+D"(rdi)), GIVEN("d"(PORT))), X_PF, "INSB to a page table");
	rdi = HYPERVISOR_VA;
	vec = TRY("insb", RESULT("+D"(rdi)), GIVEN("d"(PORT)));
	check(vec == X_PF || vec == X_GP, "INSB to the hypervisor"); /* Xen says the latter */
	rdi = HYPERVISOR_VA;
	vec = TRY("outsb", RESULT("+S"(rdi)), GIVEN("d"(PORT)));
	check(vec == X_PF || vec == X_GP, "OUTSB from it");
	check_eq(rdi, HYPERVISOR_VA, "RSI has not moved");
}
