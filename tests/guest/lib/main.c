/* SPDX-License-Identifier: GPL-2.0-only */
/* From the first instruction to test_main(). */
#include "child.h"

struct entry_state entry_state = { .rsi = 1 }; /* in .data: written before anything else is ready */
const start_info_t *start_info;
shared_info_t *shared_info;
char hypercall_page[PAGE_SIZE] __attribute__((aligned(4096)));

static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

void guest_main(const start_info_t *si);

void guest_main(const start_info_t *si)
{
	start_info = si;
	entry_state.dr6 = HC(get_debugreg, .reg = 6);
	entry_state.dr7 = HC(get_debugreg, .reg = 7);
	stacks[0].cpu.kernel_root = root_mfn();
	trap_init();
	if (pte_set((u64)shared_page, si->shared_info | PTE_DATA))
		bail_out("shared_info cannot be mapped");
	shared_info = (shared_info_t *)shared_page;
	if (!(si->flags & SIF_INITDOMAIN)) {
		child_main();
		guest_exit(SHUTDOWN_poweroff);
	}
	test_main();
	plan_end();
	guest_exit(SHUTDOWN_poweroff);
}
