/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of the image's own pool, and the guest's page tables. */
#include "guest.h"

#define POOL_PAGES 640

static char pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int pool_used;

void *pages_alloc(unsigned int n)
{
	unsigned int first = __atomic_fetch_add(&pool_used, n, __ATOMIC_SEQ_CST);	/* vCPUs allocate side by side */

	if (first + n > POOL_PAGES)
		bail_out("out of pages");
	return pool[first];
}

void *page_alloc(void)
{
	return pages_alloc(1);
}

u64 root_mfn(void)
{
	return mfn_of((const void *)start_info->pt_base);
}

u64 *entry_of(u64 va, int level)
{
	u64 *table = (u64 *)start_info->pt_base;

	for (int l = 4; l > level; l--) {
		u64 e = table[table_index(va, l)];

		if (!(e & PTE_P) || (e & PTE_PSE))
			return NULL;
		table = va_of_mfn((e & PTE_ADDR) >> 12);
	}
	return &table[table_index(va, level)];
}

long pte_set(u64 va, u64 pte)
{
	return HC(update_va_mapping, .va = va, .val = pte, .flags = UVMF_INVLPG | UVMF_LOCAL);
}

void set_readonly(void *page)
{
	if (pte_set((u64)page, PTE(mfn_of(page), PTE_RO)))
		bail_out("a page cannot be made read-only");
}

void set_writable(void *page)
{
	if (pte_set((u64)page, PTE(mfn_of(page), PTE_DATA)))
		bail_out("a page cannot be made writable");
}

long mmu_set(u64 maddr, u64 val)
{
	mmu_update_t req = { .ptr = maddr | MMU_NORMAL_PT_UPDATE, .val = val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_SELF);
}

long entry_set(u64 *entry, u64 val)
{
	return mmu_set(maddr_of(entry), val);
}

long mmuext(unsigned int cmd, u64 mfn)
{
	mmuext_op_t op = { .cmd = cmd, .arg1.mfn = mfn };

	return HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

long pin(int level, u64 mfn)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn);
}

long unpin(u64 mfn)
{
	return mmuext(MMUEXT_UNPIN_TABLE, mfn);
}

long set_root(u64 mfn)
{
	return mmuext(MMUEXT_NEW_BASEPTR, mfn);
}

void flush(const void *va)
{
	mmuext_op_t op = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = (u64)va };

	HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

void chain_make(struct chain *c, u64 va)
{
	u64 below;

	c->page = page_alloc();
	below = PTE(mfn_of(c->page), PTE_DATA);
	for (int level = 1; level <= 4; level++) {
		u64 *table = c->tables[level] = page_alloc();

		table[table_index(va, level)] = below;
		below = PTE(mfn_of(table), PTE_TABLE);
		set_readonly(table);
	}
}
