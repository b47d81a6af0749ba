/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where exceptions, interrupts and SYSCALLs arrive from cpu/entry.S, and the last stop on the way out.
 *
 * Interrupts are off on arrival.  What the CPU keeps only once (CR2, DR6) is read before they are
 * turned on.  A fault in the hypervisor itself is allowed in three places: instructions listed in the
 * exception table, the IRET to a guest, and selector loads that touch the LDT window.
 */
#include "control/trace.h"
#include "cpu/apic.h"
#include "cpu/extable.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "dev/console.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "pv/trap.h"

extern const char guest_iret[], syscall_entry[], short_call[], user_syscall_ring1[], short_call_ring1[];

/* ---- page faults ------------------------------------------------------------------------------ */

/*
 * A descriptor fetch from this CPU's GDT/LDT window.  LDT pages are mapped at first use; beyond
 * them the guest sees its own LDT not present, and a missing GDT page is a bad selector.
 */
static bool window_fault(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2)
{
	u64 ldt = PERCPU_LDT(this_cpu());
	u64 gdt = PERCPU_GDT(this_cpu());

	if (cr2 >= ldt && cr2 < ldt + 16 * PAGE_SIZE) {
		if (!pv_map_ldt_page(v, (cr2 - ldt) >> PAGE_SHIFT))
			pv_inject_page_fault(v, v->pv.ldt_base + (cr2 - ldt), regs->error_code & ~EC_USER);
		return true;
	}
	if (cr2 >= gdt && cr2 < ldt) {
		pv_inject_trap(v, 13, (cr2 - gdt) & 0xfff8);
		return true;
	}
	return false;
}

static void page_fault(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2)
{
	u32 ec = regs->error_code;

	if (unlikely(va_is_hypervisor(cr2))) {
		if (!(ec & EC_USER) && window_fault(v, regs, cr2))
			return;
	} else if (!(ec & EC_PRESENT) && root_fill(v, cr2)) {
		return;
	} else if ((ec & (EC_PRESENT | EC_WRITE | EC_RSVD)) == (EC_PRESENT | EC_WRITE) &&
		   v->pv.kernel_mode) {
		emulate_pt_write(v, regs, cr2);
		return;
	}
	pv_inject_page_fault(v, cr2, ec);
}

/* Of a guest's kernel, when there are no traces (entry.S): most are stores to its page tables. */
void fault_from_kernel(struct cpu_user_regs *regs, struct vcpu *v)
{
	u64 cr2 = read_cr2();

	local_irq_enable();
	if (likely((regs->error_code & (EC_PRESENT | EC_WRITE | EC_RSVD)) == (EC_PRESENT | EC_WRITE) && !va_is_hypervisor(cr2)))
		emulate_pt_write(v, regs, cr2);
	else
		page_fault(v, regs, cr2);
}

/* ---- general protection ----------------------------------------------------------------------- */

/*
 * INT n: our gates refuse it, the guest's table decides.  The vector is taken from the instruction
 * (CD nn), because not every CPU model puts it rightly into the error code.
 */
static void software_int(struct vcpu *v, struct cpu_user_regs *regs)
{
	unsigned int vector = (regs->error_code >> 3) & 0xff;
	u8 insn[2];
	unsigned int dpl;

	if (!copy_from_guest(insn, regs->rip, 2) && insn[0] == 0xcd)
		vector = insn[1];

	dpl = v->pv.traps[vector].flags & 3;
	if (dpl >= (v->pv.kernel_mode ? 1u : 3u)) {
		regs->rip += 2;
		pv_inject_software_int(v, vector);
	} else {
		pv_inject_trap(v, 13, vector << 3 | EC_IDT);
	}
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
	u32 ec = regs->error_code;

	if (ec & EC_IDT) {
		software_int(v, regs);
		return;
	}
	if (!ec && emulate_privileged(v, regs))
		return;
	pv_inject_trap(v, 13, ec);
}

/* ---- debug, device-not-available ---------------------------------------------------------------- */

static void device_not_available(struct vcpu *v)
{
	/* State is switched eagerly, so the only reason is the guest's own CR0.TS; it is cleared. */
	if (v->pv.cr0_ts) {
		v->pv.cr0_ts = false;
		clts();
		pv_inject_trap(v, 7, 0);
		return;
	}
	clts();
}

/* ---- arrivals ----------------------------------------------------------------------------------- */

static __attribute__((noinline)) void exception_from_guest(struct vcpu *v, struct cpu_user_regs *regs, u64 cr2, u64 dr6)
{
	switch (regs->entry_vector & 0xff) {
	case 1:
		/* The guest's view accumulates, as the CPU's register does; B0-B3, BD, BS, BT. */
		v->pv.dr6 |= dr6 & 0xe00f;
		pv_inject_trap(v, 1, 0);
		break;
	case 3:
	case 4:
		pv_inject_software_int(v, regs->entry_vector & 0xff);
		break;
	case 6:
		if (!emulate_forced_cpuid(v, regs))
			pv_inject_trap(v, 6, 0);
		break;
	case 7:
		device_not_available(v);
		break;
	case 13:
		general_protection(v, regs);
		break;
	case 14:
		page_fault(v, regs, cr2);
		break;
	default:
		pv_inject_trap(v, regs->entry_vector & 0xff, regs->error_code);
	}
}

