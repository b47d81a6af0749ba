/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions that a guest kernel executes at CPL 3, where the CPU refuses them, and port
 * accesses under its virtual IOPL.
 *
 * Whatever is not found here, or not allowed, is left to the guest as the #GP it was.  ABI: ABI.md
 * section 8; what stock Xen 4.17 does not emulate (HLT, LMSW, INVLPG, INVD) is not emulated.
 */
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "pv/emulate-decode.h"

#define REP_CHUNK	32		/* iterations of a string instruction between looks at events */

enum result {
	EMUL_DONE,		/* go on behind the instruction */
	EMUL_AGAIN,		/* registers moved on; execute it once more */
	EMUL_FAULTED,		/* a fault was injected */
	EMUL_REFUSED,		/* #GP(0) */
};

struct emulation {
	struct vcpu *v;
	struct cpu_user_regs *regs;
	struct insn in;
	u32 breakpoints;	/* DR6 bits of I/O breakpoints that matched */
};

static enum result undefined_opcode(struct emulation *e)
{
	pv_inject_trap(e->v, 6, 0);
	return EMUL_FAULTED;
}

/* ---- ports ------------------------------------------------------------------------------------------ */

/* I/O breakpoints are never given to the CPU: accesses come by here. */
static void match_breakpoints(struct emulation *e, u32 port, u32 bytes)
{
	static const u8 len[4] = { 1, 2, 8, 4 };
	const struct vcpu_pv *pv = &e->v->pv;

	for (unsigned int i = 0; i < 4; i++) {
		u32 span = len[pv->dr7 >> (18 + 4 * i) & 3];
		u64 start = pv->dr[i] & ~(u64)(span - 1);

		if ((pv->dr7_io & 3u << 2 * i) && start < port + bytes && port < start + span)
			e->breakpoints |= 1u << i;
	}
}

static unsigned int port_bytes(const struct insn *in)
{
	return in->opcode & 1 ? MIN(in->op_size, 4) : 1;
}

static enum result emulate_in_out(struct emulation *e)
{
	u16 opcode = e->in.opcode;
	u32 port = opcode < 0xe8 ? (u8)e->in.imm : (u16)e->regs->rdx;
	unsigned int bytes = port_bytes(&e->in);

	if (!guest_io_allowed(e->v, port, bytes))
		return EMUL_REFUSED;
	match_breakpoints(e, port, bytes);
	if (opcode & 2)
		guest_io_write(e->v, port, bytes, reg_read(e->regs, &e->in, 0, bytes));
	else
		reg_write(e->regs, &e->in, 0, bytes, guest_io_read(e->v, port, bytes));
	return EMUL_DONE;
}

/* A string register used as an address, and moved by one element.  False: a fault was injected. */
static bool string_address(const struct emulation *e, u64 reg, enum segment seg, unsigned int bytes, u64 *va)
{
	u64 offset = e->in.addr_size == 4 ? (u32)reg : reg;

	*va = offset + segment_base(e->v, e->regs, e->in.long_mode, seg);
	if (e->in.long_mode)
		return true;
	*va = (u32)*va;
	if (segment_allows(e->v, e->regs, seg, offset, bytes, !(e->in.opcode & 2)))
		return true;
	pv_inject_trap(e->v, seg == SEG_SS ? 12 : 13, 0);
	return false;
}

static void string_step(const struct emulation *e, unsigned int n, u64 by)
{
	reg_write(e->regs, &e->in, n, e->in.addr_size, *reg_ptr(e->regs, n) + by);
}

static bool one_in(struct emulation *e, u32 port, unsigned int bytes, u64 step)
{
	u64 va;
	u32 val;

	if (!string_address(e, e->regs->rdi, SEG_ES, bytes, &va))
		return false;
	/* Is the place writable?  Reading a port may not be repeated. */
	if (copy_from_guest(&val, va, bytes) || copy_to_guest(va, &val, bytes)) {
		insn_page_fault(e->v, va, EC_WRITE);
		return false;
	}
	val = guest_io_read(e->v, port, bytes);
	if (copy_to_guest(va, &val, bytes)) {
		insn_page_fault(e->v, va, EC_WRITE);
		return false;
	}
	string_step(e, 7, step);
	return true;
}

static bool one_out(struct emulation *e, u32 port, unsigned int bytes, u64 step)
{
	u32 val = 0;
	u64 va;

	if (!string_address(e, e->regs->rsi, e->in.seg == SEG_NONE ? SEG_DS : e->in.seg, bytes, &va))
		return false;
	if (copy_from_guest(&val, va, bytes)) {
		insn_page_fault(e->v, va, 0);
		return false;
	}
	guest_io_write(e->v, port, bytes, val);
	string_step(e, 6, step);
	return true;
}

