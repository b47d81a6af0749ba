/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret-multicall - an iret among the calls of a multicall
 *
 * Right: what comes before it is done and answered, the iret takes the vCPU to user mode with the RAX
 * of its frame, and nothing behind it is done: it would be done for user mode (XSA-213).  Calls of the
 * kernel are as ever afterwards.  ABI: multicall_entry in xen.h.
 */
#include "guest.h"

#define ANSWER 0x12345678

/*
 * As user_enter() of the runtime, which user_leave() returns from: but by a multicall, with the frame
 * of the iret as the stack.
 */
void multicall_enter(multicall_entry_t *calls, u64 n, struct iret_context *frame, u64 *sp);
__asm__(".text\n"
	"multicall_enter:\n\t"
	"pushq %rbx\n\t"
	"pushq %rbp\n\t"
	"pushq %r12\n\t"
	"pushq %r13\n\t"
	"pushq %r14\n\t"
	"pushq %r15\n\t"
	"movq %rsp, (%rcx)\n\t"
	"movq %rdx, %rsp\n\t"
	"movl $13, %eax\n\t"
	"syscall\n\t"
	"ud2");

USER_TEXT static void user_back(void)
{
	__asm__ volatile("int $0x80");
}

void test_main(void)
{
	static struct iret_context frame = { .rax = ANSWER, .rflags = 0x202, .cs = USER_CS, .ss = USER_SS };
	static multicall_entry_t calls[3] = { { .op = HC_xen_version }, { .op = HC_iret }, { .op = HC_xen_version } };
	const struct cpu *c = this_cpu();
	long version = HC(xen_version, .cmd = XENVER_version);

	user_init();
	frame.rip = user_address(user_back);
	frame.rsp = USER_STACK - 16;
	for (int turn = 0; turn < 2; turn++) {
		calls[0].result = calls[1].result = calls[2].result = 77;
		multicall_enter(calls, 3, &frame, &this_cpu()->user_sp);
		LIVE(this_vcpu_info()->evtchn_upcall_mask) = 1;
		check_eq(LIVE(c->user.vector), 0x80, "user mode was reached");
		check_eq(c->user.rip, frame.rip + 2, "where the frame said");
		check_eq(c->user.rax, ANSWER, "with the RAX of the frame");
		check_eq(LIVE(calls[0].result), version, "the call before is answered");
		check_eq(LIVE(calls[2].result), 77, "the call behind is not made");
	}
	calls[1].op = HC_xen_version;
	check_eq(HC(multicall, .calls = calls, .count = 3), 0, "a multicall of the kernel");
	check_eq(LIVE(calls[2].result), version, "is made to its end");
}
