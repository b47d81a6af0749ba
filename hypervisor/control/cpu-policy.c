/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: what the machine has, what PV guests may be told, and what one domain is told.
 *
 * A policy is a list of CPUID leaves.  A domain's begins as the default for PV; its controller reads it,
 * changes it and hands it back before the domain first runs.  Of features one can only take away; names,
 * numbers and cache sizes are the controller's to choose; the rest stays ours, as do the two registers
 * (MSRs) that belong to policies, in which nothing is offered.
 */
#include "control/cpu-policy.h"
#include "control/op.h"
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "lib/string.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

#define NONE	XEN_CPUID_NO_SUBLEAF

/* ---- which leaves there are, and whose word counts -------------------------------------------------- */

/*
 * All leaves that tools of 4.17 know, also where they are zero: tools make their own lists just as long.  A
 * letter a register, eax to edx: L a limit that may be lowered, F features that may be taken away, T taken
 * as told, - ours.
 */
static const struct leaf_rule {
	u32 first, last;			/* leaves */
	u32 sub_first, sub_last;		/* NONE: they have no subleaves */
	char regs[5];
} rules[] = {
	{ 0x0, 0x0, NONE, NONE, "LTTT" },	/* maker */
	{ 0x1, 0x1, NONE, NONE, "TTFF" },
	{ 0x2, 0x2, NONE, NONE, "TTTT" },	/* caches */
	{ 0x3, 0x3, NONE, NONE, "----" },
	{ 0x4, 0x4, 0, 5, "TTTT" },
	{ 0x5, 0x6, NONE, NONE, "----" },
	{ 0x7, 0x7, 0, 0, "LFFF" },
	{ 0x7, 0x7, 1, 1, "FFFF" },
	{ 0x8, 0xa, NONE, NONE, "----" },
	{ 0xb, 0xb, 0, 1, "----" },
	{ 0xc, 0xc, NONE, NONE, "----" },
	{ 0xd, 0xd, 0, 0, "F--F" },		/* XCR0 */
	{ 0xd, 0xd, 1, 1, "F---" },
	{ 0xd, 0xd, 2, 2, "----" },
	{ 0xd, 0xd, 5, 7, "----" },
	{ 0x40000000, 0x40000000, NONE, NONE, "----" },
	{ 0x40000100, 0x40000100, NONE, NONE, "----" },
	{ 0x80000000, 0x80000000, NONE, NONE, "LTTT" },
	{ 0x80000001, 0x80000001, NONE, NONE, "TTFF" },
	{ 0x80000002, 0x80000006, NONE, NONE, "TTTT" },	/* name, caches */
	{ 0x80000007, 0x80000007, NONE, NONE, "---F" },
	{ 0x80000008, 0x80000008, NONE, NONE, "-FT-" },
	{ 0x80000009, 0x80000018, NONE, NONE, "----" },
	{ 0x80000019, 0x80000019, NONE, NONE, "TTTT" },
	{ 0x8000001a, 0x8000001d, NONE, NONE, "----" },
};

typedef void (*leaf_source)(u32 leaf, u32 subleaf, struct cpuid_leaf *out);

static void cpuid_machine(u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	u32 max = leaf & 0x80000000 ? cpu_features.max_ext_leaf : cpu_features.max_leaf;

	*out = (struct cpuid_leaf){ 0 };
	if (leaf <= max)
		cpuid(leaf, subleaf, &out->a, &out->b, &out->c, &out->d);
}

static void policy_build(struct cpu_policy *p, leaf_source source)
{
	struct cpuid_leaf l;
	u32 max;

	p->nr = 0;
	for (const struct leaf_rule *r = rules; r < rules + ARRAY_SIZE(rules); r++) {
		source(r->first & 0x80000000, 0, &l);
		max = r->first & 0x40000000 ? r->last : l.a;
		for (u32 n = r->first; n <= MIN(r->last, max); n++)
			for (u32 sub = r->sub_first; sub <= r->sub_last; sub++) {
				l = (struct cpuid_leaf){ 0 };
				if (!(n & 0x40000000))
					source(n, sub == NONE ? 0 : sub, &l);
				CHECK(p->nr < CPU_POLICY_LEAVES);
				p->leaf[p->nr++] = (xen_cpuid_leaf_t){ n, sub, l.a, l.b, l.c, l.d };
				if (sub == NONE)
					break;
			}
	}
}

