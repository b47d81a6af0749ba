/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handing a trap or callback to the guest kernel: write the frame the ABI describes on its stack and
 * continue at its handler.
 *
 * The frame, from the new stack pointer up: RCX, R11, [error code,] RIP, CS with the event mask in its upper half,
 * RFLAGS with IF telling whether events were allowed, RSP, SS.  The guest pops RCX and R11 itself.
 * The failsafe callback finds DS, ES, FS, GS between R11 and RIP.
 * ABI: arch-x86/xen-x86_64.h, "struct iret_context" and the text before it.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "domain/domain.h"
#include "mm/guest-copy.h"

#define MAX_FRAME	12

/* Vectors whose frame carries an error code: #DF #TS #NP #SS #GP #PF #AC #CP. */
#define HAS_ERROR_CODE	(BIT(8) | BIT(10) | BIT(11) | BIT(12) | BIT(13) | BIT(14) | BIT(17) | BIT(21))

/* Where the guest continues, and what its frame holds besides the usual. */
struct bounce {
	u64 address;
	u16 cs;
	bool mask_events;
	bool has_error_code;
	bool failsafe;
	u32 error_code;
};

void pv_toggle_mode(struct vcpu *v)
{
	v->pv.kernel_mode = !v->pv.kernel_mode;
	swapgs();
	root_switch_mode(v);
	if (v->pv.kernel_mode && runstate_owed(v))
		runstate_update_guest(v);
}

/* Fill frame[] upwards from the lowest address; returns the number of words. */
static unsigned int build_frame(struct vcpu *v, const struct cpu_user_regs *regs, bool was_kernel,
				const struct bounce *b, u64 frame[MAX_FRAME])
{
	u8 mask = v->evtchn.info->evtchn_upcall_mask;
	u64 flags = regs->rflags & ~FLAGS_IF;
	u64 cs = was_kernel ? regs->cs & ~3u : regs->cs;
	unsigned int n = 0;

	if (!mask)
		flags |= FLAGS_IF;
	if (vcpu_assist(v, VMASST_TYPE_architectural_iopl))
		flags |= (u64)v->pv.iopl << FLAGS_IOPL_SHIFT;

	frame[n++] = regs->rcx;
	frame[n++] = regs->r11;
	if (b->failsafe) {		/* what should have been loaded */
		frame[n++] = v->pv.ds;
		frame[n++] = v->pv.es;
		frame[n++] = v->pv.fs;
		frame[n++] = v->pv.gs;
	}
	if (b->has_error_code)
		frame[n++] = b->error_code;
	frame[n++] = regs->rip;
	frame[n++] = cs | (u64)mask << 32;
	frame[n++] = flags;
	frame[n++] = regs->rsp;
	frame[n++] = regs->ss;
	return n;
}

static void bounce_to_guest(struct vcpu *v, const struct bounce *b)
{
	struct cpu_user_regs *regs = guest_regs();
	bool was_kernel = v->pv.kernel_mode;
	u64 frame[MAX_FRAME];
	unsigned int n;
	u64 sp;

	if (!b->address) {
		domain_crash(v->domain, "no handler for vector %u", regs->entry_vector & 0xff);
		return;
	}
	if (!was_kernel)
		pv_toggle_mode(v);
	sp = (was_kernel ? regs->rsp : v->pv.kernel_sp) & ~15UL;
	n = build_frame(v, regs, was_kernel, b, frame);
	if (copy_to_guest(sp - n * 8, frame, n * 8)) {
		domain_crash(v->domain, "no stack for a trap frame at %#lx", sp - n * 8);
		return;
	}

	if (b->mask_events)
		v->evtchn.info->evtchn_upcall_mask = 1;
	regs->rip = b->address;
	regs->cs = b->cs;
	regs->saved_upcall_mask = 0;
	regs->rflags = (regs->rflags & ~FLAGS_CLEARED) | FLAGS_IF;
	regs->rsp = sp - n * 8;
	regs->ss = FLAT_KERNEL_SS;
	regs->entry_vector |= CAME_BY_SYSCALL;
}

static void inject(struct vcpu *v, unsigned int vector, bool has_error_code, u32 error_code)
{
	const struct pv_trap *t = &v->pv.traps[vector];

	bounce_to_guest(v, &(struct bounce){
		.address = t->address,
		.cs = t->cs,
		.mask_events = TI_GET_IF(t),
		.has_error_code = has_error_code,
		.error_code = error_code,
	});
}

void pv_inject_trap(struct vcpu *v, unsigned int vector, u32 error_code)
{
	bool has = vector < 32 && (HAS_ERROR_CODE & BIT(vector));

	inject(v, vector, has, error_code);
}

void pv_inject_page_fault(struct vcpu *v, u64 cr2, u32 error_code)
{
	v->evtchn.info->arch.cr2 = cr2;
	/* Guest kernel runs at CPL 3 too, but must see its faults as a supervisor's. */
	if (v->pv.kernel_mode)
		error_code &= ~4u;
	else
		error_code |= 4u;
	inject(v, 14, true, error_code);
}

void pv_inject_software_int(struct vcpu *v, unsigned int vector)
{
	inject(v, vector, false, 0);
}

void pv_inject_callback(struct vcpu *v, enum pv_callback cb)
{
	if (cb == CB_NMI) {
		inject(v, 2, false, 0);
		return;
	}
	bounce_to_guest(v, &(struct bounce){
		.address = v->pv.cb[cb].addr,
		.cs = FLAT_KERNEL_CS,
		.mask_events = cb == CB_EVENT || v->pv.cb[cb].mask_events,
		.failsafe = cb == CB_FAILSAFE,
	});
}
