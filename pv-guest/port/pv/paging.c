/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables (pv): the CPU walks our tables, so they hold machine frames, and the hypervisor must
 * have checked every entry.  A table in use is mapped read-only everywhere and changed by hypercall.
 *
 * User and kernel mode both run in ring 3; what keeps them apart is a second root table, with the
 * same lower half and nothing else, which the hypervisor loads in user mode.
 */
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "port/pv/pv.h"

pte_t pte_make(pfn_t pfn, u64 flags)
{
	return (pfn_to_mfn(pfn) << PAGE_SHIFT) | flags;
}

pfn_t pte_pfn(pte_t pte)
{
	return M2P[(pte & PTE_ADDR) >> PAGE_SHIFT];
}

long mmuext(unsigned int cmd, u64 arg1)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg1 };

	return HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

static void linear_protect(const void *table, u64 pte_flags, u64 flush)
{
	CHECK(!HC(update_va_mapping, .va = (u64)table,
		  .val = (va_to_mfn(table) << PAGE_SHIFT) | pte_flags, .flags = flush));
}

/*
 * Read-only in the linear map: the hypervisor refuses a table that anyone can write, and sees to it
 * itself that no CPU remembers an older, writable mapping.
 */
void port_table_prepare(pte_t *table)
{
	linear_protect(table, PTE_P, UVMF_NONE);
}

void port_table_release(pte_t *table)
{
	linear_protect(table, PTE_P | PTE_W, UVMF_INVLPG | UVMF_ALL);
}

int port_entry_set(pte_t *slot, pte_t val)
{
	mmu_update_t req = { .ptr = va_to_maddr(slot) | MMU_NORMAL_PT_UPDATE, .val = val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_SELF);
}

int port_map_set(u64 va, pte_t *slot, pte_t val)
{
	(void)slot;
	return HC(update_va_mapping, .va = va, .val = val, .flags = UVMF_INVLPG | UVMF_ALL);
}

pte_t *port_kernel_root(void)
{
	return (pte_t *)start_info->pt_base;
}

/* Pinned, a root stays checked also while no CPU uses it. */
static int root_pin(pte_t *root)
{
	port_table_prepare(root);
	return mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(root));
}

int port_root_init(struct space *s)
{
	s->user_root = page_alloc_zeroed();
	s->root[ROOT_SLOT_KERNEL] = port_kernel_root()[ROOT_SLOT_KERNEL];
	return root_pin(s->root) ?: root_pin(s->user_root);
}

int port_root_set(struct space *s, unsigned int index, pte_t val)
{
	return port_entry_set(&s->root[index], val) ?: port_entry_set(&s->user_root[index], val);
}

/* User root 0: none, and the reference to the last one is dropped. */
void port_root_load(const struct space *s)
{
	struct mmuext_op op[2] = {
		{ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = va_to_mfn(s->root) },
		{ .cmd = MMUEXT_NEW_USER_BASEPTR,
		  .arg1.mfn = s->user_root ? va_to_mfn(s->user_root) : 0 },
	};

	CHECK(!HC(mmuext_op, .ops = op, .count = 2, .foreign = DOMID_SELF));
}

void port_root_free(struct space *s)
{
	CHECK(!mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(s->user_root)));
	CHECK(!mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(s->root)));
	port_table_release(s->user_root);
	page_free(s->user_root);
}
