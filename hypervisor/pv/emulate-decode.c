/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding of the few instructions that are emulated for guests: privileged ones, port accesses and
 * writes to page tables.
 *
 * The bytes may have changed since the CPU refused them (another vCPU may write them), so nothing is
 * taken from the fault: what is read here is what is done, checked as if it came by itself.
 */
#include "cpu/gdt.h"
#include "cpu/msr.h"
#include "cpu/segments.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "pv/emulate-decode.h"

#define REX_B	1
#define REX_X	2
#define REX_R	4
#define REX_W	8

#define SELECTOR_RESERVED	0xe000	/* from here on descriptors are ours: all flat */

/* ---- registers ------------------------------------------------------------------------------------ */

#define R(name)	offsetof(struct cpu_user_regs, name)
const u8 reg_offset[16] = {
	R(rax), R(rcx), R(rdx), R(rbx), R(rsp), R(rbp), R(rsi), R(rdi),
	R(r8), R(r9), R(r10), R(r11), R(r12), R(r13), R(r14), R(r15),
};
#undef R

/* Without REX, byte registers 4-7 are AH, CH, DH, BH. */
static u8 *reg_byte(struct cpu_user_regs *regs, const struct insn *in, unsigned int n)
{
	if (!in->rex && n >= 4)
		return (u8 *)reg_ptr(regs, n - 4) + 1;
	return (u8 *)reg_ptr(regs, n);
}

u64 reg_read(struct cpu_user_regs *regs, const struct insn *in, unsigned int n, unsigned int bytes)
{
	switch (bytes) {
	case 1:	return *reg_byte(regs, in, n);
	case 2:	return (u16)*reg_ptr(regs, n);
	case 4:	return (u32)*reg_ptr(regs, n);
	default: return *reg_ptr(regs, n);
	}
}

void reg_write(struct cpu_user_regs *regs, const struct insn *in, unsigned int n, unsigned int bytes, u64 val)
{
	u64 *r = reg_ptr(regs, n);

	switch (bytes) {
	case 1:
		*reg_byte(regs, in, n) = val;
		break;
	case 2:
		*r = (*r & ~0xffffUL) | (u16)val;
		break;
	case 4:
		*r = (u32)val;
		break;
	default:
		*r = val;
	}
}

/* ---- segments --------------------------------------------------------------------------------------- */

#define DESC_FLAT_32	0x00cff3000000ffffUL

/* The guest's descriptor for a selector; false: none there. */
static bool descriptor_read(struct vcpu *v, u16 sel, u64 *desc)
{
	u32 index = sel >> 3, page = index / 512;
	bool ldt = sel & 4;

	if (!ldt && sel >= SELECTOR_RESERVED) {
		*desc = (sel | 3) == SEL_USER_CS64 ? DESC_LONG : DESC_FLAT_32;
		return true;
	}
	if (index >= (ldt ? v->pv.ldt_entries : v->pv.gdt_entries))
		return false;
	if (ldt && !v->pv.ldt_frames[page] && !pv_map_ldt_page(v, page))
		return false;
	*desc = ((u64 *)mfn_to_hv(ldt ? frame_to_mfn(v->pv.ldt_frames[page]) :
				  v->pv.gdt_frames[page]))[index % 512];
	return true;
}

static u64 descriptor_base(u64 desc)
{
	return (desc >> 16 & 0xffffff) | (desc >> 32 & 0xff000000);
}

static u16 live_selector(struct vcpu *v, const struct cpu_user_regs *regs, enum segment seg)
{
	switch (seg) {
	case SEG_CS:	return regs->cs;
	case SEG_SS:	return regs->ss;
	default:
		break;
	}
	segments_save(v);
	switch (seg) {
	case SEG_DS:	return v->pv.ds;
	case SEG_ES:	return v->pv.es;
	case SEG_FS:	return v->pv.fs;
	default:	return v->pv.gs;
	}
}

u64 segment_base(struct vcpu *v, const struct cpu_user_regs *regs, bool long_mode, enum segment seg)
{
	u64 desc;

	if (seg == SEG_FS)
		return rdmsr(MSR_FS_BASE);
	if (seg == SEG_GS)
		return rdmsr(MSR_GS_BASE);
	if (long_mode || !descriptor_read(v, live_selector(v, regs, seg), &desc))
		return 0;
	return descriptor_base(desc);
}

bool segment_allows(struct vcpu *v, const struct cpu_user_regs *regs, enum segment seg, u32 offset, u32 bytes,
		    bool write)
{
	u16 sel = live_selector(v, regs, seg);
	u64 desc, limit;

	if (!(sel & ~3) || !descriptor_read(v, sel, &desc))
		return false;
	if (write ? (desc & (DESC_CODE | DESC_RW)) != DESC_RW : (desc & (DESC_CODE | DESC_RW)) == DESC_CODE)
		return false;
	limit = (desc & 0xffff) | (desc >> 32 & 0xf0000);
	if (desc & DESC_4K)
		limit = limit << 12 | 0xfff;
	return (u64)offset + bytes - 1 <= limit;
}

/* ---- fetching ----------------------------------------------------------------------------------------- */