/* From a guest: every vector but #DF and #MC, and page faults that entry.S or fault_from_kernel() takes. */
void trap_from_guest(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	unsigned int vector = regs->entry_vector;
	u64 cr2 = read_cr2(), dr6 = 0;

	if (likely((vector == 14 || vector == 13) && !trace_on)) {
		local_irq_enable();
		if (vector == 14)
			page_fault(v, regs, cr2);
		else
			general_protection(v, regs);
		return;
	}
	if (vector >= 32) {
		irq_dispatch(vector);
		return;
	}
	if (vector == 2) {
		nmi_handle(regs);
		return;
	}
	if (vector == 1) {
		dr6 = read_dr6();
		write_dr6(0xffff0ff0);
	}
	local_irq_enable();
	if (unlikely(trace_on))
		trace_exception(v, regs, cr2, dr6, exception_from_guest);
	else
		exception_from_guest(v, regs, cr2, dr6);
}

/*
 * The IRET to the guest faulted: the guest's frame is in guest_regs, its registers in *regs.  The fault
 * is the guest's own, in the context that could not be entered.
 */
static void guest_iret_fault(struct cpu_user_regs *regs)
{
	struct cpu_user_regs *g = guest_regs();
	struct cpu_user_regs copy = *regs;

	__builtin_memcpy(g, &copy, offsetof(struct cpu_user_regs, error_code));
	g->error_code = copy.error_code;
	g->entry_vector = copy.entry_vector & 0xff;
	local_irq_enable();
	pv_inject_trap(current, g->entry_vector, g->error_code);
	exit_to_guest();
}

/*
 * We touched v's LDT window, or its guest's memory by a slot that its root has not yet: true, try again.  The short ways of
 * entry.S keep words where the frame of this fault lies now: they go on by their fixup, and find the slot there next time.
 */
static bool fault_of_ours(struct vcpu *v, const struct cpu_user_regs *regs, u64 cr2)
{
	u64 ldt = PERCPU_LDT(this_cpu());

	if (!v || v->sched.idle)
		return false;
	if (cr2 >= ldt && cr2 < ldt + 16 * PAGE_SIZE)
		return pv_map_ldt_page(v, (cr2 - ldt) >> PAGE_SHIFT);
	return !(regs->error_code & EC_PRESENT) && root_fill(v, cr2) &&
	       (regs->rip < (u64)syscall_entry || regs->rip >= (u64)short_call) &&
	       (regs->rip < (u64)user_syscall_ring1 || regs->rip >= (u64)short_call_ring1);
}

/* From ring 0, on the main stack. */
void trap_from_hypervisor(struct cpu_user_regs *regs)
{
	unsigned int vector = regs->entry_vector & 0xff;
	u64 cr2 = vector == 14 ? read_cr2() : 0;
	u64 fixup;

	if (vector >= 32) {
		irq_dispatch(vector);
		return;
	}
	if (vector == 14 && fault_of_ours(current, regs, cr2))
		return;
	if (regs->rip == (u64)guest_iret)
		guest_iret_fault(regs);
	fixup = extable_fixup(regs->rip);
	if (fixup) {
		regs->rip = fixup;
		return;
	}
	panic_regs(regs, "trap %u, error code %#x, cr2 %#lx", vector, regs->error_code, cr2);
}

/* #DF, #MC, and #DB and NMI in ring 0. */
void trap_on_ist(struct cpu_user_regs *regs)
{
	switch (regs->entry_vector & 0xff) {
	case 1:
		/*
		 * A guest's watchpoint hit by our access to its memory, or SYSENTER with TF set:
		 * the guest does not hear of what happens in here.
		 */
		write_dr6(0xffff0ff0);
		regs->rflags &= ~FLAGS_TF;
		break;
	case 2:
		nmi_handle(regs);
		break;
	case 8:
		panic_regs(regs, "double fault");
	default:
		panic_regs(regs, "machine check");
	}
}

/* ---- SYSCALL ------------------------------------------------------------------------------------ */

/* To the guest kernel's callback; if it registered none, exception `vector`, `back` bytes back. */
static void user_call(struct vcpu *v, struct cpu_user_regs *regs, unsigned int cb, unsigned int vector, unsigned int back)
{
	local_irq_enable();
	if (v->pv.cb[cb].addr) {
		pv_inject_callback(v, cb);
		return;
	}
	regs->rip -= back;
	regs->entry_vector = vector;
	pv_inject_trap(v, vector, 0);
}

void syscall_from_guest(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (unlikely(!v->pv.kernel_mode)) {
		user_call(v, regs, CB_SYSCALL, 6, 2);
		return;
	}
	local_irq_enable();
	hypercall_dispatch(v, regs);
}

void syscall32_from_guest(struct cpu_user_regs *regs)
{
	user_call(current, regs, CB_SYSCALL32, 6, 2);
}

void sysenter_from_guest(struct cpu_user_regs *regs)
{
	regs->rflags |= BIT(9);
	regs->cs = 3;
	user_call(current, regs, CB_SYSENTER, 13, 0);
}

/* ---- the way out ---------------------------------------------------------------------------------- */

/*
 * Until nothing is left to do: softirqs (which may switch to another vCPU), then the events of the
 * vCPU we are about to run.  Returns with interrupts off, so that nothing can come between.
 */
void exit_work(void)
{
	for (;;) {
		struct vcpu *v;

		local_irq_disable();
		if (softirq_pending()) {
			local_irq_enable();
			softirq_run();
			continue;
		}
		v = current;
		if (v->sched.idle)
			idle_loop();
		if (v->pv.bad_segments) {
			v->pv.bad_segments = false;
			local_irq_enable();
			pv_inject_callback(v, CB_FAILSAFE);
			continue;
		}
		if (v->pv.nmi_pending && !v->pv.nmi_masked) {
			v->pv.nmi_pending = false;
			v->pv.nmi_masked = true;
			local_irq_enable();
			pv_inject_callback(v, CB_NMI);
			continue;
		}
		if (!event_pending(&v->evtchn))
			return;
		local_irq_enable();
		pv_inject_callback(v, CB_EVENT);
	}
}
