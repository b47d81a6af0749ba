/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: several hypercalls for the price of one SYSCALL.
 */
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define ENTRY_VA(base, i, field) \
	((base) + (u64)(i) * sizeof(multicall_entry_t) + offsetof(multicall_entry_t, field))

/* Run entry e with its own checks.  v->hc.args is the entry's during the call. */
static long run_entry(struct vcpu *v, const multicall_entry_t *e)
{
	if ((u32)e->op == HC_multicall)
		return hc_fail(-EINVAL, "multicall inside multicall");
	for (unsigned int i = 0; i < 6; i++)
		v->hc.args[i] = e->args[i];
	return hypercall_call(v, e->op);
}

/* Leave with -ERESTART so that the call goes on at entry i. */
static long restart_at(struct vcpu *v, guest_va_t calls, u32 count, u32 i)
{
	hypercall_set_arg(v, 0, calls + (u64)i * sizeof(multicall_entry_t));
	hypercall_set_arg(v, 1, count - i);
	return -ERESTART;
}

/**
 * do_multicall - make a->count calls in order, each answered in its entry
 * a->calls: entries; a->count: how many
 *
 * Each entry is checked and answered as if made alone; a failing one does not stop the others.  After
 * an iret nothing more is done: the guest is elsewhere then.  An entry that is preempted keeps its
 * progress in its own arguments.
 *
 * Return: 0, or the iret's RAX; -EFAULT when an entry cannot be read or answered.
 * ABI: multicall_entry in xen.h.
 */
long do_multicall(struct vcpu *v, const struct hc_multicall *a)
{
	guest_va_t calls = a->calls_reg;
	u32 count = a->count;

	/* From here on v->hc.args, which *a is, holds the entries' arguments. */
	for (u32 i = 0; i < count; i++) {
		multicall_entry_t e;
		long rc;

		if (i && hypercall_preempt())
			return restart_at(v, calls, count, i);
		if (copy_from_guest(&e, ENTRY_VA(calls, i, op), sizeof(e)))
			return -EFAULT;

		rc = run_entry(v, &e);
		if ((u32)e.op == HC_iret)
			return rc;
		if (rc == -ERESTART) {
			if (copy_to_guest(ENTRY_VA(calls, i, args), v->hc.args, sizeof(e.args)))
				return -EFAULT;
			return restart_at(v, calls, count, i);
		}
		if (copy_to_guest(ENTRY_VA(calls, i, result), &rc, sizeof(rc)))
			return -EFAULT;
	}
	return 0;
}
