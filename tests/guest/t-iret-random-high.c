/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret-random-high - the iret hypercall with frames as chance has them
 *
 * Right: whatever selectors, flags, addresses and segment registers the guest kernel asks for, in its own mode or in user
 * mode, it comes back by some trap, with flags that user mode may have and the kernel's own GS base; and the hypervisor
 * lives.  Another vCPU on the same CPU has the registers saved and loaded meanwhile.  The first numbers of a run are
 * printed: the same seed gives the same frames.  ABI: struct iret_context in arch-x86/xen-x86_64.h.
 *
 * Boot: --hv-args dom0_max_vcpus=2 --timeout 120
 * Arguments: seed=1 rounds=12000
 */
#include "guest.h"

#define DESCRIPTORS 24
#define KERNEL_GS   0x123400UL
#define GS_BASE	    0xc0000101
#define TF	    0x100UL
#define IF	    0x200UL
#define IOPL	    0x3000UL
#define VM	    0x20000UL

static u64 state, far_stack;
static u64 *gdt, *ldt;
static u32 by_vector[0x110];
static bool iopl_shown, in_kernel; /* of the frame under way */

static u64 random64(void)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return state ^ state >> 29;
}

static u32 below(u32 n)
{
	return (random64() >> 20) % n;
}

static bool one_in(u32 n)
{
	return !below(n);
}