static xen_cpuid_leaf_t *policy_find(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	for (u32 i = 0; i < p->nr; i++) {
		const xen_cpuid_leaf_t *l = &p->leaf[i];

		if (l->leaf == leaf && (l->subleaf == NONE || l->subleaf == subleaf))
			return (xen_cpuid_leaf_t *)l;
	}
	return NULL;
}

/* Leaves above the limits that were set do not exist. */
static bool beyond_limit(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	const xen_cpuid_leaf_t *l = policy_find(p, leaf & 0x80000000, NONE);

	if (l && leaf > l->a)
		return true;
	l = leaf == 7 ? policy_find(p, 7, 0) : NULL;
	return l && subleaf > l->a;
}

void cpu_policy_get(const struct cpu_policy *p, u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	const xen_cpuid_leaf_t *l = policy_find(p, leaf, subleaf);

	if (!l || beyond_limit(p, leaf, subleaf))
		*out = (struct cpuid_leaf){ 0 };
	else
		*out = (struct cpuid_leaf){ l->a, l->b, l->c, l->d };
}

/* ---- out to the tools -------------------------------------------------------------------------------- */

/* Registers of a policy, all without anything offered. */
static const u32 policy_msrs[] = { MSR_PLATFORM_INFO, MSR_ARCH_CAPABILITIES };

/* NULL lists ask for the most there can be. */
static long policy_out(const struct cpu_policy *p, guest_va_t leaves, u32 *nr_leaves, guest_va_t msrs,
		       u32 *nr_msrs)
{
	u32 room = *nr_leaves, msr_room = *nr_msrs;

	*nr_leaves = leaves ? p->nr : CPU_POLICY_LEAVES;
	*nr_msrs = ARRAY_SIZE(policy_msrs);
	if ((leaves && room < p->nr) || (msrs && msr_room < *nr_msrs))
		return hc_fail(-ENOBUFS, "room for %u of %u leaves, %u of %u registers", room, p->nr, msr_room,
			       *nr_msrs);
	if (leaves && copy_to_guest(leaves, p->leaf, p->nr * sizeof(p->leaf[0])))
		return -EFAULT;
	for (u32 i = 0; msrs && i < *nr_msrs; i++) {
		xen_msr_entry_t e = { .idx = policy_msrs[i] };

		if (copy_to_guest(msrs + i * sizeof(e), &e, sizeof(e)))
			return -EFAULT;
	}
	return 0;
}

/* A policy by its number in sysctl.h; 0, -EOPNOTSUPP for those of HVM guests. */
static leaf_source source_of(u32 index)
{
	switch (index) {
	case XEN_SYSCTL_cpu_policy_raw:
	case XEN_SYSCTL_cpu_policy_host:
		return cpuid_machine;
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		return cpuid_pv;
	default:
		return NULL;
	}
}

long do_sysctl_get_cpu_policy(struct subop_call *c, void *op)
{
	xen_sysctl_cpu_policy_t *k = &((xen_sysctl_t *)op)->u.cpu_policy;
	leaf_source source = source_of(k->index);
	struct cpu_policy *p;
	long rc;

	if (k->_rsvd || k->index > XEN_SYSCTL_cpu_policy_hvm_default)
		return hc_fail(-EINVAL, "policy %u", k->index);
	if (!source)
		return hc_fail(-EOPNOTSUPP, "policy %u is for HVM", k->index);
	p = zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	policy_build(p, source);
	rc = policy_out(p, handle_va(k->leaves, 0), &k->nr_leaves, handle_va(k->msrs, 0), &k->nr_msrs);
	zfree(p);
	return rc;
}

/* What of a leaf each word of a featureset is, as arch-x86/cpufeatureset.h numbers them. */
static const struct { u32 leaf; u8 subleaf, reg; } words[] = {
	{ 1, 0, 3 }, { 1, 0, 2 }, { 0x80000001, 0, 3 }, { 0x80000001, 0, 2 }, { 0xd, 1, 0 }, { 7, 0, 1 },
	{ 7, 0, 2 }, { 0x80000007, 0, 3 }, { 0x80000008, 0, 1 }, { 7, 0, 3 }, { 7, 1, 0 },
	{ 0x80000021, 0, 0 }, { 7, 1, 1 }, { 7, 2, 3 }, { 7, 1, 2 }, { 7, 1, 3 },
};
#define NR_WORDS	19			/* the last ones, of MSRs and leaf 0x80000021, are 0 */

