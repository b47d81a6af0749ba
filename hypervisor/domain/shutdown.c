/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How domains end: of their own will, or crashed by us.  When the initial domain ends, so does the
 * machine.
 */
#include "cpu/insn.h"
#include "cpu/symbols.h"
#include "dev/console.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

static const char *reason_name(u32 reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspend", [SHUTDOWN_crash] = "crash",
		[SHUTDOWN_watchdog] = "watchdog", [SHUTDOWN_soft_reset] = "soft_reset",
	};

	return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

/* The guest's registers, and what its stack pointer points at, for the author of the guest. */
static void guest_state_dump(struct vcpu *v)
{
	const struct cpu_user_regs *r = guest_regs();
	u64 word;

	log_err("d%uv%u rip %04x:%016lx rflags %#lx rsp %04x:%016lx %s mode", v->domain->id, v->id,
		r->cs, r->rip, r->rflags, r->ss, r->rsp, v->pv.kernel_mode ? "kernel" : "user");
	log_err("rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
	log_err("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp, r->r8);
	log_err("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11, r->r12);
	log_err("r13 %016lx r14 %016lx r15 %016lx cr3 %016lx cr2 %016lx", r->r13, r->r14, r->r15,
		v->mm.kernel_cr3, (u64)v->evtchn.info->arch.cr2);
	log_err("last hypercall %s, vector %u error %#x", hypercall_name(v->hc.nr),
		r->entry_vector & 0xff, r->error_code);
	for (unsigned int i = 0; i < 8; i++) {
		if (copy_from_guest(&word, r->rsp + i * 8, 8))
			break;
		log_err("stack %016lx: %016lx", r->rsp + i * 8, word);
	}
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	struct vcpu *v = current;
	char text[160];
	va_list ap;

	if (d->shutting_down)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("d%dv%u crashed: %s", d->id, v->domain == d ? v->id : 0, text);
	if (v->domain == d)
		guest_state_dump(v);
	domain_shutdown(d, sched_shutdown_reason(d, SHUTDOWN_crash));
}

/*
 * Stops all vCPUs of d.  Callers may hold locks, so nothing waits here: the last act for the initial
 * domain is left to machine_end(), from the softirq.
 */
void domain_shutdown(struct domain *d, u32 reason)
{
	struct vcpu *v;

	if (__atomic_exchange_n(&d->shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	d->shutdown_code = reason;
	for_each_vcpu(d, v)
		vcpu_pause_nosync(v);
	d->shut_down = true;
	if (d == dom0)
		softirq_raise(SOFTIRQ_SHUTDOWN);
	else if (reason == SHUTDOWN_suspend && d->control.suspend_port)
		evtchn_send(d, d->control.suspend_port);
	else if (dom0)
		virq_raise_global(dom0, VIRQ_DOM_EXC);
}

void domain_wait_stopped(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		while (v != current && __atomic_load_n(&v->sched.running, __ATOMIC_ACQUIRE))
			cpu_relax();
}

/* SOFTIRQ_SHUTDOWN: the initial domain has ended. */
void machine_end(void)
{
	u32 reason = dom0->shutdown_code;

	domain_wait_stopped(dom0);
#ifdef DEBUG
	mm_audit_all();
#endif
	log_info("initial domain shut down: %s", reason_name(reason));
	if (reason == SHUTDOWN_poweroff)
		machine_power_off();
	if (reason == SHUTDOWN_reboot || !cmdline_bool("noreboot", false))
		machine_reboot();
	machine_halt();
}
