/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-state - registers at the guest's first instruction
 *
 * Right: RSI is start_info, RSP the top of the boot stack (one page, behind the page tables), CS
 * and SS the flat selectors of ring 3, the other selectors null or flat, interrupts shown as on,
 * DF clear, debug registers at their reset values.  ABI: the comment "Start-of-day memory layout"
 * in xen.h.
 */
#include "guest.h"

static bool is_flat(u64 sel)
{
	return sel == 0 || sel == FLAT_KERNEL_DS || sel == FLAT_RING3_DS32;
}

void test_main(void)
{
	const struct entry_state *e = &entry_state;

	check_eq(e->rsi, (u64)start_info, "RSI is start_info");
	check_eq(e->cs, FLAT_RING3_CS64, "CS");
	check_eq(e->ss, FLAT_RING3_SS64, "SS");
	check(is_flat(e->ds) && is_flat(e->es), "DS 0x%lx and ES 0x%lx are flat", e->ds, e->es);
	check(is_flat(e->fs) && is_flat(e->gs), "FS 0x%lx and GS 0x%lx are flat", e->fs, e->gs);
	check_eq(e->rflags & 0x200, 0x200, "IF is shown as set");
	check_eq(e->rflags & 0x7100, 0, "TF, NT and IOPL are clear in 0x%lx", e->rflags);
	check_eq(e->rsp, start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE,
		 "RSP is the top of the boot stack");
	check_eq(e->dr6, 0xffff0ff0, "DR6");
	check_eq(e->dr7, 0x400, "DR7");
}