/* Read up to the end of the page; a second time, beyond it. */
static bool fetch_more(struct insn *in)
{
	u64 va = in->base + in->got;
	u64 n = MIN((u64)INSN_MAX - in->got, PAGE_SIZE - (va & (PAGE_SIZE - 1)));

	if (!n)
		return false;
	if (copy_from_guest(in->bytes + in->got, va, n)) {
		in->fault_va = va;
		return false;
	}
	in->got += n;
	return true;
}

/* False: no more bytes; fault_va tells whether for a fault or because it is too long. */
static bool next_byte(struct insn *in, u8 *b)
{
	if (in->pos == in->got && !fetch_more(in))
		return false;
	*b = in->bytes[in->pos++];
	return true;
}

/* `n` bytes, sign-extended. */
static bool next_value(struct insn *in, unsigned int n, u64 *out)
{
	u64 val = 0;
	u8 b;

	for (unsigned int i = 0; i < n; i++) {
		if (!next_byte(in, &b))
			return false;
		val |= (u64)b << 8 * i;
	}
	*out = n ? (u64)((s64)(val << (64 - 8 * n)) >> (64 - 8 * n)) : 0;
	return true;
}

/* ---- prefixes, opcode ------------------------------------------------------------------------------- */

/* True when b is a legacy prefix, noted. */
static bool legacy_prefix(struct insn *in, u8 b)
{
	switch (b) {
	case 0x26: in->seg = SEG_ES; break;
	case 0x2e: in->seg = SEG_CS; break;
	case 0x36: in->seg = SEG_SS; break;
	case 0x3e: in->seg = SEG_DS; break;
	case 0x64: in->seg = SEG_FS; break;
	case 0x65: in->seg = SEG_GS; break;
	case 0x66: in->op_size = 2; break;
	case 0x67: in->addr_size = in->long_mode ? 4 : 2; break;
	case 0xf0: in->lock = true; break;
	case 0xf2:
	case 0xf3: in->rep = b; break;
	default:
		return false;
	}
	return true;
}

static bool decode_opcode(struct insn *in)
{
	u8 b;

	do {
		if (!next_byte(in, &b))
			return false;
	} while (legacy_prefix(in, b));
	if (in->long_mode && (b & 0xf0) == 0x40) {	/* counts only right before the opcode */
		in->rex = b;
		if (b & REX_W)
			in->op_size = 8;
		if (!next_byte(in, &b))
			return false;
	}
	in->opcode = b;
	if (b == 0x0f) {
		if (!next_byte(in, &b))
			return false;
		in->opcode = 0x0f00 | b;
	}
	return true;
}

/* What follows the opcode. */
#define HAS_MODRM	1
#define REG_ONLY	2		/* ModRM names registers whatever its mod says */
#define IMM8		4
#define IMM_OP		8		/* 2 or 4 bytes by operand size */
#define KNOWN		16

static u8 opcode_form(u16 opcode)
{
	switch (opcode) {
	case 0x00: case 0x01: case 0x08: case 0x09:	/* ADD OR */
	case 0x20: case 0x21: case 0x28: case 0x29:	/* AND SUB */
	case 0x30: case 0x31:				/* XOR */
	case 0x86 ... 0x89:				/* XCHG MOV */
	case 0x0f01:					/* XSETBV RDTSCP */
	case 0x0fab: case 0x0fb3: case 0x0fbb:		/* BTS BTR BTC */
	case 0x0fb0: case 0x0fb1:			/* CMPXCHG */
	case 0x0fc0: case 0x0fc1: case 0x0fc3:		/* XADD MOVNTI */
	case 0x0fc7:					/* CMPXCHG8B */
		return KNOWN | HAS_MODRM;
	case 0x80: case 0x83: case 0xc6: case 0x0fba:
		return KNOWN | HAS_MODRM | IMM8;
	case 0x81: case 0xc7:
		return KNOWN | HAS_MODRM | IMM_OP;
	case 0x0f20 ... 0x0f23:				/* MOV CR, DR */
		return KNOWN | HAS_MODRM | REG_ONLY;
	case 0xe4 ... 0xe7:				/* IN OUT imm8 */
		return KNOWN | IMM8;
	case 0x6c ... 0x6f: case 0xec ... 0xef:		/* INS OUTS IN OUT */
	case 0xa4: case 0xa5: case 0xaa: case 0xab:	/* MOVS STOS */
	case 0xfa: case 0xfb:				/* CLI STI */
	case 0x0f06: case 0x0f09:			/* CLTS WBINVD */
	case 0x0f30 ... 0x0f32: case 0x0fa2:		/* WRMSR RDTSC RDMSR CPUID */
		return KNOWN;
	default:
		return 0;
	}
}

/* ---- memory operand ----------------------------------------------------------------------------------- */

struct address {
	u64 offset;
	bool rip_relative;
	enum segment seg;		/* when there is no override */
};

