/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bad-pointers - every hypercall and sub-operation with pointers that are none
 *
 * Right: -EFAULT for NULL (nothing is mapped there), for an address where nothing is, in the
 * hypervisor, not canonical, at the end of the address space, and for an object whose first byte
 * is the last of a page with nothing behind it. The rows are made from hypercalls.def and
 * subops.def; a row that may answer otherwise is in the list of exceptions with its reason. ABI:
 * XEN_EFAULT in errno.h.
 */
#include "guest.h"

struct row {
	u16 call, cmd;
	const char *name;
	u8 has_pointer, size_over_1;
};

#define NONE	 0, 0
#define IN(t)	 1, sizeof(t) > 1
#define OUT(t)	 1, sizeof(t) > 1
#define INOUT(t) 1, sizeof(t) > 1
#define VEC(t)	 1, sizeof(t) > 1
#define SELF(t)	 1, sizeof(t) > 1

/* Where each family's commands are. */
enum {
	FAMILY_evtchn = HC_event_channel_op,
	FAMILY_sched = HC_sched_op,
	FAMILY_vcpu = HC_vcpu_op,
	FAMILY_memory = HC_memory_op,
	FAMILY_version = HC_xen_version,
	FAMILY_callback = HC_callback_op,
	FAMILY_physdev = HC_physdev_op,
	FAMILY_gnttab = HC_grant_table_op,
	FAMILY_mmuext = HC_mmuext_op,
	FAMILY_assist = HC_vm_assist,
	FAMILY_console = HC_console_io,
	FAMILY_platform = HC_platform_op,
	FAMILY_domctl = HC_domctl,
	FAMILY_sysctl = HC_sysctl,
};

static const struct row rows[] = {
#define SUBOP(family, nr, name, who, kind) { FAMILY_##family, nr, #family " " #name, kind },
#define SUBOP_ABSENT(family, nr, name, error)
#include "subops.def"
#undef SUBOP
#undef SUBOP_ABSENT
};

/* What may answer something else, and why. */
static const struct {
	u16 call, cmd;
	long answer;
} exceptions[] = {
	/* The answer is how many extents were done. */
	{ HC_memory_op, XENMEM_increase_reservation, 0 },
	{ HC_memory_op, XENMEM_decrease_reservation, 0 },
	{ HC_memory_op, XENMEM_populate_physmap, 0 },
	/* The answer is how many bytes there were to read. */
	{ HC_console_io, CONSOLEIO_read, 0 },
	/* Xen has no such command any more, but knows its number. */
	{ HC_physdev_op, PHYSDEVOP_free_irq_vector, -XEN_ENOSYS },
};

static bool is_right(const struct row *r, const void *p, long rc)
{
	if (rc == -XEN_EFAULT)
		return true;
	if (r->call == HC_xen_version && r->cmd == XENVER_build_id)
		return rc == -XEN_ENODATA || (!p && rc > 0); /* NULL asks for the size */
	for (unsigned int i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].call == r->call && exceptions[i].cmd == r->cmd)
			return rc == exceptions[i].answer;
	return false;
}

static char *edge; /* the last byte of a page with nothing behind it */

static long call(const struct row *r, const void *p)
{
	switch (r->call) {
	case HC_vcpu_op: return HC(vcpu_op, .cmd = r->cmd, .vcpuid = 0, .arg = (void *)p);
	case HC_grant_table_op:
		return HC(grant_table_op, .cmd = r->cmd, .uop = (void *)p, .count = 1);
	case HC_console_io: return HC(console_io, .cmd = r->cmd, .count = 8, .buffer = (void *)p);
	case HC_mmuext_op:
		return HC(mmuext_op, .ops = (void *)p, .count = 1, .foreign = DOMID_SELF);
	case HC_platform_op:
	case HC_domctl:
	case HC_sysctl: return hypercall_regs(r->call, (u64[6]){ (u64)p });
	default: return hypercall_regs(r->call, (u64[6]){ r->cmd, (u64)p });
	}
}

static void try_row(const struct row *r)
{
	const void *const bad[] = { NULL,
				    (void *)UNMAPPED,
				    (void *)HYPERVISOR_VA,
				    (void *)NONCANONICAL,
				    (void *)0xffff7fffffffffff,
				    (void *)~0UL,
				    edge };
	unsigned int wrong = 0;
	long rc = 0, last = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i] == edge && !r->size_over_1)
			continue;
		rc = call(r, bad[i]);
		if (is_right(r, bad[i], rc))
			continue;
		wrong++;
		last = rc;
		note("%s with 0x%lx: %ld", r->name, (u64)bad[i], rc);
	}
	check(!wrong, "%s: %ld", r->name, last);
}

/* The calls whose pointers are no sub-operation's. */
static void calls(void)
{
	u32 done;
	mmu_update_t req = { maddr_of(page_alloc()), 0 };
	const void *const bad[] = { (void *)UNMAPPED, (void *)HYPERVISOR_VA, (void *)NONCANONICAL,
				    edge };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		void *p = (void *)bad[i];

		check_eq(HC(set_trap_table, .traps = p), -XEN_EFAULT, "0x%lx: set_trap_table",
			 (u64)p);
		check_eq(
			HC(mmu_update, .reqs = p, .count = 1, .done = &done, .foreign = DOMID_SELF),
			-XEN_EFAULT, "mmu_update");
		check_eq(HC(set_gdt, .frames = p, .entries = 512), -XEN_EFAULT, "set_gdt");
		check_eq(HC(multicall, .calls = p, .count = 1), -XEN_EFAULT, "multicall");
		check_eq(HC(mmuext_op, .ops = p, .count = 1, .done = &done, .foreign = DOMID_SELF),
			 -XEN_EFAULT, "mmuext_op");
		HC(mmu_update, .reqs = &req, .count = 1, .done = p, .foreign = DOMID_SELF);
		check_eq(HC(platform_op, .op = p), -XEN_EFAULT, "platform_op");
	}
}

void test_main(void)
{
	char *pages = pages_alloc(2);

	edge = pages + PAGE_SIZE - 1;
	pte_set((u64)pages + PAGE_SIZE, 0);
	pte_set(0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].has_pointer)
			try_row(&rows[i]);
	calls();
}
