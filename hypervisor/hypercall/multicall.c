/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: several hypercalls for the price of one SYSCALL.
 */
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define ENTRY_VA(base, i, field) \
	((base) + (u64)(i) * sizeof(multicall_entry_t) + offsetof(multicall_entry_t, field))

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
		u64 op;
		long rc = -EINVAL;

		if (i && hypercall_preempt())
			return restart_at(v, calls, count, i);
		if (!fetch_words(v, &op, ENTRY_VA(calls, i, op), sizeof(op)) ||
		    !fetch_words(v, v->hc.args, ENTRY_VA(calls, i, args), sizeof(v->hc.args)))
			return -EFAULT;
		if ((u32)op != HC_multicall)
			rc = hypercall_call(v, op);
		if ((u32)op == HC_iret)
			return rc;
		if (rc == -ERESTART) {
			if (copy_to_guest(ENTRY_VA(calls, i, args), v->hc.args, sizeof(v->hc.args)))
				return -EFAULT;
			return restart_at(v, calls, count, i);
		}
		if (!store_word(v, ENTRY_VA(calls, i, result), rc))
			return -EFAULT;
	}
	return 0;
}
