/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other CPUs (pv): a vCPU begins with the registers, tables and callbacks we write down for it.
 */
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/main.h"
#include "kernel/string.h"
#include "kernel/trap.h"
#include "port/pv/pv.h"

unsigned int port_cpu_count(unsigned int max)
{
	unsigned int n;

	for (n = 1; n < max; n++)
		if (HC(vcpu_op, .cmd = VCPUOP_is_up, .vcpuid = n) < 0)
			break;
	return n;
}

static void context_fill(vcpu_guest_context_t *ctx, struct cpu *cpu, u64 top)
{
	ctx->flags = VGCF_in_kernel | VGCF_syscall_disables_events;
	ctx->user_regs.rip = (u64)start_secondary;
	ctx->user_regs.rsp = top;
	ctx->user_regs.rflags = RFLAGS_IF;
	ctx->user_regs.cs = FLAT_KERNEL_CS;
	ctx->user_regs.ss = FLAT_KERNEL_SS;
	ctx->kernel_ss = FLAT_KERNEL_SS;
	ctx->kernel_sp = top;
	ctx->gs_base_kernel = (u64)cpu;
	ctx->ctrlreg[3] = xen_pfn_to_cr3(va_to_mfn(port_kernel_root()));
	ctx->event_callback_eip = (u64)trap_entries + 16 * VEC_IRQ;
	ctx->syscall_callback_eip = (u64)syscall_entry;
	traps_fill(ctx->trap_ctxt);
}

/* Its vcpu_info must be in place, masked, before its first instruction. */
static int info_register(struct cpu *cpu)
{
	vcpu_register_vcpu_info_t reg = { .mfn = va_to_mfn(cpu), .offset = PORT_CPU_OFFSET };
	int rc = HC(vcpu_op, .cmd = VCPUOP_register_vcpu_info, .vcpuid = cpu->id, .arg = &reg);

	cpu->port.info.evtchn_upcall_mask = 1;
	return rc;
}

int port_cpu_start(struct cpu *cpu, u64 top)
{
	vcpu_guest_context_t *ctx = heap_alloc(sizeof(*ctx));
	int rc;

	memset(ctx, 0, sizeof(*ctx));
	context_fill(ctx, cpu, top);
	rc = info_register(cpu);
	if (!rc)
		rc = HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = cpu->id, .arg = ctx);
	if (!rc)
		rc = HC(vcpu_op, .cmd = VCPUOP_up, .vcpuid = cpu->id);
	heap_free(ctx, sizeof(*ctx));
	return rc;
}
