/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context switch: everything of a vCPU that lives in the CPU goes to its struct, the next one's in.
 *
 * One stack a CPU: the registers of the last entry lie in guest_regs, so they are copied; there is
 * no stack to change.
 */
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "cpu/segments.h"
#include "domain/domain.h"
#include "pv/switch.h"

static void debug_regs_save(struct vcpu *v)
{
	/* v->pv.dr[] is current at all times; only the live DR7 must go. */
	if (v->pv.dr7 & 0xff)
		write_dr7(0);
}

static void debug_regs_load(struct vcpu *v)
{
	if (!(v->pv.dr7 & 0xff))
		return;
	write_dr0(v->pv.dr[0]);
	write_dr1(v->pv.dr[1]);
	write_dr2(v->pv.dr[2]);
	write_dr3(v->pv.dr[3]);
	write_dr7(v->pv.dr7);
}

static void vcpu_save(struct vcpu *v)
{
	v->regs = *guest_regs();
	segments_save_all(v);
	fpu_save(v);
	debug_regs_save(v);
}

static void vcpu_load(struct vcpu *v)
{
	struct cpu_user_regs *regs = guest_regs();

	*regs = v->regs;
	descriptors_load(v);
	tlb_load_root();
	segments_load_all(v);
	fpu_restore(v);
	if (v->pv.cr0_ts)
		stts();
	debug_regs_load(v);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	if (!prev->sched.idle)
		vcpu_save(prev);
	cpu_info()->vcpu = next;
	if (!next->sched.idle)
		vcpu_load(next);
	else
		/* Nothing of prev may stay in use: its root table can be freed from now on. */
		write_cr3(hv_to_maddr(hv_root));
}
