/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring1-high - a kernel that runs at ring 1, in one address space with its user mode and the hypervisor
 *
 * Right: what the ABI shows is what it shows at ring 3: frames, error codes, registers kept by hypercalls of every kind, events,
 * emulated instructions, descriptors of an LDT. User mode reads and writes neither the kernel's half, nor the M2P, nor the
 * hypervisor, whatever the entries there say.
 *
 * Boot: --smp 2 --hv-args "ring1=all dom0_max_vcpus=2" --expect-bonsai "ring 1"
 */
#include "guest.h"

#define ROUNDS 50

static u64 *root;

static unsigned int cpl(void)
{
	u16 cs, ss;

	__asm__("movw %%cs, %0; movw %%ss, %1" : "=r"(cs), "=r"(ss));
	return (cs & 3) == (ss & 3) ? cs & 3 : 99;
}

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

USER_TEXT static void user_write(void)
{
	__asm__ volatile("movq %rax, (%rdi); int $0x80; ud2");
}

USER_TEXT static void user_syscall(void)
{
	__asm__ volatile("movq $0x77, %rax; syscall; ud2");
}

/* ---- user mode ---- */

static void from_user_mode(void)
{
	int wrong = 0;
	struct regs r;

	for (int n = 0; n < ROUNDS; n++) {
		user_regs(&r, user_syscall);
		r.rflags |= 1;
		r.rbx = 0xbb;
		r.rflags &= n & 1 ? ~0x200UL : ~0UL;
		wrong += user_run(&r) != VEC_SYSCALL || r.rax != 0x77 || r.rbx != 0xbb || r.rcx != r.rip ||
			 r.r11 != (r.rflags | 0x200) || (r.rflags & 0x201) != (n & 1 ? 1 : 0x201) || r.saved_mask != (n & 1) || (r.cs & 0xffff) != USER_CS || r.ss != USER_SS ||
			 r.rsp != USER_STACK - 16 || cpl() != 1;
	}
	check_eq(wrong, 0, "system calls come as they are, and whether events were masked");
	for (int n = 0; n < ROUNDS; n++) {
		user_regs(&r, user_read);
		r.rdi = USER_DATA - 0x100000;
		r.rcx = 0xcc;
		r.r11 = 0x11;
		r.rflags &= n & 1 ? ~0x200UL : ~0UL;
		wrong += user_run(&r) != X_PF || this_cpu()->cr2 != USER_DATA - 0x100000 || r.error != 4 || r.rcx != 0xcc ||
			 r.r11 != 0x11 || r.saved_mask != (n & 1) || (r.cs & 0xffff) != USER_CS || cpl() != 1;
	}
	check_eq(wrong, 0, "page faults, too, and whether events were masked");
	user_regs(&r, user_read);
	r.rdi = NONCANONICAL;
	check_eq(user_run(&r), X_GP, "other exceptions");
	check_eq(r.cs & 3, 3, "are user mode's");
}

static void closed(u64 va, u64 error, const char *what)
{
	struct regs r;

	for (int write = 0; write < 2; write++) {
		user_regs(&r, write ? user_write : user_read);
		r.rdi = va;
		r.rax = ~0UL;
		check_eq(user_run(&r), X_PF, "user mode %s %s", write ? "writes" : "reads", what);
		check_eq(r.error & ~1UL, 4 + 2 * write, "error code: user mode's");
		check_eq(this_cpu()->cr2, va, "at that address");
		if (error)
			check_eq(r.error & 1, error & 1, "present");
	}
}

static void user_mode_is_shut_out(void)
{
	static u64 secret = 0x5ec4e7;

	closed((u64)&secret, 1, "the kernel's data, whose entry says user");
	check_eq(LIVE(secret), 0x5ec4e7, "which stays");
	closed((u64)user_data, 1, "its own page where the kernel has it");
	closed((u64)&M2P[user_root], 0, "the M2P");
	closed(0xffff82d040200000UL, 0, "the hypervisor's text");
	closed(0xffff830000000000UL, 0, "the direct map");
	check_eq(M2P[mfn_of(user_data)], pfn_of(user_data), "the kernel reads the M2P");
}

/* There is one address space: what only the kernel's root has in the lower half is user mode's, too. */
static void one_address_space(void)
{
	struct chain c;
	struct regs r;

	chain_make(&c, 7UL << 39);
	*(u64 *)c.page = 0x1234;
	check_eq(entry_set(&root[7], PTE(mfn_of(c.tables[3]), PTE_TABLE)), 0, "a slot of the kernel's root");
	user_regs(&r, user_read);
	r.rdi = 7UL << 39;
	check_eq(user_run(&r), 0x80, "is there for user mode");
	check_eq(r.rax, 0x1234, "as for the kernel");
}

/* ---- a vCPU that begins in user mode, as a restored one may ---- */

static u64 second_is_here, second_reads;

