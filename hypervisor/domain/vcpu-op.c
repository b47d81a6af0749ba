/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op: a guest manages its own vCPUs.  ABI: vcpu.h.
 *
 * The vCPU named may be any of the domain's, running or not; c->extra holds its number, which
 * do_vcpu_op() has checked.
 */
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

#define PERIOD_MIN	1000000UL		/* 1 ms */
#define PERIOD_MAX	(~0UL >> 2)

/* Return: what the command says; -ENOENT for no such vCPU; -ENOSYS for no such command. */
long do_vcpu_op(struct vcpu *v, const struct hc_vcpu_op *a)
{
	struct domain *d = v->domain;

	if (a->vcpuid >= d->max_vcpus || !d->vcpu[a->vcpuid])
		return -ENOENT;			/* no words: Linux asks for each of 8192 as it boots */
	return subop_call(FAM_vcpu, a->cmd, &(struct subop_call){
		.v = v, .extra = a->vcpuid, .arg = a->arg_reg });
}

static struct vcpu *target(const struct subop_call *c)
{
	return c->v->domain->vcpu[c->extra];
}

static bool is_down(const struct vcpu *v)
{
	return READ_ONCE(v->sched.pause_flags) & VPF_DOWN;
}

/* ---- life ------------------------------------------------------------------------------------ */

/**
 * do_vcpu_initialise - give a vCPU its first context; it stays down
 *
 * Return: 0; -EFAULT; -EEXIST when it has one; -EINVAL when it has no vcpu_info yet, and for what
 * vcpu_set_context() refuses; -ENOMEM; -ERESTART.
 */
long do_vcpu_initialise(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;
	struct vcpu *v = target(c);
	struct vcpu_guest_context *ctx;
	long rc;

	if (!vcpu_info_present(v))
		return hc_fail(-EINVAL, "v%u has no vcpu_info", v->id);
	ctx = zalloc(sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	rc = copy_from_guest(ctx, c->arg, sizeof(*ctx));
	if (!rc) {
		spin_lock(&d->lock);
		rc = v->initialised ? -EEXIST : vcpu_set_context(v, ctx);
		spin_unlock(&d->lock);
	}
	zfree(ctx);
	return rc;
}

long do_vcpu_up(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;
	struct vcpu *v = target(c);
	bool ready;

	spin_lock(&d->lock);
	ready = v->initialised;
	spin_unlock(&d->lock);
	if (!ready)
		return hc_fail(-EINVAL, "v%u has no context", v->id);
	if (is_down(v))
		vcpu_set_up(v);
	return 0;
}

/* The last vCPU to go takes the domain with it: nobody could bring one up again. */
long do_vcpu_down(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;
	struct vcpu *v = target(c), *other;
	bool last = true;

	spin_lock(&d->lock);
	for_each_vcpu(d, other)
		if (other != v && !is_down(other))
			last = false;
	if (!last)
		vcpu_set_down(v);
	spin_unlock(&d->lock);
	if (last)
		domain_shutdown(d, SHUTDOWN_poweroff);
	return 0;
}

long do_vcpu_is_up(struct subop_call *c, void *op)
{
	return !is_down(target(c));
}

void vcpu_send_nmi(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->pv.nmi_pending, true, __ATOMIC_SEQ_CST)) {
		vcpu_unblock(v);
		vcpu_kick(v);
	}
}

long do_vcpu_send_nmi(struct subop_call *c, void *op)
{
	if (c->arg)
		return hc_fail(-EINVAL, "send_nmi has no argument");
	vcpu_send_nmi(target(c));
	return 0;
}

/* Only for the initial domain's vCPUs that have but one CPU to run on; -EINVAL for others. */
long do_vcpu_get_physid(struct subop_call *c, void *op)
{
	vcpu_get_physid_t *p = op;
	const struct vcpu *v = target(c);
	const struct pcpu *cpu = pcpu_of(v->sched.cpu);
	unsigned int choices = 0;

	for_each_bit(n, v->sched.hard, nr_cpus)
		choices++;
	if (!v->domain->privileged || choices != 1 || !cpu)
		return hc_fail(-EINVAL, "v%u is not pinned", v->id);
	p->phys_id = cpu->apic_id | (u64)cpu->acpi_id << 32;
	return 0;
}

