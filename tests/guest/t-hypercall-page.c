/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall-page - calls through the page that the hypervisor fills
 *
 * Right: the page named by the note has a slot of 32 bytes per call; calling slot n is hypercall
 * n: same result as SYSCALL, all registers but RAX, RCX and R11 kept.  The slot of iret has its
 * own form: it is jumped to with the frame from RFLAGS' neighbour on (the page pushes RAX, R11,
 * RCX).  ABI: XEN_ELFNOTE_HYPERCALL_PAGE in elfnote.h, struct iret_context in xen-x86_64.h.
 */
#define HC_VIA_PAGE hypercall_page
extern char hypercall_page[];
#include "guest.h"

/*
 * The frame that iret's slot wants: flags, rip, cs, rflags, rsp, ss; RAX, RCX and R11 in
 * registers.
 */
static u64 iret_by_slot(void)
{
	u64 rax = 0x1111, rcx = 0x2222, r11 = 0x3333, sum;

	__asm__ volatile("movq %%rsp, %%r8\n\t"
			 "pushq %[ss]\n\t"
			 "pushq %%r8\n\t"
			 "pushfq\n\t"
			 "pushq %[cs]\n\t"
			 "pushq $1f\n\t"
			 "pushq $0\n\t"
			 "movq %[r11], %%r11\n\t"
			 "jmp *%[slot]\n"
			 "1:\tleaq (%%rax, %%rcx), %[sum]\n\t"
			 "addq %%r11, %[sum]"
			 : [sum] "=r"(sum), "+a"(rax), "+c"(rcx)
			 : [ss] "i"(FLAT_KERNEL_SS), [cs] "i"(FLAT_KERNEL_CS & ~3), [r11] "r"(r11),
			   [slot] "r"(hypercall_page + HC_iret * 32)
			 : "r8", "r11", "memory", "cc");
	return sum;
}

void test_main(void)
{
	u64 r12 = 12, r13 = 13, r9 = 9, rbx = 0xb;
	long version, direct = __HYPERVISOR_xen_version;

	version = HC(xen_version, .cmd = XENVER_version);
	__asm__ volatile("syscall"
			 : "+a"(direct)
			 : "D"(XENVER_version), "S"(0)
			 : "rcx", "r11", "memory");
	check_eq(version, direct, "slot 17 is xen_version: 0x%lx", version);
	check(version >= 0x40000, "and it is the answer");
	check_eq(hypercall_regs(63, (u64[6]){ 0 }), -XEN_ENOSYS, "slot 63 is no call");
	version = __HYPERVISOR_xen_version;
	__asm__ volatile("movq %[r9v], %%r9\n\tcall *%[slot]\n\tmovq %%r9, %[r9v]"
			 : [r9v] "+r"(r9), "+a"(version), "+b"(rbx), "+r"(r12), "+r"(r13)
			 : [slot] "r"(hypercall_page + __HYPERVISOR_xen_version * 32), "D"(0UL),
			   "S"(0UL)
			 : "rcx", "r11", "r9", "memory");
	check(r9 == 9 && rbx == 0xb && r12 == 12 && r13 == 13, "other registers are kept");
	check_eq(iret_by_slot(), 0x6666,
		 "iret's slot loads RAX, RCX and R11 from the frame it makes");
}
