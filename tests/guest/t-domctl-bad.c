/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl-bad - control calls with arguments that make no sense
 *
 * Right: each is refused by its error, and nothing has changed: no domain is left, no page is missing.
 * ABI: domctl.h, sysctl.h.
 *
 * Boot: --initrd ./domctl-bad.elf --memory 256
 */
#include "child.h"

static long raw_domctl(u32 cmd, u32 version, domid_t dom)
{
	struct xen_domctl op = { .cmd = cmd, .interface_version = version, .domain = dom };

	return hypercall_regs(__HYPERVISOR_domctl, (u64[6]){ (u64)&op });
}

static long create(void (*change)(struct xen_domctl_createdomain *c))
{
	struct xen_domctl op = { 0 };
	long rc;

	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
	change(&op.u.createdomain);
	rc = domctl(XEN_DOMCTL_createdomain, 0, &op);
	if (!rc)
		domctl(XEN_DOMCTL_destroydomain, op.domain, &op);
	return rc;
}

static void nothing(struct xen_domctl_createdomain *c) { (void)c; }
static void hvm(struct xen_domctl_createdomain *c) { c->flags = XEN_DOMCTL_CDF_hvm; }
static void hap(struct xen_domctl_createdomain *c) { c->flags = XEN_DOMCTL_CDF_hap; }
static void flags(struct xen_domctl_createdomain *c) { c->flags = 1u << 30; }
static void no_vcpus(struct xen_domctl_createdomain *c) { c->max_vcpus = 0; }
static void vcpus(struct xen_domctl_createdomain *c) { c->max_vcpus = 100000; }
static void grant_version_9(struct xen_domctl_createdomain *c) { c->grant_opts = 9; }
static void grant_options(struct xen_domctl_createdomain *c) { c->grant_opts = 0x12; }
static void cpupool(struct xen_domctl_createdomain *c) { c->cpupool_id = 7; }

static void create_points(void)
{
	struct xen_domctl op = { 0 };

	check_eq(create(nothing), 0, "createdomain with what makes sense");
	check(create(hvm) < 0, "not paravirtual");
	check_eq(create(hap), -XEN_EINVAL, "paging of a kind PV has not");
	check_eq(create(flags), -XEN_EINVAL, "unknown flags");
	check_eq(create(no_vcpus), -XEN_EINVAL, "no vCPU");
	check_eq(create(vcpus), -XEN_EINVAL, "a hundred thousand vCPUs");
	check_eq(create(grant_version_9), -XEN_EINVAL, "grant version 9");
	check_eq(create(grant_options), -XEN_EINVAL, "unknown grant options");
	check_eq(create(cpupool), -XEN_ESRCH, "no such cpupool");
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
	check_eq(domctl(XEN_DOMCTL_getdomaininfo, 1, &op), -XEN_ESRCH, "no domain is left");
}

static void nobody_points(void)
{
	static const u32 cmds[] = {
		XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain, XEN_DOMCTL_max_mem,
		XEN_DOMCTL_setvcpucontext, XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_max_vcpus,
		XEN_DOMCTL_scheduler_op, XEN_DOMCTL_setvcpuaffinity, XEN_DOMCTL_resumedomain,
		XEN_DOMCTL_sendtrigger, XEN_DOMCTL_set_address_size, XEN_DOMCTL_hypercall_init,
		XEN_DOMCTL_getpageframeinfo3, XEN_DOMCTL_set_cpu_policy, XEN_DOMCTL_settscinfo,
	};

	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++) {
		struct xen_domctl op = { 0 };

		check_eq(domctl(cmds[i], 77, &op), -XEN_ESRCH, "command %u for nobody", cmds[i]);
	}
}

static void self_points(void)
{
	struct xen_domctl op = { 0 };

	check_eq(domctl(XEN_DOMCTL_destroydomain, 0, &op), -XEN_EINVAL, "to destroy ourselves");
	check_eq(domctl(XEN_DOMCTL_pausedomain, 0, &op), -XEN_EINVAL, "to pause ourselves");
	check_eq(domctl(XEN_DOMCTL_unpausedomain, 0, &op), -XEN_EINVAL, "to unpause what is not paused");
	check_eq(domctl(XEN_DOMCTL_pausedomain, DOMID_SELF, &op), -XEN_ESRCH, "DOMID_SELF is no number here");
	op.u.max_vcpus.max = 1;
	check_eq(domctl(XEN_DOMCTL_max_vcpus, 0, &op), -XEN_EINVAL, "our own vCPUs");
	op.u.vcpucontext.vcpu = 99;
	check_refused(domctl(XEN_DOMCTL_getvcpucontext, 0, &op) == -XEN_ESRCH ? -XEN_EINVAL :
		      domctl(XEN_DOMCTL_getvcpucontext, 0, &op), "a vCPU we have not");
}

