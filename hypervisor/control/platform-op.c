/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op: the initial domain as the machine's administrator.  ABI: platform.h.
 *
 * The structure is copied in once, here; handlers find it at c->extra and copy out the part they answer.
 */
#include "cpu/acpi.h"
#include "cpu/pcpu.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define ACPI_STATE_S5	5

static xen_platform_op_t *platform_op(const struct subop_call *c)
{
	return (xen_platform_op_t *)c->extra;
}

/* ---- time --------------------------------------------------------------------------------------------- */

static long set_time(u64 sec, u32 nsec, u64 system_time)
{
	clock_set_wallclock(sec, nsec, system_time);
	domains_each(clock_update_wallclock);
	return 0;
}

long do_platform_settime32(struct subop_call *c, void *op)
{
	const struct xenpf_settime32 *t = &platform_op(c)->u.settime32;

	return set_time(t->secs, t->nsecs, t->system_time);
}

long do_platform_settime64(struct subop_call *c, void *op)
{
	const struct xenpf_settime64 *t = &platform_op(c)->u.settime64;

	if (t->mbz)
		return -EINVAL;
	return set_time(t->secs, t->nsecs, t->system_time);
}

/* ---- firmware ------------------------------------------------------------------------------------------- */

/* We boot without asking the BIOS for disks and monitors: there are none to tell of. */
long do_platform_firmware_info(struct subop_call *c, void *op)
{
	xen_platform_op_t *p = platform_op(c);
	struct xenpf_firmware_info *f = &p->u.firmware_info;

	switch (f->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (f->index)
			return -ESRCH;
		f->u.kbd_shift_flags = 0;
		return copy_to_guest(c->arg + offsetof(xen_platform_op_t, u.firmware_info), f,
				     sizeof(*f)) ? -EFAULT : 0;
	default:
		return -EINVAL;
	}
}

/* ---- CPUs and power ----------------------------------------------------------------------------------- */

long do_platform_get_cpuinfo(struct subop_call *c, void *op)
{
	struct xenpf_pcpuinfo *i = &platform_op(c)->u.pcpu_info;
	const struct pcpu *p = i->xen_cpuid < NR_CPUS ? pcpu_of(i->xen_cpuid) : NULL;

	i->flags = XEN_PCPU_FLAGS_INVALID;
	if (p) {
		i->flags = p->online ? XEN_PCPU_FLAGS_ONLINE : 0;
		i->apic_id = p->apic_id;
		i->acpi_id = p->acpi_id;
	}
	i->max_present = nr_cpus - 1;
	return copy_to_guest(c->arg + offsetof(xen_platform_op_t, u.pcpu_info), i, sizeof(*i)) ?
		-EFAULT : 0;
}

/* C and P states are the CPU's own business here; Linux takes this answer for that. */
long do_platform_set_processor_pminfo(struct subop_call *c, void *op)
{
	return -ENOSYS;
}

/* The domain has prepared its devices and the firmware; S5 is ours to enter when all is stopped. */
long do_platform_enter_acpi_sleep(struct subop_call *c, void *op)
{
	const struct xenpf_enter_acpi_sleep *s = &platform_op(c)->u.enter_acpi_sleep;

	if (s->flags & ~XENPF_ACPI_SLEEP_EXTENDED)
		return -EINVAL;
	if (s->sleep_state != ACPI_STATE_S5)
		return -EOPNOTSUPP;
	domain_shutdown(c->v->domain, SHUTDOWN_poweroff);
	return 0;
}

/**
 * do_platform_op
 * Return: as the command's; -EACCES for another interface version; -EFAULT; -ENOSYS.
 */
long do_platform_op(struct vcpu *v, const struct hc_platform_op *a)
{
	xen_platform_op_t op;

	if (copy_from_guest(&op, a->op_reg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return hc_fail(-EACCES, "platform_op version %#x", op.interface_version);
	return subop_call(FAM_platform, op.cmd,
			  &(struct subop_call){ .v = v, .arg = a->op_reg, .extra = (u64)&op });
}
