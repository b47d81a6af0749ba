/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the guest wants traps and callbacks delivered, and its kernel stack and segment bases.
 */
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "cpu/segments.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

/* A guest's code or stack selector, made to run at CPL 3. */
static u16 selector_ring3(u16 sel)
{
	return (sel & ~3u) == 0 ? sel : sel | 3;
}

/**
 * do_set_trap_table - set the handlers of exceptions and software interrupts
 * a->traps: entries up to one with address 0; NULL clears the whole table
 *
 * Return: 0; -EFAULT; -EINVAL for a non-canonical address.  Entries before a bad one are set, as
 * in stock Xen.
 * ABI: trap_info in arch-x86/xen.h.
 */
long do_set_trap_table(struct vcpu *v, const struct hc_set_trap_table *a)
{
	guest_va_t src = a->traps_reg;

	if (!src) {
		__builtin_memset(v->pv.traps, 0, sizeof(v->pv.traps));
		return 0;
	}
	for (;; src += sizeof(trap_info_t)) {
		trap_info_t t;

		if (hypercall_preempt()) {
			hypercall_set_arg(v, 0, src);
			return -ERESTART;
		}
		if (copy_from_guest(&t, src, sizeof(t)))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!va_is_canonical(t.address))
			return hc_fail(-EINVAL, "handler %#lx of vector %u", t.address, t.vector);
		v->pv.traps[t.vector] = (struct pv_trap){
			.address = t.address, .cs = selector_ring3(t.cs), .flags = t.flags,
		};
	}
}

/* Negative: not one of ours. */
static int callback_slot(u32 type)
{
	return type < CB_COUNT && (BIT(type) & CALLBACKS) ? (int)type : -ENOSYS;
}

static void callback_set(struct vcpu *v, int slot, u64 addr, bool mask)
{
	if (slot == CB_NMI)
		v->pv.traps[2] = (struct pv_trap){ .address = addr, .cs = FLAT_KERNEL_CS, .flags = 4 };
	v->pv.cb[slot].addr = addr;
	v->pv.cb[slot].mask_events = mask;
}

long do_callback_register(struct subop_call *c, void *op)
{
	const callback_register_t *r = op;
	int slot = callback_slot(r->type);

	if (!va_is_canonical(r->address))
		return hc_fail(-EINVAL, "callback address %#lx", r->address);
	if (slot < 0)
		return slot;
	callback_set(c->v, slot, r->address, r->flags & CALLBACKF_mask_events);
	return 0;
}

long do_callback_unregister(struct subop_call *c, void *op)
{
	const callback_unregister_t *r = op;
	int slot = callback_slot(r->type);

	if (slot < 0)
		return slot;
	/* A guest that has taken any of the others cannot go on without. */
	if (slot != CB_NMI)
		return -EINVAL;
	callback_set(c->v, slot, 0, false);
	return 0;
}

/* The older call for three callbacks at once.  It has no failing answer: a bad address changes nothing. */
long do_set_callbacks(struct vcpu *v, const struct hc_set_callbacks *a)
{
	const u64 to[] = { [CB_EVENT] = a->event, [CB_FAILSAFE] = a->failsafe, [CB_SYSCALL] = a->syscall };

	for (u32 slot = 0; slot < ARRAY_SIZE(to); slot++)
		if (va_is_canonical(to[slot]))
			callback_set(v, slot, to[slot], false);
	return 0;
}

long do_stack_switch(struct vcpu *v, const struct hc_stack_switch *a)
{
	v->pv.kernel_ss = selector_ring3(a->ss);
	v->pv.kernel_sp = a->sp;
	return 0;
}

/**
 * do_set_segment_base - load FS or GS base of kernel or user mode
 * a->which: SEGBASE_*; for SEGBASE_GS_USER_SEL the base is a selector, loaded into user GS
 *
 * Return: 0; -EINVAL for an unknown register or a non-canonical base.  A selector that cannot be
 * loaded becomes null, as stock Xen does.
 */
long do_set_segment_base(struct vcpu *v, const struct hc_set_segment_base *a)
{
	/* The caller is in kernel mode: the user's GS base is the inactive one. */
	static const u32 msrs[] = {
		[SEGBASE_FS] = MSR_FS_BASE,
		[SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
		[SEGBASE_GS_KERNEL] = MSR_GS_BASE,
	};

	if (a->which == SEGBASE_GS_USER_SEL)
		load_user_gs(a->base);
	else if (a->which < ARRAY_SIZE(msrs) && va_is_canonical(a->base))
		wrmsr(msrs[a->which], a->base);
	else
		return hc_fail(-EINVAL, "segment register %u, base %#lx", a->which, a->base);
	return 0;
}

long do_fpu_taskswitch(struct vcpu *v, const struct hc_fpu_taskswitch *a)
{
	return guest_write_cr0(v, a->set ? guest_read_cr0(v) | CR0_TS : guest_read_cr0(v) & ~CR0_TS);
}
