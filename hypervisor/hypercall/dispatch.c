/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of hypercalls, made from abi/hypercalls.def, and the way through it.
 */
#include "control/trace.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"

enum who { ANY, PRIV };

struct hypercall_row {
	const char *name;
	long (*handler)(struct vcpu *v, const void *args);	/* NULL: absent, -ENOSYS */
	enum who who;
};

#define HYPERCALL(nr, name, who, args) \
	[nr] = { #name, (long (*)(struct vcpu *, const void *))do_##name, who },
#define HYPERCALL_ABSENT(nr, name, why)	[nr] = { #name, NULL, ANY },
static const struct hypercall_row rows[HC_COUNT] = {
#include "abi/hypercalls.def"
};
#undef HYPERCALL
#undef HYPERCALL_ABSENT

/*
 * For cpu/entry.S: what it calls with nothing in guest_regs but where the guest is; NULL: absent; HYPERCALL_LONG: not by it.
 * Those are what not all may call, and what reads or replaces guest_regs.
 */
#define HYPERCALL(nr, name, who, args)									\
	[nr] = (who) == ANY && (nr) != HC_iret && (nr) != HC_multicall ? (const void *)do_##name :	\
		       (const void *)HYPERCALL_LONG,
#define HYPERCALL_ABSENT(nr, name, why)
const void *const hypercall_short[HC_COUNT] = {
#include "abi/hypercalls.def"
};
#undef HYPERCALL
#undef HYPERCALL_ABSENT

const char *hypercall_name(u32 nr)
{
	return nr < HC_COUNT && rows[nr].name ? rows[nr].name : "?";
}

static long call(struct vcpu *v, u64 nr)
{
	if (unlikely(nr >= HC_COUNT || !rows[nr].handler))
		return -ENOSYS;
	hypercall_count(nr);
	if (unlikely(rows[nr].who == PRIV && !v->domain->privileged))
		return -EPERM;
	v->hc.nr = nr;
	return rows[nr].handler(v, v->hc.args);
}

long hypercall_call(struct vcpu *v, u64 nr)
{
	return unlikely(v->pv.long_ways && trace_on) ? trace_call(v, nr, call) : call(v, nr);
}

/*
 * A call that answers -ERESTART is made again: RIP goes back to its SYSCALL (two bytes), and the
 * arguments that hold its progress go to their registers.  In between the guest may take events.
 */
void hypercall_dispatch(struct vcpu *v, struct cpu_user_regs *regs)
{
	u64 *const from[] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8, &regs->r9 };
	long rc;

	for (unsigned int i = 0; i < ARRAY_SIZE(from); i++)
		v->hc.args[i] = *from[i];
	rc = hypercall_call(v, regs->rax);
	if (likely(rc != -ERESTART)) {
		regs->rax = rc;
		return;
	}
	regs->rip -= 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(from); i++)
		*from[i] = v->hc.args[i];
}

#ifdef DEBUG
long hc_fail(long rc, const char *fmt, ...)
{
	struct vcpu *v = current;
	char text[120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_debug("d%dv%u %s = %ld: %s", v->domain->id, v->id, hypercall_name(v->hc.nr), rc, text);
	return rc;
}
#endif

void hypercall_counters_dump(void)
{
	for (u32 nr = 0; nr < HC_COUNT; nr++) {
		u64 n = 0;

		for (u32 cpu = 0; cpu < nr_cpus; cpu++)
			n += pcpu_of(cpu)->info->calls[nr];
		if (n)
			log_info("%2u %-32s %lu", nr, hypercall_name(nr), n);
	}
}
