/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-policy - what a domain is told by CPUID is its controller's to choose; and its state to look at
 *
 * Right: of the default policy, features are taken away and the name is changed; the domain sees just
 * that, and more than the default is not to be had. A policy may not be changed once the domain has
 * run. Sizes are asked for by NULL, short buffers are -ENOBUFS. The context of a stopped vCPU can be
 * read and set again as it was; what it can not have had is refused.  ABI: domctl.h, sysctl.h.
 *
 * Boot: --initrd ./child-policy.elf --memory 256
 */
#include "child.h"
#include <xen/arch-x86/cpuid.h>

#define SSSE3	 (1u << 9)
#define LEAVES	 200
#define NO_SUB	 XEN_CPUID_NO_SUBLEAF

static xen_cpuid_leaf_t leaves[LEAVES];
static xen_msr_entry_t msrs[8];
static vcpu_guest_context_t context;
static char xstate[8192] __attribute__((aligned(64)));

enum { ONE_C, NAME, READY, TURNS };

static void forced(u32 leaf, u32 *r)
{
	r[0] = leaf;
	r[2] = 0;
	__asm__ volatile(XEN_CPUID : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
}

void child_main(void)
{
	u32 r[4];

	forced(1, r);
	LIVE(mail.reply[ONE_C]) = r[2];
	forced(0x80000002, r);
	LIVE(mail.reply[NAME]) = r[0];
	LIVE(mail.reply[READY]) = 1;
	for (;;)
		LIVE(mail.reply[TURNS])++;
}

static long set(domid_t id, u32 leaf, u32 sub, u32 a, u32 b, u32 c, u32 d, struct xen_domctl *op)
{
	static xen_cpuid_leaf_t one;

	one = (xen_cpuid_leaf_t){ leaf, sub, a, b, c, d };
	memset(op, 0, sizeof(*op));
	op->u.cpu_policy.nr_leaves = 1;
	set_xen_guest_handle(op->u.cpu_policy.leaves, &one);
	return domctl(XEN_DOMCTL_set_cpu_policy, id, op);
}

static const xen_cpuid_leaf_t *find(u32 n, u32 leaf)
{
	for (u32 i = 0; i < n; i++)
		if (leaves[i].leaf == leaf)
			return &leaves[i];
	bail_out("no such leaf in the policy");
}

static u32 default_policy(void)
{
	struct xen_sysctl op = { .u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default };
	u32 most;

	check_eq(sysctl(XEN_SYSCTL_get_cpu_policy, &op), 0, "the size of a policy");
	most = op.u.cpu_policy.nr_leaves;
	check(most >= 20 && most <= LEAVES && op.u.cpu_policy.nr_msrs, "is told");
	set_xen_guest_handle(op.u.cpu_policy.leaves, leaves);
	op.u.cpu_policy.nr_leaves = 3;
	check_eq(sysctl(XEN_SYSCTL_get_cpu_policy, &op), -XEN_ENOBUFS, "room for three leaves");
	op.u.cpu_policy.nr_leaves = most;
	set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
	check_eq(sysctl(XEN_SYSCTL_get_cpu_policy, &op), 0, "the default policy");
	check(op.u.cpu_policy.nr_leaves <= most, "is no larger");
	return op.u.cpu_policy.nr_leaves;
}

static void policy_points(domid_t id, u32 n)
{
	const xen_cpuid_leaf_t *one = find(n, 1), *name = find(n, 0x80000002), *zero = find(n, 0);
	struct xen_domctl op;

	check(one->c & SSSE3, "the default has SSSE3");
	check_eq(set(id, 0, NO_SUB, zero->a + 1, zero->b, zero->c, zero->d, &op), -XEN_EINVAL,
		 "a higher limit of leaves");
	check_eq(op.u.cpu_policy.err_leaf, 0, "is the leaf at fault");
	check_eq(op.u.cpu_policy.err_msr, ~0u, "and no register");
	check_eq(set(id, 0, 0, zero->a, zero->b, zero->c, zero->d, &op), -XEN_ERANGE, "a subleaf where none is");
	check_eq(set(id, 0x50, NO_SUB, 0, 0, 0, 0, &op), -XEN_ERANGE, "a leaf of no policy");
	check_eq(op.u.cpu_policy.err_leaf, 0x50, "is the one at fault");
	memset(&op, 0, sizeof(op));
	msrs[0] = (xen_msr_entry_t){ .idx = 0x10 };
	op.u.cpu_policy.nr_msrs = 1;
	set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
	check_eq(domctl(XEN_DOMCTL_set_cpu_policy, id, &op), -XEN_ERANGE, "a register of no policy");
	check_eq(op.u.cpu_policy.err_msr, 0x10, "is the one at fault");
	check_eq(set(id, 1, NO_SUB, one->a, one->b, ~SSSE3, one->d, &op), 0, "all but SSSE3");
	check_eq(set(id, 0x80000002, NO_SUB, 0x736e6f42, name->b, name->c, name->d, &op), 0, "another name");
	check_eq(set(0, 1, NO_SUB, one->a, one->b, one->c, one->d, &op), -XEN_EINVAL, "our own policy");
}

static long context_op(domid_t id, u32 cmd)
{
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return domctl(cmd, id, &op);
}

static void state_points(struct child *c, struct mail *box)
{
	struct xen_domctl op = { 0 };
	u64 turns, rip;

	check_eq(context_op(c->id, XEN_DOMCTL_getvcpucontext), 0, "the context of a stopped vCPU");
	rip = context.user_regs.rip;
	check(rip >= (u64)image_start && rip < (u64)image_end, "is in its program: 0x%lx", rip);
	check_eq(xen_cr3_to_pfn(context.ctrlreg[3]), c->root, "on its tables");
	check((context.flags & VGCF_in_kernel) && (context.flags & VGCF_online), "in its kernel, on line");
	check_eq(context_op(c->id, XEN_DOMCTL_setvcpucontext), 0, "set as it was");
	context.ctrlreg[3] = xen_pfn_to_cr3(c->mfns[0]);
	check_eq(context_op(c->id, XEN_DOMCTL_setvcpucontext), -XEN_EOPNOTSUPP, "with another root");
	context.ctrlreg[3] = xen_pfn_to_cr3(c->root);
	context.user_regs.rip = NONCANONICAL;
	check_eq(context_op(c->id, XEN_DOMCTL_setvcpucontext), -XEN_EINVAL, "at an address that is none");

	check_eq(domctl(XEN_DOMCTL_getvcpuextstate, c->id, &op), 0, "the size of its other state");
	check(op.u.vcpuextstate.size > 16 && op.u.vcpuextstate.size <= sizeof(xstate), "is told: %lu",
	      (u64)op.u.vcpuextstate.size);
	set_xen_guest_handle(op.u.vcpuextstate.buffer, (uint64_t *)xstate);
	check_eq(domctl(XEN_DOMCTL_getvcpuextstate, c->id, &op), 0, "that state");
	check_eq(domctl(XEN_DOMCTL_setvcpuextstate, c->id, &op), 0, "set as it was");
	if (op.u.vcpuextstate.size >= 16 + 576) {
		xstate[16 + 512 + 7] = 0x40;	/* a component that no CPU has */
		check_eq(domctl(XEN_DOMCTL_setvcpuextstate, c->id, &op), -XEN_EINVAL, "parts that do not exist");
	}
	turns = LIVE(box->reply[TURNS]);
	check_eq(child_unpause(c), 0, "unpause");
	check(child_wait_word(&box->reply[TURNS], turns + 1000, 10 * SECOND), "it goes on");
}

void test_main(void)
{
	struct xen_domctl op;
	struct mail *box;
	struct child c;
	u32 n = default_policy();

	check_eq(child_create(&c, 1), 0, "a domain");
	policy_points(c.id, n);
	if (child_populate(&c) < 0 || child_load(&c, "") || child_start_state(&c))
		bail_out("the child cannot be built");
	box = child_map(&c, &mail);
	child_unpause(&c);
	check(child_wait_word(&box->reply[READY], 1, 10 * SECOND), "it runs");
	check(!(box->reply[ONE_C] & SSSE3), "without SSSE3");
	check(box->reply[ONE_C] & 1, "with SSE3");
	check_eq(box->reply[NAME], 0x736e6f42, "and another name");
	check_eq(set(c.id, 1, NO_SUB, 0, 0, 0, 0, &op), -XEN_EEXIST, "too late for another policy");
	check_eq(child_pause(&c), 0, "pause");
	state_points(&c, box);
	child_unmap(box);
	check_eq(child_destroy(&c), 0, "destroy");
	check(child_is_gone(&c), "gone");
}