static bool on_second(struct regs *regs)
{
	if (!this_cpu()->id || (regs->cs & 3) != 3)
		return false;
	second_reads = M2P[user_root];
	LIVE(second_is_here) = cpl();
	vcpu_halt();
}

static void begin_in_user_mode(void)
{
	static vcpu_guest_context_t ctx;
	u64 end = now() + 2000000000UL;

	vcpu_context(&ctx, 1, NULL);
	ctx.flags = 0;
	ctx.ctrlreg[1] = xen_pfn_to_cr3(user_root);
	ctx.user_regs.rip = user_address(user_syscall);
	ctx.user_regs.rsp = USER_STACK - 16;
	ctx.kernel_sp = (u64)&stacks[1] + STACK_SIZE;
	ctx.syscall_callback_eip = (u64)entry_syscall;
	trap_hooks[VEC_SYSCALL] = on_second;
	check_eq(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 1, .arg = &ctx), 0, "another vCPU is to begin in user mode");
	check_eq(HC(vcpu_op, .cmd = VCPUOP_up, .vcpuid = 1), 0, "and does");
	while (!LIVE(second_is_here) && now() < end)
		;
	check_eq(LIVE(second_is_here), 1, "its kernel is at ring 1, too");
	check_eq(second_reads, M2P[user_root], "and reads the M2P");
	trap_hooks[VEC_SYSCALL] = NULL;
}

/* ---- the kernel's own exceptions ---- */

static void from_the_kernel(void)
{
	u64 *page = page_alloc(), x = 0;
	u32 lo = 0, hi = 0;

	check_fault(TRY("movq (%[va]), %[x]", RESULT([x] "=r"(x)), GIVEN([va] "r"(UNMAPPED))), X_PF, "nothing is there");
	check_eq(this_cpu()->caught.error, 0, "error code: the kernel's read");
	check_eq(this_cpu()->caught.cs & 0xffff, FLAT_KERNEL_CS & ~3, "CS as the ABI shows it");
	check_eq(this_cpu()->caught.ss & ~3UL, FLAT_KERNEL_SS & ~3, "SS, too");
	set_readonly(page);
	check_fault(TRY("movq %[x], (%[va])", NO_RESULT, GIVEN([va] "r"(page), [x] "r"(1UL))), X_PF, "a page is read-only");
	check_eq(this_cpu()->caught.error, 3, "error code: the kernel's write, present");
	check_fault(TRY("movq %[x], (%[va])", NO_RESULT, GIVEN([va] "r"(entry_of((u64)page, 1)), [x] "r"(entry_of((u64)page, 1)[0] | PTE_RW))),
		    NO_FAULT, "a store to a page table is made for it");
	page[0] = 1;
	check_eq(page[0], 1, "and holds");
	check_fault(TRY("movq %[x], (%[va])", NO_RESULT, GIVEN([va] "r"(&M2P[0]), [x] "r"(0UL))), X_PF, "the M2P is read-only");
	check_fault(TRY("rdmsr", RESULT("=a"(lo), "=d"(hi)), GIVEN("c"(0xc0000080))), NO_FAULT, "RDMSR is made for it");
	check(lo & 0x500, "EFER says long mode");
	check_fault(TRY("ud2", NO_RESULT, NOTHING), X_UD, "an undefined instruction");
	check_eq(TRY("int $0x80", NO_RESULT, NOTHING), 0x80, "a software interrupt");
	check_eq(cpl(), 1, "still at ring 1");
}

/* IRET by itself, as Linux does for its own good, and by hypercall with a selector that is no more. */
static void back_to_itself(void)
{
	u64 flags, sp, after;

	__asm__ volatile("movq %%rsp, %[sp]\n\t"
			 "movq %%ss, %%rax; pushq %%rax; pushq %[sp]; pushfq; movq %%cs, %%rax; pushq %%rax; leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax; iretq\n"
			 "1: movq %%rsp, %[after]; pushfq; popq %[flags]"
			 : [sp] "=&r"(sp), [after] "=&r"(after), [flags] "=&r"(flags)
			 :
			 : "rax", "memory");
	check_eq(after, sp, "IRET at ring 1");
	check_eq(flags & 0x3200, 0x200, "interrupts on, no IOPL");
	__asm__ volatile("movq %%rsp, %%rdx\n\t"
			 "pushq $0x18; pushq %%rdx; pushq $0x202; pushq $0x10; leaq 1f(%%rip), %%rdx; pushq %%rdx\n\t"
			 "pushq $0; pushq $0x22; pushq $0x33; pushq $0x44; movl $23, %%eax; syscall\n"
			 "1:"
			 : "=a"(flags), "=c"(sp)
			 :
			 : "rdx", "r11", "memory");
	check_eq(flags, 0x44, "the hypercall, whatever selectors of its own a kernel names");
	check_eq(sp, 0x22, "brings all registers");
	check_eq(cpl(), 1, "at ring 1");
}

