/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands behind one hypercall: the table made from abi/subops.def, and the one place where
 * their structures are copied in, once, and out, once.
 */
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

enum who { ANY, PRIV };
enum copy { COPY_NONE = 0, COPY_IN = 1, COPY_OUT = 2 };

struct subop_row {
	long (*handler)(struct subop_call *c, void *op);	/* NULL: absent */
	u16 size;
	u8 copy;
	u8 who;
	u8 error;					/* of an absent one; 0: there is no such command */
};

#define SUBOP_MAX	88		/* numbers in every family are below this, whose row is empty */
#define OP_SIZE_MAX	1024		/* largest structure: xen_commandline_t, xen_capabilities_info_t */

/* Every structure fits the buffer of call_copied(). */
#define SIZE(t)		(sizeof(t) + 0 * sizeof(char[sizeof(t) <= OP_SIZE_MAX ? 1 : -1]))
#define IN(t)		SIZE(t), COPY_IN
#define INOUT(t)	SIZE(t), COPY_IN | COPY_OUT
#define VEC(t)		SIZE(t), COPY_IN | COPY_OUT
#define OUT(t)		SIZE(t), COPY_OUT
#define SELF(t)		0, COPY_NONE
#define NONE		0, COPY_NONE
#define SUBOP(family, nr, name, who, kind) \
	[FAM_##family][nr] = { do_##family##_##name, kind, who, 0 },
#define SUBOP_ABSENT(family, nr, name, error) \
	[FAM_##family][nr] = { NULL, 0, COPY_NONE, ANY, error },
static const struct subop_row rows[FAM_COUNT][SUBOP_MAX + 1] = {
#include "abi/subops.def"
};

static __attribute__((noinline)) long call_copied(const struct subop_row *row, struct subop_call *c)
{
	u64 buffer[OP_SIZE_MAX / 8];
	void *op = c->op ? c->op : buffer;
	long rc;

	if (!c->op && (row->copy & COPY_IN)) {
		if (copy_from_guest(op, c->arg, row->size))
			return -EFAULT;
	} else if (!c->op && row->copy) {
		__builtin_memset(op, 0, row->size);
	}
	rc = row->handler(c, op);
	if (rc >= 0 && (row->copy & COPY_OUT) && copy_to_guest(c->arg, op, row->size))
		return -EFAULT;
	return rc;
}

long subop_call(enum subop_family fam, u32 nr, struct subop_call *c)
{
	const struct subop_row *row = &rows[fam][MIN(nr, (u32)SUBOP_MAX)];

	__asm__("" : "+r"(row));		/* found once */
	if (!row->handler)
		return hc_fail(row->error ? -row->error : -ENOSYS, "command %u is not offered", nr);
	if (row->who == PRIV && !c->v->domain->privileged)
		return -EPERM;
	return row->copy ? call_copied(row, c) : row->handler(c, c->op);
}

/* Calls that are nothing but their family. */
#define FAMILY(name)											\
	long do_##name##_op(struct vcpu *v, const struct hc_##name##_op *a)				\
	{												\
		return subop_call(FAM_##name, a->cmd, &(struct subop_call){ .v = v, .arg = a->arg_reg });	\
	}
FAMILY(callback)
FAMILY(physdev)
FAMILY(sched)

/* ---- the forms of before interface 0x00030202, which NetBSD's kernels keep to: command and structure in one ---- */

static long old_form(struct vcpu *v, enum subop_family fam, u32 last, guest_va_t op, u32 structure)
{
	u32 cmd;

	if (copy_from_guest(&cmd, op, sizeof(cmd)))
		return -EFAULT;
	return cmd <= last ? subop_call(fam, cmd, &(struct subop_call){ .v = v, .arg = op + structure }) : -ENOSYS;
}

long do_event_channel_op_compat(struct vcpu *v, const struct hc_event_channel_op_compat *a)
{
	return old_form(v, FAM_evtchn, EVTCHNOP_unmask, a->op_reg, offsetof(evtchn_op_t, u));
}

long do_physdev_op_compat(struct vcpu *v, const struct hc_physdev_op_compat *a)
{
	return old_form(v, FAM_physdev, SUBOP_MAX, a->op_reg, offsetof(physdev_op_t, u));
}

long do_sched_op_compat(struct vcpu *v, const struct hc_sched_op_compat *a)
{
	sched_shutdown_t s = { .reason = a->reason };

	return a->cmd <= SCHEDOP_shutdown ? subop_call(FAM_sched, a->cmd, &(struct subop_call){ .v = v, .op = &s }) : -ENOSYS;
}
