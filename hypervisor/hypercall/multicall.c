/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: several hypercalls for the price of one SYSCALL.
 */
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

static_assert(sizeof(multicall_entry_t) == 64 && offsetof(struct vcpu_hypercall, op) == offsetof(multicall_entry_t, op) &&
	      offsetof(struct vcpu_hypercall, args) == offsetof(multicall_entry_t, args), "xen.h");

/* Leave with -ERESTART so that the call goes on at this entry. */
static long restart_at(struct vcpu *v, guest_va_t at, u32 left)
{
	hypercall_set_arg(v, 0, at);
	hypercall_set_arg(v, 1, left);
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
	guest_va_t at = a->calls_reg;
	u32 left = a->count;

	/* From here on v->hc.args, which *a is, holds the entries' arguments. */
	while (left) {
		long rc = -EINVAL;
		u64 op;

		if (!fetch_words((u64 *)&v->hc, at, sizeof(multicall_entry_t)))
			return -EFAULT;
		op = v->hc.op;
		if (op != HC_multicall)
			rc = hypercall_call(v, op);
		if (op == HC_iret)
			return rc;
		if (rc == -ERESTART) {
			if (copy_to_guest(at + offsetof(multicall_entry_t, args), v->hc.args, sizeof(v->hc.args)))
				return -EFAULT;
			return restart_at(v, at, left);
		}
		if (!store_word(at + offsetof(multicall_entry_t, result), rc))
			return -EFAULT;
		at += sizeof(multicall_entry_t);
		if (--left && hypercall_preempt())
			return restart_at(v, at, left);
	}
	return 0;
}