long do_sysctl_get_cpu_featureset(struct subop_call *c, void *op)
{
	static const u8 policies[] = {
		[XEN_SYSCTL_cpu_featureset_raw] = XEN_SYSCTL_cpu_policy_raw,
		[XEN_SYSCTL_cpu_featureset_host] = XEN_SYSCTL_cpu_policy_host,
		[XEN_SYSCTL_cpu_featureset_pv] = XEN_SYSCTL_cpu_policy_pv_default,
		[XEN_SYSCTL_cpu_featureset_hvm] = XEN_SYSCTL_cpu_policy_hvm_default,
		[XEN_SYSCTL_cpu_featureset_pv_max] = XEN_SYSCTL_cpu_policy_pv_max,
		[XEN_SYSCTL_cpu_featureset_hvm_max] = XEN_SYSCTL_cpu_policy_hvm_max,
	};
	struct xen_sysctl_cpu_featureset *k = &((xen_sysctl_t *)op)->u.cpu_featureset;
	u32 set[NR_WORDS] = { 0 }, n = MIN(k->nr_features, (u32)NR_WORDS);
	leaf_source source;

	if (handle_is_null(k->features)) {
		k->nr_features = NR_WORDS;
		return 0;
	}
	if (k->index >= ARRAY_SIZE(policies))
		return hc_fail(-EINVAL, "featureset %u", k->index);
	source = source_of(policies[k->index]);
	if (!source)
		return hc_fail(-EOPNOTSUPP, "featureset %u is for HVM", k->index);
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		struct cpuid_leaf l;

		source(words[i].leaf, words[i].subleaf, &l);
		set[i] = ((u32[]){ l.a, l.b, l.c, l.d })[words[i].reg];
	}
	k->nr_features = n;
	if (copy_to_guest(handle_va(k->features, 0), set, n * sizeof(set[0])))
		return -EFAULT;
	if (n < NR_WORDS)
		return copy_to_guest(c->arg, op, sizeof(xen_sysctl_t)) ? -EFAULT : -ENOBUFS;
	return 0;
}

/* No masking: CPUID without the prefix is the CPU's own. */
long do_sysctl_get_cpu_levelling_caps(struct subop_call *c, void *op)
{
	((xen_sysctl_t *)op)->u.cpu_levelling_caps.caps = 0;
	return 0;
}

/* ---- of one domain -------------------------------------------------------------------------------------- */

static struct cpu_policy *policy_copy(const struct domain *d)
{
	struct cpu_policy *p = zalloc(sizeof(*p));

	if (p && d->control.policy)
		*p = *d->control.policy;
	else if (p)
		policy_build(p, cpuid_pv);
	return p;
}

long do_domctl_get_cpu_policy(struct subop_call *c, void *op)
{
	xen_domctl_cpu_policy_t *k = &((xen_domctl_t *)op)->u.cpu_policy;
	struct cpu_policy *p = policy_copy(target(c));
	long rc;

	if (!p)
		return -ENOMEM;
	rc = policy_out(p, handle_va(k->leaves, 0), &k->nr_leaves, handle_va(k->msrs, 0), &k->nr_msrs);
	zfree(p);
	return rc;
}

/* Has a list of leaves room for this one?  What tools send for leaves that are all zero here is let go. */
static bool leaf_is_known(const xen_cpuid_leaf_t *l)
{
	switch (l->leaf) {
	case 0x4: case 0x7: case 0xb:
		return l->subleaf < 8;
	case 0xd:
		return l->subleaf < 63;
	case 0x0 ... 0x3: case 0x5 ... 0x6: case 0x8 ... 0xa: case 0xc:
	case 0x40000000: case 0x40000100:
	case 0x80000000 ... 0x80000021:
		return l->subleaf == NONE;
	default:
		return false;
	}
}

static char rule_of(const xen_cpuid_leaf_t *l, unsigned int reg)
{
	for (const struct leaf_rule *r = rules; r < rules + ARRAY_SIZE(rules); r++)
		if (l->leaf >= r->first && l->leaf <= r->last && l->subleaf >= r->sub_first &&
		    l->subleaf <= r->sub_last)
			return r->regs[reg];
	return '-';
}