/* ---- hypercalls ---- */

/* A call with a pattern in each register; whether all but RAX, RCX, R11 stay. */
static bool call(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4, long *rc)
{
	register u64 r8 __asm__("r8") = 0x88;
	register u64 r9 __asm__("r9") = 0x99;
	register u64 r10 __asm__("r10") = a4;
	register u64 r12 __asm__("r12") = 0x1212;
	register u64 r13 __asm__("r13") = 0x1313;
	register u64 r14 __asm__("r14") = 0x1414;
	register u64 r15 __asm__("r15") = 0x1515;
	u64 rdi = a1, rsi = a2, rdx = a3, rbx = 0xbb;

	__asm__ volatile("syscall"
			 : "+a"(nr), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+b"(rbx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12),
			   "+r"(r13), "+r"(r14), "+r"(r15)
			 :
			 : "rcx", "r11", "memory", "cc");
	*rc = nr;
	return rdi == a1 && rsi == a2 && rdx == a3 && rbx == 0xbb && r8 == 0x88 && r9 == 0x99 && r10 == a4 && r12 == 0x1212 &&
	       r13 == 0x1313 && r14 == 0x1414 && r15 == 0x1515 && cpl() == 1;
}

static void calls(void)
{
	u64 *page = page_alloc();
	mmu_update_t u = { .ptr = maddr_of(entry_of((u64)page, 1)), .val = PTE(mfn_of(page), PTE_DATA) };
	mmuext_op_t op = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = (u64)page };
	multicall_entry_t m = { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } };
	long rc;

	check(call(__HYPERVISOR_xen_version, XENVER_version, 0, 3, 4, &rc) && rc >> 16 == 4, "a call keeps registers");
	check(call(63, 1, 2, 3, 4, &rc) && rc == -XEN_ENOSYS, "a number that is none does");
	check(call(__HYPERVISOR_mmu_update, (u64)&u, 1, 0, DOMID_SELF, &rc) && !rc, "a single entry");
	u.val = PTE(mfn_of(root), PTE_DATA);
	check(call(__HYPERVISOR_mmu_update, (u64)&u, 1, 0, DOMID_SELF, &rc) && rc < 0, "one that is refused");
	check(call(__HYPERVISOR_mmuext_op, (u64)&op, 1, 0, DOMID_SELF, &rc) && !rc, "a single operation");
	check(call(__HYPERVISOR_multicall, (u64)&m, 1, 3, 4, &rc) && !rc && m.result >> 16 == 4, "a list");
	check(call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 3, 4, &rc) && !rc, "one that may switch");
}

static u32 seen;

static void count(u32 port __attribute__((unused)))
{
	seen += cpl() == 1;
}

static void events(void)
{
	u32 port = bind_ipi(0);
	struct regs r;

	event_init();
	event_hook = count;
	event_port_on(port);
	events_enable();
	send(port);
	events_disable();
	check_eq(seen, 1, "an event comes to the kernel");
	send(port);
	user_regs(&r, user_syscall);
	check_eq(user_run(&r), VEC_SYSCALL, "user mode runs");
	check_eq(seen, 2, "after the event");
}

/* Descriptors are fetched by the CPU as a supervisor, which the kernel is, too: pages of the LDT come at first use. */
static void descriptors(void)
{
	u64 *ldt = page_alloc(), x = 1;
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (u64)ldt, .arg2.nr_ents = 8 };

	ldt[2] = 0x00cff3000000ffffUL;
	set_readonly(ldt);
	check_eq(HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF), 0, "an LDT");
	check_fault(TRY("movw %w[sel], %%es", NO_RESULT, GIVEN([sel] "r"(0x17))), NO_FAULT, "its descriptor loads");
	__asm__ volatile("movq %%es, %0" : "=r"(x));
	check_eq(x & 0xffff, 0x17, "and is there");
	check_fault(TRY("movw %w[sel], %%es", NO_RESULT, GIVEN([sel] "r"(0x1f))), X_GP, "an empty one does not");
	__asm__ volatile("movw %w0, %%es" : : "r"(0));
}

void test_main(void)
{
	u64 *user;

	if (cpl() != 1)
		skip_all("the kernel runs at another ring");
	root = (u64 *)start_info->pt_base;
	user_init();
	user = (u64 *)((u64)root + (M2P[user_root] - pfn_of(root)) * PAGE_SIZE);
	check_eq(entry_set(&root[table_index(USER_VA, 4)], user[table_index(USER_VA, 4)]), 0, "both roots have user mode's half");
	user_data[1] = 0xabcdef;
	check_eq(LIVE(((u64 *)USER_DATA)[1]), 0xabcdef, "the kernel sees the user's page");
	from_user_mode();
	user_mode_is_shut_out();
	one_address_space();
	begin_in_user_mode();
	from_the_kernel();
	back_to_itself();
	calls();
	events();
	descriptors();
	from_user_mode();
}
