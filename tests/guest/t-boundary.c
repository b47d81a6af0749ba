/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boundary - code in the last page below the hole of the address space
 *
 * An instruction that ends at 0x800000000000 leaves RIP there, which is no address: to go on is #GP(0)
 * at that RIP, of the guest.  A hypervisor that returns there by SYSRET takes the fault itself, on
 * Intel's CPUs in ring 0 and on a stack that the guest chose (CVE-2012-0217).
 *
 * Right: a hypercall, emulated instructions, a breakpoint and a plain instruction that end there have
 * their effect, then comes the fault; in user mode too, and when the kernel goes there by either form
 * of iret.  ABI: SDM volume 1, 3.3.7.1.
 */
#include "guest.h"

#define END	  0x0000800000000000UL
#define LAST_PAGE (END - PAGE_SIZE)

static struct chain chain;

/* An instruction that ends with the page; its address. */
static u64 place(const char *code, unsigned int len)
{
	memset(chain.page, 0x90, PAGE_SIZE);
	memcpy((char *)chain.page + PAGE_SIZE - len, code, len);
	return END - len;
}

static u64 run(u64 at, u64 rax)
{
	u64 rbx = 0, rcx = 0, rdx = 0, rsi = 0, rdi = 0;
	register u64 r11 __asm__("r11");

	return TRY("jmp *%[at]",
		   RESULT("+a"(rax), "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi), "+D"(rdi), "=&r"(r11)),
		   GIVEN([at] "r"(at)));
}

static void check_end(u64 vec, const struct regs *r, const char *what)
{
	check_eq(vec, X_GP, "%s at the end, then #GP", what);
	check_eq(r->rip, END, "RIP is no address");
	check_eq(r->error, 0, "error code 0");
}

static void kernel(void)
{
	const struct regs *r = &this_cpu()->caught;
	physdev_set_iopl_t iopl = { .iopl = 1 };

	check_end(run(place("\x90", 1), 0), r, "NOP");
	check_end(run(place("\x0f\x05", 2), HC_xen_version), r, "a hypercall");
	check_eq(r->rax >> 16, 4, "it was made");
	check_end(run(place("\x0f\x0bxen\x0f\xa2", 7), 0x40000000), r, "CPUID by the prefix");
	check_eq(r->rbx, 0x566e6558, "it was emulated");
	check_end(run(place("\x0f\x20\xe0", 3), 0), r, "MOV from CR4");
	check_eq(r->rax >> 5 & 1, 1, "it was emulated");
	check_end(run(place("\x0f\x32", 2), 0), r, "RDMSR");
	HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &iopl);
	check_end(run(place("\xe6\x80", 2), 0), r, "OUT");
	check_eq(run(place("\xcc", 1), 0), X_BP, "INT3 at the end is a trap");
	check_eq(r->rip, END, "with RIP behind it");
	if (on_xen())			/* it reads five bytes for the prefix and faults for the guest */
		return;
	check_eq(run(place("\x0f\x0b", 2), 0), X_UD, "UD2 at the end is a fault");
	check_eq(r->rip, END - 2, "with RIP at it");
	check_eq(run(place("\x0f\x0bxe", 4), 0), X_UD, "half a prefix too");
}

/* Iret to the kernel itself, which the hypervisor may do by SYSRET. */
static u64 iret_there(u64 form)
{
	register u64 r11 __asm__("r11");
	u64 rax = 23, rcx = 0, sp;

	return TRY("movq %%rsp, %[sp]; pushq $0xe02b; pushq %[sp]; pushq $2; pushq $0xe030;"
		   "pushq %[to]; pushq %[form]; pushq $0; pushq $0; pushq $0; syscall",
		   RESULT("+a"(rax), "+c"(rcx), "=&r"(r11), [sp] "=&d"(sp)),
		   GIVEN([to] "r"(END), [form] "r"(form)));
}

static void user(void)
{
	u64 *root = va_of_mfn(user_root);
	struct regs r;

	check_eq(entry_set(&root[table_index(LAST_PAGE, 4)], PTE(mfn_of(chain.tables[3]), PTE_TABLE)), 0,
		 "user mode has the page too");
	user_regs(&r, NULL);
	r.rip = place("\x0f\x05", 2);
	check_eq(user_run(&r), VEC_SYSCALL, "user mode: SYSCALL at the end");
	check_eq(r.rip, END, "RIP is behind it");
	check_eq(r.rcx, END, "RCX as well");
	check_end(user_run(&r), &r, "user mode: a return");
	check_eq(r.cs & 3, 3, "from user mode");
	user_regs(&r, NULL);
	r.rip = place("\x0f\x0bxen\x0f\xa2", 7);
	check_end(user_run(&r), &r, "user mode: CPUID by the prefix");
}

void test_main(void)
{
	chain_make(&chain, LAST_PAGE);
	user_init();
	check_eq(entry_set((u64 *)start_info->pt_base + table_index(LAST_PAGE, 4),
			   PTE(mfn_of(chain.tables[3]), PTE_TABLE)),
		 0, "the last page below the hole is mapped");
	kernel();
	check_end(iret_there(0), &this_cpu()->caught, "an iret to the kernel");
	check_end(iret_there(VGCF_in_syscall), &this_cpu()->caught, "the same, in_syscall");
	user();
}