static enum result emulate_string_io(struct emulation *e)
{
	unsigned int bytes = port_bytes(&e->in);
	u64 step = e->regs->rflags & FLAGS_DF ? -(u64)bytes : bytes;
	u32 port = (u16)e->regs->rdx;

	for (unsigned int i = 0; i < REP_CHUNK; i++) {
		if (e->in.rep && !reg_read(e->regs, &e->in, 1, e->in.addr_size))
			return EMUL_DONE;
		if (!i && !guest_io_allowed(e->v, port, bytes))
			return EMUL_REFUSED;
		match_breakpoints(e, port, bytes);
		if (!(e->in.opcode & 2 ? one_out : one_in)(e, port, bytes, step))
			return EMUL_FAULTED;
		if (!e->in.rep)
			return EMUL_DONE;
		string_step(e, 1, -1UL);
	}
	return EMUL_AGAIN;
}

/* ---- registers ---------------------------------------------------------------------------------------- */

static enum result emulate_read_cr(struct emulation *e)
{
	u64 *to = reg_ptr(e->regs, e->in.rm);

	switch (e->in.reg) {
	case 0:
		*to = guest_read_cr0(e->v);
		return EMUL_DONE;
	case 2:
		*to = e->v->evtchn.info->arch.cr2;
		return EMUL_DONE;
	case 3:
		*to = e->v->mm.kernel_cr3;
		return EMUL_DONE;
	case 4:
		*to = guest_read_cr4(e->v);
		return EMUL_DONE;
	default:
		return EMUL_REFUSED;
	}
}

static enum result emulate_write_cr(struct emulation *e)
{
	u64 val = *reg_ptr(e->regs, e->in.rm);
	int rc;

	switch (e->in.reg) {
	case 0:
		return guest_write_cr0(e->v, val) ? EMUL_REFUSED : EMUL_DONE;
	case 2:
		e->v->evtchn.info->arch.cr2 = val;
		return EMUL_DONE;
	case 3:
		rc = pv_set_root(e->v, xen_cr3_to_pfn(val));
		return rc == -ERESTART ? EMUL_AGAIN : rc ? EMUL_REFUSED : EMUL_DONE;
	case 4:
		guest_write_cr4(e->v, val);
		return EMUL_DONE;
	default:
		return EMUL_REFUSED;
	}
}

static enum result emulate_dr(struct emulation *e)
{
	u64 *r = reg_ptr(e->regs, e->in.rm);
	int rc = e->in.opcode & 2 ? guest_set_dr(e->v, e->in.reg, *r) : guest_get_dr(e->v, e->in.reg, r);

	return rc == -ENODEV ? undefined_opcode(e) : rc ? EMUL_REFUSED : EMUL_DONE;
}

static void set_edx_eax(struct cpu_user_regs *regs, u64 val)
{
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
}

static u64 edx_eax(const struct cpu_user_regs *regs)
{
	return regs->rdx << 32 | (u32)regs->rax;
}

static enum result emulate_rdmsr(struct emulation *e)
{
	u64 val;

	if (guest_rdmsr(e->v, (u32)e->regs->rcx, &val))
		return EMUL_REFUSED;
	set_edx_eax(e->regs, val);
	return EMUL_DONE;
}

static enum result emulate_wrmsr(struct emulation *e)
{
	return guest_wrmsr(e->v, (u32)e->regs->rcx, edx_eax(e->regs)) ? EMUL_REFUSED : EMUL_DONE;
}

static enum result emulate_xsetbv(struct emulation *e)
{
	if (!(guest_read_cr4(e->v) & CR4_OSXSAVE))
		return undefined_opcode(e);
	if (!e->v->pv.kernel_mode || (u32)e->regs->rcx || fpu_set_xcr0(e->v, edx_eax(e->regs)))
		return EMUL_REFUSED;
	return EMUL_DONE;
}

static enum result emulate_rdtsc(struct emulation *e)
{
	/* It traps only where the guest kernel wants that of its user mode. */
	if (!e->v->pv.kernel_mode && (guest_read_cr4(e->v) & CR4_TSD))
		return EMUL_REFUSED;
	set_edx_eax(e->regs, rdtsc());
	return EMUL_DONE;
}

static void do_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct cpuid_leaf l;

	guest_cpuid(v, (u32)regs->rax, (u32)regs->rcx, &l);
	regs->rax = l.a;
	regs->rbx = l.b;
	regs->rcx = l.c;
	regs->rdx = l.d;
}

