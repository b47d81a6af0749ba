/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nmi-descriptor - the machine's NMI comes while the code segment's descriptor is gone
 *
 * Right: the hypervisor hears of the NMI and lives; the guest, which cannot go on in that segment, gets its #GP with the
 * selector.  One vCPU runs in a segment of its own GDT, the other takes the descriptor away and has a watchdog of the
 * machine's, which QEMU makes an NMI of, bark at once.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2 --qemu-arg=-device --qemu-arg=ib700 --qemu-arg=-action --qemu-arg=watchdog=inject-nmi --expect-bonsai "NMI on CPU 0"
 */
#include "guest.h"

#define SELECTOR      0x0b
#define CODE	      0x00affb000000ffffUL
#define CODE_GONE     0x00af7b000000ffffUL
#define WATCHDOG_PORT 0x443
#define AT_ONCE	      15

static u64 *gdt;
static u32 spinning;

static void pin_to(int cpu)
{
	struct sched_pin_override pin = { .pcpu = cpu };
	physdev_set_iopl_t iopl = { .iopl = 1 };

	HC(sched_op, .cmd = SCHEDOP_pin_override, .arg = &pin);
	HC(sched_op, .cmd = SCHEDOP_yield);
	HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = this_cpu()->id);
	HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &iopl);
}

static void other(void)
{
	pin_to(1);
	while (!LIVE(spinning))
		;
	HC(update_descriptor, .maddr = maddr_of(&gdt[1]), .desc = CODE_GONE);
	__asm__ volatile("outb %%al, %%dx" : : "a"(AT_ONCE), "d"(WATCHDOG_PORT));
	vcpu_halt();
}

/* The handler returns to the usual segment. */
static bool on_fault(struct regs *regs)
{
	regs->cs = FLAT_KERNEL_CS & ~3;
	return false;
}

static bool ignore(struct regs *regs)
{
	(void)regs;
	return true;
}

void test_main(void)
{
	u64 mfn, vector;

	gdt = page_alloc();
	gdt[1] = CODE;
	set_readonly(gdt);
	mfn = mfn_of(gdt);
	check_eq(HC(set_gdt, .frames = &mfn, .entries = 8), 0, "a GDT");
	trap_hooks[X_GP] = trap_hooks[X_NP] = on_fault;
	trap_hooks[2] = trap_hooks[VEC_NMI] = ignore;
	pin_to(0);
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	vector = TRY("pushq %[sel]; leaq 1f(%%rip), %[at]; pushq %[at]; lretq\n"
		     "1: movl $1, %[spin]\n"
		     "2: pause; jmp 2b",
		     RESULT([spin] "=m"(spinning), [at] "=&r"(mfn)), GIVEN([sel] "i"(SELECTOR)));
	check(vector == X_NP || vector == X_GP, "the segment is gone: vector 0x%lx", vector);
	check_eq(this_cpu()->caught.error, SELECTOR & ~3, "its selector");
}