/* Change the leaf `have` to what is wanted of it, within `most`.  False: a limit above ours. */
static bool leaf_change(xen_cpuid_leaf_t *have, const xen_cpuid_leaf_t *most, const xen_cpuid_leaf_t *want)
{
	u32 *const to[] = { &have->a, &have->b, &have->c, &have->d };
	const u32 new[] = { want->a, want->b, want->c, want->d };
	const u32 max[] = { most->a, most->b, most->c, most->d };

	for (unsigned int i = 0; i < 4; i++)
		switch (rule_of(have, i)) {
		case 'L':
			if (new[i] > max[i])
				return false;
			*to[i] = new[i];
			break;
		case 'F':
			*to[i] = new[i] & max[i];
			break;
		case 'T':
			*to[i] = new[i];
		}
	return true;
}

static long leaves_in(struct cpu_policy *p, xen_domctl_cpu_policy_t *k)
{
	struct cpu_policy *most = zalloc(sizeof(*most));
	xen_cpuid_leaf_t want, *have, *limit;
	long rc = most ? 0 : -ENOMEM;

	if (most)
		policy_build(most, cpuid_pv);
	for (u32 i = 0; !rc && i < k->nr_leaves; i++) {
		rc = copy_from_guest(&want, handle_va(k->leaves, i), sizeof(want));
		if (rc)
			break;
		if (!leaf_is_known(&want)) {
			rc = -ERANGE;
		} else {
			have = policy_find(p, want.leaf, want.subleaf);
			limit = policy_find(most, want.leaf, want.subleaf);
			if (have && limit && !leaf_change(have, limit, &want))
				rc = -EINVAL;
		}
		if (rc) {
			k->err_leaf = want.leaf;
			k->err_subleaf = want.subleaf;
		}
	}
	zfree(most);
	return rc;
}

static long msrs_in(xen_domctl_cpu_policy_t *k)
{
	xen_msr_entry_t e;
	long rc = 0;

	for (u32 i = 0; !rc && i < k->nr_msrs; i++) {
		if (copy_from_guest(&e, handle_va(k->msrs, i), sizeof(e)))
			return -EFAULT;
		k->err_msr = e.idx;
		if (e.idx != MSR_PLATFORM_INFO && e.idx != MSR_ARCH_CAPABILITIES)
			rc = -ERANGE;
		else if (e.flags || e.val)
			rc = -EINVAL;
	}
	if (!rc)
		k->err_msr = ~0u;
	return rc;
}

/**
 * do_domctl_set_cpu_policy - change what a domain is told by CPUID
 * op: any number of leaves and registers; the others stay
 *
 * Return: 0; -EINVAL for the caller's own domain, and limits or registers beyond what we offer; -ERANGE for
 * leaves or registers that are not a policy's: err_* then say which; -EEXIST once the domain has run; -E2BIG;
 * -EFAULT; -ENOMEM.
 */
long do_domctl_set_cpu_policy(struct subop_call *c, void *op)
{
	xen_domctl_cpu_policy_t *k = &((xen_domctl_t *)op)->u.cpu_policy;
	struct domain *d = target(c);
	struct cpu_policy *p, *old;
	long rc;

	if (d == c->v->domain)
		return -EINVAL;
	if (d->control.started)
		return hc_fail(-EEXIST, "d%u has run", d->id);
	k->err_leaf = k->err_subleaf = k->err_msr = ~0u;
	if (k->nr_leaves > CPU_POLICY_LEAVES || k->nr_msrs > ARRAY_SIZE(policy_msrs))
		return hc_fail(-E2BIG, "%u leaves, %u registers", k->nr_leaves, k->nr_msrs);
	p = policy_copy(d);
	if (!p)
		return -ENOMEM;
	rc = leaves_in(p, k);
	if (!rc)
		rc = msrs_in(k);
	if (rc) {
		zfree(p);
		return copy_to_guest(c->arg, op, sizeof(xen_domctl_t)) ? -EFAULT : rc;
	}
	old = d->control.policy;
	d->control.policy = p;			/* no vCPU of d has run yet */
	zfree(old);
	return 0;
}