/* ---- which is it ------------------------------------------------------------------------------------ */

/* Those of which the guest's user mode has its share too. */
static enum result emulate_any_mode(struct emulation *e)
{
	switch (e->in.opcode) {
	case 0x6c ... 0x6f:
		return emulate_string_io(e);
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return emulate_in_out(e);
	case 0xfa:
	case 0xfb:
		/* Allowed, they do nothing: events are masked in vcpu_info. */
		return guest_iopl_ok(e->v) ? EMUL_DONE : EMUL_REFUSED;
	case 0x0f31:
		return emulate_rdtsc(e);
	case 0x0fa2:
		do_cpuid(e->v, e->regs);
		return EMUL_DONE;
	default:
		return EMUL_REFUSED;
	}
}

static enum result emulate_group7(struct emulation *e)
{
	enum result r;

	switch (e->in.modrm) {
	case 0xd1:
		return emulate_xsetbv(e);
	case 0xf9:
		r = emulate_rdtsc(e);
		if (r == EMUL_DONE)
			e->regs->rcx = e->v->pv.tsc_aux;
		return r;
	default:
		return EMUL_REFUSED;
	}
}

static enum result emulate_kernel_mode(struct emulation *e)
{
	switch (e->in.opcode) {
	case 0x0f06:
		guest_write_cr0(e->v, guest_read_cr0(e->v) & ~BIT(3));
		return EMUL_DONE;
	case 0x0f09:
		/* Only who has devices can have reason to. */
		if (e->v->domain->privileged)
			wbinvd();
		return EMUL_DONE;
	case 0x0f20:
		return emulate_read_cr(e);
	case 0x0f22:
		return emulate_write_cr(e);
	case 0x0f21:
	case 0x0f23:
		return emulate_dr(e);
	case 0x0f30:
		return emulate_wrmsr(e);
	case 0x0f32:
		return emulate_rdmsr(e);
	default:
		return EMUL_REFUSED;
	}
}

static enum result emulate(struct emulation *e)
{
	enum result r = e->in.opcode == 0x0f01 ? emulate_group7(e) : emulate_any_mode(e);

	return r == EMUL_REFUSED && e->v->pv.kernel_mode ? emulate_kernel_mode(e) : r;
}

/* RDMSR, which Linux does at every switch of processes, without the decoder.  False: not this, or refused. */
static bool rdmsr_quick(struct vcpu *v, struct cpu_user_regs *regs)
{
	u64 code, val;

	if (!insn_quick(v, regs, &code) || (u16)code != 0x320f || guest_rdmsr(v, (u32)regs->rcx, &val))
		return false;
	set_edx_eax(regs, val);
	insn_quick_done(regs, 2);
	return true;
}

bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct emulation e;
	enum result r;

	if (rdmsr_quick(v, regs))
		return true;
	e = (struct emulation){ .v = v, .regs = regs };
	switch (insn_decode(v, regs, &e.in)) {
	case INSN_UNKNOWN:
		return false;
	case INSN_FAULT:
		insn_page_fault(v, e.in.fault_va, EC_FETCH);
		return true;
	case INSN_OK:
		break;
	}
	r = e.in.lock ? undefined_opcode(&e) : emulate(&e);
	if (r == EMUL_DONE)
		insn_done(v, regs, &e.in, e.breakpoints);
	return r != EMUL_REFUSED;
}

/* ---- forced emulation --------------------------------------------------------------------------------- */

static const u8 forced_prefix[5] = { 0x0f, 0x0b, 'x', 'e', 'n' };
static const u8 insn_cpuid[2] = { 0x0f, 0xa2 };

bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct insn in = { .base = regs->rip, .long_mode = true, .pos = 7 };
	u8 bytes[7];

	/* UD2 first: an ordinary one may well be the last thing in its page. */
	if (copy_from_guest(bytes, regs->rip, 2) || __builtin_memcmp(bytes, forced_prefix, 2))
		return false;
	if (copy_from_guest(bytes + 2, regs->rip + 2, 3) ||
	    __builtin_memcmp(bytes, forced_prefix, sizeof(forced_prefix)))
		return false;
	if (copy_from_guest(bytes + 5, regs->rip + 5, 2)) {
		insn_page_fault(v, regs->rip + 5, EC_FETCH);
		return true;
	}
	if (__builtin_memcmp(bytes + 5, insn_cpuid, sizeof(insn_cpuid)))
		return false;
	do_cpuid(v, regs);
	insn_done(v, regs, &in, 0);
	return true;
}