static u64 option(const char *name, u64 otherwise)
{
	const char *s = (const char *)start_info->cmd_line;
	u64 n = 0;

	while (*s && !starts_with(s, name))
		s++;
	if (!*s)
		return otherwise;
	for (s += strlen(name); *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

/* What user mode does when it comes so far: one of these, eight bytes each, and then a trap if nothing else. */
#define SNIPPETS 24
USER_TEXT static void snippets(void)
{
	__asm__ volatile(
		".macro S code:vararg\n\t.balign 8, 0xf4\n\t\\code\n\tint $0x80\n\t.endm\n"
		"S nop\n S syscall\n S sysenter\n S ud2\n S hlt\n S int3\n S pushfq\n S popfq\n"
		"S mov %eax, %ds\n S mov %eax, %ss\n S mov %eax, %gs\n S mov %eax, %fs\n S swapgs\n S iretq\n S lretq\n S cpuid\n"
		"S inb %dx, %al\n S cli\n S sti\n S movl (%rax), %eax\n S int $0x20\n S rdtsc\n S mov %rax, %cr3\n S int $0x81\n"
		".balign 8, 0xf4\n");
}

extern char random_landing[]; /* for the kernel's own */
void user_leave(u64 sp) __attribute__((noreturn));
/* Into the frame, struct iret_context; the way back is as from user_enter(). */
void random_enter(const struct iret_context *frame, u64 *sp);
__asm__("random_enter:\n\t"
	"pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n\t"
	"movq %rsp, (%rsi)\n\t"
	"movq %rdi, %rsp\n\t"
	"movl $23, %eax\n\t"
	"syscall\n\t"
	"ud2\n"
	"random_landing: ud2\n");

static const u16 reserved[] = { 0, 3, 0xe008, 0xe010, 0xe02b, 0xe033, 0xe030, 0xe02a, 0xe043, 0xe053, 0xe05b,
				0xe061, 0xe063, 0xe069, 0xe06b, 0xffff, 0xe023 };

static u16 some_selector(u16 usual)
{
	if (!one_in(4))
		return usual;
	if (one_in(2))
		return reserved[below(ARRAY_SIZE(reserved))];
	return below(DESCRIPTORS + 4) << 3 | below(8);
}

static u64 some_address(u64 usual)
{
	static const u64 some[] = { 0, UNMAPPED, HYPERVISOR_VA, NONCANONICAL, ~0UL, 0x7fffffffffffUL, 0xffff800000000000UL,
				    0xffff880000000000UL, USER_DATA };

	return one_in(8) ? some[below(ARRAY_SIZE(some))] : one_in(32) ? random64() : usual;
}

static u64 some_flags(void)
{
	return one_in(4) ? random64() : one_in(2) ? 0x202 | 1UL << below(22) : 0x202;
}

/* Any that are allowed: not present, or code and data of all kinds. */
static void fill_descriptors(u64 *table)
{
	for (int i = 1; i < DESCRIPTORS; i++) {
		table[i] = (random64() & ~(0xffUL << 40)) | (0x90UL | random64() % 128) << 40;
		if (one_in(4))
			table[i] &= ~(1UL << 47);
		if (one_in(4))	/* flat and 32 or 64 bits */
			table[i] = 0x000093000000ffffUL | (u64)below(16) << 40 | (one_in(2) ? 0xafUL : 0xcfUL) << 48;
	}
}

static void load_selectors(void)
{
	u32 sel = some_selector(0);

	switch (below(4)) {
	case 0: TRY("movl %[s], %%ds", NO_RESULT, GIVEN([s] "r"(sel))); break;
	case 1: TRY("movl %[s], %%es", NO_RESULT, GIVEN([s] "r"(sel))); break;
	case 2: TRY("movl %[s], %%fs", NO_RESULT, GIVEN([s] "r"(sel))); break;
	case 3: HC(set_segment_base, .which = SEGBASE_GS_USER_SEL, .base = sel); break;
	}
}

/* Everything but the frame that the way there and back may depend on. */
static void shake(void)
{
	vcpu_info_t *info = this_vcpu_info();

	switch (below(16)) {
	case 0: HC(sched_op, .cmd = SCHEDOP_yield); break;
	case 1:
		iopl_shown = one_in(4);
		HC(vm_assist, .cmd = iopl_shown ? VMASST_CMD_enable : VMASST_CMD_disable, .type = VMASST_TYPE_architectural_iopl);
		break;
	case 2: HC(vcpu_op, .cmd = VCPUOP_send_nmi, .vcpuid = 0); break;
	case 3: LIVE(info->evtchn_upcall_pending) = 1; break;
	case 4: callback(CALLBACKTYPE_syscall, below(2), entry_syscall); break;
	case 5: HC(fpu_taskswitch, .set = below(2)); break;
	case 6: load_selectors(); break;
	case 7: HC(set_segment_base, .which = SEGBASE_GS_USER, .base = random64() >> 18); break;
	case 8: mmuext(MMUEXT_NEW_USER_BASEPTR, user_root); break;
	case 9: set_root(root_mfn()); break;
	case 10: HC(set_debugreg, .reg = 7, .value = one_in(2) ? 0 : 0x400 | (random64() & 0xffff00ff & ~0x2000UL)); break;
	case 11: HC(set_debugreg, .reg = below(4), .value = USER_CODE + below(256)); break;
	case 12: LIVE(*(u64 *)far_stack); break;
	}
}

static bool ignore(struct regs *regs)
{
	(void)regs;
	return true;
}

static bool ignore_event(struct regs *regs)
{
	LIVE(this_vcpu_info()->evtchn_upcall_pending) = 0;
	regs->rflags &= ~IF;
	return true;
}

/* A frame of the kernel's own has come to its end. */
static bool on_kernel_fault(struct regs *regs)
{
	struct cpu *c = this_cpu();
	u64 sp = c->user_sp;

	if (!in_kernel || c->resume || !sp)
		return false;
	c->user = *regs;
	c->user_sp = 0;
	user_leave(sp);
}

static bool on_debug(struct regs *regs)
{
	HC(set_debugreg, .reg = 7, .value = 0);
	return on_kernel_fault(regs);
}

/* A frame for user mode, or one of the kernel's own that stays on its stack. */
static bool make_frame(struct iret_context *f)
{
	bool kernel = one_in(6);

	*f = (struct iret_context){
		.rax = random64(), .r11 = random64(), .rcx = random64(),
		.flags = one_in(2) ? VGCF_in_syscall : one_in(2) ? random64() : 0,
		.rip = some_address(user_address(snippets) + 8 * below(SNIPPETS)),
		.cs = some_selector(USER_CS) | (random64() & ~0xffffUL),
		.rflags = some_flags(),
		.rsp = some_address(USER_STACK - 64),
		.ss = some_selector(USER_SS),
	};
	if (one_in(4))
		f->rax = some_selector(0);
	f->cs |= 3;
	if (kernel) {	/* not of 32 bits, where its stack would be another */
		f->cs = (one_in(2) ? USER_CS : reserved[below(ARRAY_SIZE(reserved) - 1)]) & ~(u64)(1 + below(3));
		f->rsp = (u64)&stacks[0] + STACK_SIZE / 4 - below(64);
		f->rip = some_address((u64)random_landing);
		f->rflags &= ~TF;
	}
	return kernel;
}

static bool back_is_sound(void)
{
	const struct regs *r = &this_cpu()->user;
	u32 lo = 0, hi = 0;

	TRY("rdmsr", RESULT("=a"(lo), "=d"(hi)), GIVEN("c"(GS_BASE)));
	by_vector[r->vector]++;
	return lo == KERNEL_GS && !hi && !(r->rflags & VM) && (iopl_shown || !(r->rflags & IOPL)) &&
	       in_kernel == ((r->cs & 3) != 3) && r->saved_mask == !(r->rflags & IF);
}

static void other_vcpu(void)
{
	for (;;) {
		LIVE(*(u32 *)&gdt[1]);
		HC(sched_op, .cmd = SCHEDOP_yield);
	}
}

static void prepare(void)
{
	static struct chain far;
	u64 *root = (u64 *)start_info->pt_base, mfn, *user;
	mmuext_op_t op = { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = DESCRIPTORS };

	user_init();
	user = (u64 *)((u64)root + (M2P[user_root] - pfn_of(root)) * PAGE_SIZE);
	check_eq(entry_set(&root[table_index(USER_VA, 4)], user[table_index(USER_VA, 4)]), 0, "the user's half is the kernel's, too");
	gdt = page_alloc();
	ldt = page_alloc();
	fill_descriptors(gdt);
	fill_descriptors(ldt);
	set_readonly(gdt);
	set_readonly(ldt);
	mfn = mfn_of(gdt);
	op.arg1.linear_addr = (u64)ldt;
	check_eq(HC(set_gdt, .frames = &mfn, .entries = DESCRIPTORS), 0, "a GDT as chance has it");
	check_eq(HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF), 0, "an LDT");
	far_stack = 0xffff990000000000UL;
	chain_make(&far, far_stack);
	check_eq(entry_set(&root[table_index(far_stack, 4)], PTE(mfn_of(far.tables[3]), PTE_TABLE)), 0, "a slot far away");
	callback(CALLBACKTYPE_syscall32, 0, entry_syscall32);
	callback(CALLBACKTYPE_sysenter, 0, entry_sysenter);
	callback(CALLBACKTYPE_event, 0, entry_event);
	callback(CALLBACKTYPE_failsafe, 0, entry_failsafe);
	HC(set_segment_base, .which = SEGBASE_GS_KERNEL, .base = KERNEL_GS);
	trap_hooks[VEC_FAILSAFE] = ignore;
	trap_hooks[VEC_EVENT] = ignore_event;
	trap_hooks[2] = trap_hooks[VEC_NMI] = ignore;
	for (int i = 0; i < 0x100; i++)
		if (!trap_hooks[i])
			trap_hooks[i] = on_kernel_fault;
	trap_hooks[X_DB] = on_debug;
	if (vcpu_count() > 1)
		check_eq(vcpu_start(1, other_vcpu), 0, "another vCPU");
}

void test_main(void)
{
	u64 rounds = option("rounds=", 12000), unsound = 0, kinds = 0;
	static struct iret_context frame;

	state = option("seed=", 1);
	note("seed=%lu rounds=%lu", state, rounds);
	prepare();
	for (u64 n = 0; n < rounds; n++) {
		struct cpu *c = this_cpu();

		shake();
		in_kernel = make_frame(&frame);
		random_enter(&frame, &c->user_sp);
		LIVE(this_vcpu_info()->evtchn_upcall_mask) = 1;
		if (!back_is_sound() && !unsound++)
			note("round %lu: cs 0x%lx rip 0x%lx rflags 0x%lx; back by 0x%lx with cs 0x%x rflags 0x%lx", n, frame.cs,
			     frame.rip, frame.rflags, c->user.vector, c->user.cs, c->user.rflags);
	}
	for (u32 i = 0; i < ARRAY_SIZE(by_vector); i++) {
		kinds += !!by_vector[i];
		if (by_vector[i])
			note("vector 0x%x: %u times", i, by_vector[i]);
	}
	check_eq(unsound, 0, "the kernel finds itself as it was");
	check(kinds >= 8, "it was left in %lu ways", kinds);
}