static void child_points(void)
{
	struct xen_domctl op = { 0 };
	u64 array[4] = { 0, ~0UL, 0x7ffffff, 1 };
	struct child c;

	if (child_create(&c, 2))
		bail_out("no child");
	check_eq(child_unpause(&c), 0, "a domain without a context is unpaused");
	check_eq(child_pause(&c), 0, "and paused");
	op.u.max_vcpus.max = 3;
	check_eq(domctl(XEN_DOMCTL_max_vcpus, c.id, &op), -XEN_EINVAL, "more vCPUs than it was made with");
	op.u.address_size.size = 128;
	check_eq(domctl(XEN_DOMCTL_set_address_size, c.id, &op), -XEN_EINVAL, "addresses of 128 bits");
	op.u.address_size.size = 64;
	check_eq(domctl(XEN_DOMCTL_set_address_size, c.id, &op), 0, "of 64");
	memset(&op, 0, sizeof(op));
	op.u.sendtrigger.trigger = 99;
	check(domctl(XEN_DOMCTL_sendtrigger, c.id, &op) < 0, "trigger 99");
	memset(&op, 0, sizeof(op));
	op.u.getpageframeinfo3.num = 4;
	set_xen_guest_handle(op.u.getpageframeinfo3.array, array);
	check_eq(domctl(XEN_DOMCTL_getpageframeinfo3, c.id, &op), 0, "frames of others");
	check_eq(array[1], XEN_DOMCTL_PFINFO_XTAB, "are no frames of its");
	op.u.getpageframeinfo3.num = 4;
	set_xen_guest_handle(op.u.getpageframeinfo3.array, (void *)HYPERVISOR_VA);
	check_eq(domctl(XEN_DOMCTL_getpageframeinfo3, c.id, &op), -XEN_EFAULT, "an array out of reach");
	memset(&op, 0, sizeof(op));
	op.u.scheduler_op.sched_id = 99;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	check_eq(domctl(XEN_DOMCTL_scheduler_op, c.id, &op), -XEN_EINVAL, "another scheduler's figures");
	child_destroy(&c);
	child_is_gone(&c);
}

static void sysctl_points(void)
{
	struct xen_sysctl op = { 0 };

	check_eq(sysctl(99, &op), -XEN_ENOSYS, "sysctl 99");
	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
	check_eq(hypercall_regs(__HYPERVISOR_sysctl, (u64[6]){ (u64)&op }), -XEN_EACCES, "sysctl of another version");
	check_eq(hypercall_regs(__HYPERVISOR_sysctl, (u64[6]){ HYPERVISOR_VA }), -XEN_EFAULT, "sysctl out of reach");
	memset(&op, 0, sizeof(op));
	op.u.getdomaininfolist.max_domains = 4;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, (void *)HYPERVISOR_VA);
	check_eq(sysctl(XEN_SYSCTL_getdomaininfolist, &op), -XEN_EFAULT, "a list out of reach");
	memset(&op, 0, sizeof(op));
	op.u.cpupool_op.op = 99;
	check_eq(sysctl(XEN_SYSCTL_cpupool_op, &op), -XEN_ENOSYS, "cpupool command 99");
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op.u.cpupool_op.cpupool_id = 1;
	check_eq(sysctl(XEN_SYSCTL_cpupool_op, &op), -XEN_ENOENT, "there is one cpupool");
}

void test_main(void)
{
	struct child c;
	u64 before;

	/* The first domain of two vCPUs leaves a page in Xen's small allocations. */
	child_create(&c, 2);
	child_destroy(&c);
	before = free_pages_settled();
	check_eq(raw_domctl(XEN_DOMCTL_pausedomain, XEN_DOMCTL_INTERFACE_VERSION - 1, 0), -XEN_EACCES,
		 "domctl of another version");
	check_eq(raw_domctl(999, XEN_DOMCTL_INTERFACE_VERSION, 0), -XEN_ENOSYS, "domctl 999");
	check_eq(raw_domctl(0, XEN_DOMCTL_INTERFACE_VERSION, 0), -XEN_ENOSYS, "domctl 0");
	check_eq(hypercall_regs(__HYPERVISOR_domctl, (u64[6]){ HYPERVISOR_VA }), -XEN_EFAULT, "domctl out of reach");
	create_points();
	nobody_points();
	self_points();
	child_points();
	sysctl_points();
	check_eq(free_pages_again(before), before, "every page came back");
}