/* ---- places in guest memory ------------------------------------------------------------------ */

long do_vcpu_register_vcpu_info(struct subop_call *c, void *op)
{
	const vcpu_register_vcpu_info_t *r = op;
	struct domain *d = c->v->domain;
	struct vcpu *v = target(c);
	int rc;

	spin_lock(&d->lock);
	rc = vcpu_info_map(v, r->mfn, r->offset);
	spin_unlock(&d->lock);
	if (!rc && v == current)
		clock_update_vcpu(v);
	return rc;
}

long do_vcpu_get_runstate_info(struct subop_call *c, void *op)
{
	vcpu_runstate_get(target(c), op);
	return 0;
}

/**
 * do_vcpu_register_runstate_memory_area - where to keep v's runstate from now on; address 0:
 * nowhere
 *
 * An address that cannot be written is no error; nothing is written there then.
 *
 * Return: 0; -EFAULT for an address of the hypervisor's.
 */
long do_vcpu_register_runstate_memory_area(struct subop_call *c, void *op)
{
	guest_va_t va = ((vcpu_register_runstate_memory_area_t *)op)->addr.p;
	struct vcpu *v = target(c);
	vcpu_runstate_info_t r;

	if (!guest_range_ok(va, sizeof(r)))
		return hc_fail(-EFAULT, "runstate area at %#lx", va);
	v->sched.runstate_area = va;
	if (!va)
		return 0;
	vcpu_runstate_get(v, &r);
	if (copy_to_guest(va, &r, sizeof(r)))
		return hc_fail(0, "runstate area at %#lx is not mapped now", va);
	return 0;
}

long do_vcpu_register_vcpu_time_memory_area(struct subop_call *c, void *op)
{
	guest_va_t va = ((vcpu_register_time_memory_area_t *)op)->addr.p;
	struct vcpu *v = target(c);

	if (!guest_range_ok(va, sizeof(vcpu_time_info_t)))
		return hc_fail(-EFAULT, "time area at %#lx", va);
	v->sched.time_area = va;
	if (v == current)
		clock_update_vcpu(v);
	return 0;
}

/* ---- timers ---------------------------------------------------------------------------------- */

long do_vcpu_set_periodic_timer(struct subop_call *c, void *op)
{
	u64 period = ((vcpu_set_periodic_timer_t *)op)->period_ns;
	struct vcpu *v = target(c);

	if (period < PERIOD_MIN || period > PERIOD_MAX)
		return hc_fail(-EINVAL, "period of %lu ns", period);
	vcpu_set_period(v, period);
	if (v != c->v)
		timer_set(&v->sched.periodic, now_ns() + period);	/* it may be running */
	return 0;
}

long do_vcpu_stop_periodic_timer(struct subop_call *c, void *op)
{
	vcpu_set_period(target(c), 0);
	return 0;
}

/*
 * A time that has passed comes at once, also with VCPU_SSHOTTMR_future: Linux before 4.7 would take -ETIME for a
 * reason to try again and again, and give up.
 *
 * Return: 0; -EINVAL for another vCPU's.
 */
long do_vcpu_set_singleshot_timer(struct subop_call *c, void *op)
{
	const vcpu_set_singleshot_timer_t *s = op;
	struct vcpu *v = target(c);

	if (v != c->v)
		return hc_fail(-EINVAL, "v%u's timer is its own affair", v->id);
	timer_set(&v->sched.singleshot, s->timeout_abs_ns);
	return 0;
}

long do_vcpu_stop_singleshot_timer(struct subop_call *c, void *op)
{
	struct vcpu *v = target(c);

	if (v != c->v)
		return hc_fail(-EINVAL, "v%u's timer is its own affair", v->id);
	timer_stop(&v->sched.singleshot);
	return 0;
}
