/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps (pv): a table of entry points and four callbacks, told to the hypervisor.  It keeps the real
 * descriptor tables, and calls ours.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/trap.h"
#include "port/pv/pv.h"

/* The hypervisor could not load our segments on the way back: a bug of ours, as they are flat. */
static void failsafe_entry(void)
{
	panic("failsafe callback");
}

static void callback(unsigned int type, const void *entry)
{
	callback_register_t reg = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)entry,
	};

	CHECK(!HC(callback_op, .cmd = CALLBACKOP_register, .arg = &reg));
}

/**
 * traps_fill - write the trap table
 * @table: room for VEC_IRQ + 1 entries; the last one, all zero, ends it
 *
 * Flags: bits 0-1 who may use INT n (user mode: breakpoint and overflow), bit 2 mask events on entry.
 */
void traps_fill(trap_info_t *table)
{
	unsigned int v;

	for (v = 0; v < VEC_IRQ; v++) {
		table[v].vector = v;
		table[v].flags = (v == TRAP_BP || v == TRAP_OF ? 3 : 0) | 4;
		table[v].cs = FLAT_KERNEL_CS;
		table[v].address = (unsigned long)trap_entries + 16 * v;
	}
	table[VEC_IRQ] = (trap_info_t){ 0 };
}

/* For other vCPUs all of this is in VCPUOP_initialise. */
void port_traps_init(struct cpu *cpu)
{
	static trap_info_t table[VEC_IRQ + 1];

	if (cpu->id)
		return;
	traps_fill(table);
	CHECK(!HC(set_trap_table, .traps = table));
	callback(CALLBACKTYPE_event, trap_entries + 16 * VEC_IRQ);
	callback(CALLBACKTYPE_failsafe, failsafe_entry);
	callback(CALLBACKTYPE_syscall, syscall_entry);
}

u64 port_fault_address(void)
{
	return this_cpu()->port.info.arch.cr2;
}

void port_set_kernel_stack(u64 top)
{
	HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = top);
}