static bool decode_sib(struct insn *in, struct cpu_user_regs *regs, struct address *a,
		       unsigned int *disp_size)
{
	unsigned int index, base;
	u8 sib;

	if (!next_byte(in, &sib))
		return false;
	index = (sib >> 3 & 7) | (in->rex & REX_X ? 8 : 0);
	base = (sib & 7) | (in->rex & REX_B ? 8 : 0);
	if (index != 4)
		a->offset += *reg_ptr(regs, index) << (sib >> 6);
	if ((sib & 7) == 5 && !in->mod) {
		*disp_size = 4;
		return true;
	}
	a->offset += *reg_ptr(regs, base);
	if (base == 4 || base == 5)
		a->seg = SEG_SS;
	return true;
}

static bool decode_address(struct insn *in, struct cpu_user_regs *regs, struct address *a)
{
	unsigned int disp_size = in->mod == 1 ? 1 : in->mod == 2 ? 4 : 0;
	u64 disp;

	if ((in->modrm & 7) == 4) {
		if (!decode_sib(in, regs, a, &disp_size))
			return false;
	} else if ((in->modrm & 7) == 5 && !in->mod) {
		a->rip_relative = in->long_mode;
		disp_size = 4;
	} else {
		a->offset = *reg_ptr(regs, in->rm);
		if (in->rm == 5)
			a->seg = SEG_SS;
	}
	if (!next_value(in, disp_size, &disp))
		return false;
	a->offset += disp;
	return true;
}

static bool decode_modrm(struct insn *in, struct cpu_user_regs *regs, u8 form, struct address *a)
{
	if (!next_byte(in, &in->modrm))
		return false;
	in->mod = form & REG_ONLY ? 3 : in->modrm >> 6;
	in->reg = (in->modrm >> 3 & 7) | (in->rex & REX_R ? 8 : 0);
	in->rm = (in->modrm & 7) | (in->rex & REX_B ? 8 : 0);
	return in->mod == 3 || decode_address(in, regs, a);
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

bool insn_long_mode(struct vcpu *v, const struct cpu_user_regs *regs)
{
	u64 desc;

	return descriptor_read(v, regs->cs, &desc) && (desc & DESC_LONG);
}

static bool code_segment(struct vcpu *v, const struct cpu_user_regs *regs, struct insn *in)
{
	u64 desc;

	if (!descriptor_read(v, regs->cs, &desc))
		return false;
	in->long_mode = desc & DESC_LONG;
	if (!in->long_mode && !(desc & DESC_BIG))
		return false;			/* 16-bit code */
	in->base = in->long_mode ? regs->rip : (u32)(descriptor_base(desc) + (u32)regs->rip);
	return true;
}

static bool decode(struct insn *in, struct vcpu *v, struct cpu_user_regs *regs, u8 *form)
{
	struct address a = { .seg = SEG_DS };

	in->op_size = 4;
	in->addr_size = in->long_mode ? 8 : 4;
	if (!decode_opcode(in))
		return false;
	*form = opcode_form(in->opcode);
	if ((*form & HAS_MODRM) && !decode_modrm(in, regs, *form, &a))
		return false;
	if (!next_value(in, *form & IMM8 ? 1 : *form & IMM_OP ? MIN(in->op_size, 4) : 0, &in->imm))
		return false;
	if (!(*form & HAS_MODRM) || in->mod == 3)
		return true;
	in->has_memory = true;
	if (a.rip_relative)
		a.offset += regs->rip + in->pos;
	if (in->addr_size == 4)
		a.offset = (u32)a.offset;
	in->ea = a.offset + segment_base(v, regs, in->long_mode, in->seg == SEG_NONE ? a.seg : in->seg);
	if (!in->long_mode)
		in->ea = (u32)in->ea;
	return true;
}

enum insn_result insn_decode(struct vcpu *v, const struct cpu_user_regs *regs, struct insn *in)
{
	u8 form = 0;

	*in = (struct insn){ .seg = SEG_NONE };
	if (!code_segment(v, regs, in))
		return INSN_UNKNOWN;
	if (!decode(in, v, (struct cpu_user_regs *)regs, &form))
		return in->fault_va ? INSN_FAULT : INSN_UNKNOWN;
	if (!(form & KNOWN) || in->addr_size == 2)
		return INSN_UNKNOWN;
	return INSN_OK;
}

/* ---- afterwards ----------------------------------------------------------------------------------------- */

void insn_done(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in, u32 dr6)
{
	regs->rip += in->pos;
	if (!in->long_mode)
		regs->rip = (u32)regs->rip;
	regs->rflags &= ~FLAGS_RF;
	if (regs->rflags & FLAGS_TF)
		dr6 |= DR6_BS;
	if (dr6) {
		v->pv.dr6 |= dr6;
		pv_inject_trap(v, 1, 0);
	}
}

void insn_page_fault(struct vcpu *v, u64 va, u32 access)
{
	struct frame *table;
	pte_t *e;

	if (!va_is_canonical(va)) {
		pv_inject_trap(v, 13, 0);
		return;
	}
	spin_lock(&v->domain->mm.lock);
	e = walk_l1(v, va, &table);
	if (e && (READ_ONCE(*e) & PTE_PRESENT))
		access |= EC_PRESENT;
	spin_unlock(&v->domain->mm.lock);
	pv_inject_page_fault(v, va, access);
}
