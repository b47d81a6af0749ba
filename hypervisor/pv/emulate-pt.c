/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest kernel's plain write to one of its own L1 tables, which it has mapped read-only: the
 * instruction is decoded and its effect checked like any other change of an entry.
 *
 * Known are the ways in which compilers and kernels write an entry: MOV, MOVNTI, XCHG, XADD,
 * CMPXCHG(8B), ADD/OR/AND/SUB/XOR, BTS/BTR/BTC, STOS, MOVS.  Those that read are made with a compare and
 * exchange, since the CPU may set Accessed and Dirty, and other vCPUs write, at the same time.  Anything
 * else is left to the guest as the fault it was.
 */
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "pv/emulate-decode.h"

struct pt_write {
	struct vcpu *v;
	struct cpu_user_regs *regs;
	struct insn in;
	unsigned int bytes;
	u64 va;
	u64 old, val;		/* old: for those that read */
	u64 flags;		/* arithmetic flags they leave, in FLAGS_ARITH; set when sets_flags */
	bool sets_flags;
};

#define FLAGS_ARITH	(FLAGS_CF | FLAGS_PF | FLAGS_AF | FLAGS_ZF | FLAGS_SF | FLAGS_OF)

/* ---- flags ---------------------------------------------------------------------------------------- */

static u64 cut(u64 val, unsigned int bytes)
{
	return bytes == 8 ? val : val & (BIT(bytes * 8) - 1);
}

static bool top_bit(u64 val, unsigned int bytes)
{
	return val >> (bytes * 8 - 1) & 1;
}

/* SF, ZF, PF of a result. */
static u64 result_flags(u64 r, unsigned int bytes)
{
	return (cut(r, bytes) ? 0 : FLAGS_ZF) | (top_bit(r, bytes) ? FLAGS_SF : 0) |
	       (__builtin_parity((u8)r) ? 0 : FLAGS_PF);
}

static u64 add_flags(u64 a, u64 b, unsigned int bytes)
{
	u64 r = cut(a + b, bytes);

	return result_flags(r, bytes) | (r < cut(a, bytes) ? FLAGS_CF : 0) |
	       ((a ^ b ^ r) & FLAGS_AF) | (top_bit((a ^ r) & (b ^ r), bytes) ? FLAGS_OF : 0);
}

static u64 sub_flags(u64 a, u64 b, unsigned int bytes)
{
	u64 r = cut(a - b, bytes);

	return result_flags(r, bytes) | (cut(a, bytes) < cut(b, bytes) ? FLAGS_CF : 0) |
	       ((a ^ b ^ r) & FLAGS_AF) | (top_bit((a ^ b) & (a ^ r), bytes) ? FLAGS_OF : 0);
}

/* ---- what is written --------------------------------------------------------------------------------- */

/* ALU operation n of the eight that opcodes 00-3f and group 80 share; no ADC, SBB, CMP. */
static bool alu(struct pt_write *w, unsigned int n, u64 b)
{
	u64 a = w->old;

	b = cut(b, w->bytes);
	w->sets_flags = true;
	switch (n) {
	case 0:
		w->val = a + b;
		w->flags = add_flags(a, b, w->bytes);
		return true;
	case 5:
		w->val = a - b;
		w->flags = sub_flags(a, b, w->bytes);
		return true;
	case 1:
		w->val = a | b;
		break;
	case 4:
		w->val = a & b;
		break;
	case 6:
		w->val = a ^ b;
		break;
	default:
		return false;
	}
	w->flags = result_flags(w->val, w->bytes);
	return true;
}

/* BTS, BTR, BTC (n 1, 2, 3).  A register operand may name a bit beyond the entry: `bit` is what is left. */
static bool bit_op(struct pt_write *w, unsigned int n, u64 bit)
{
	u64 mask = BIT(bit & (w->bytes * 8 - 1));

	if (!n)
		return false;		/* BT does not write */
	w->val = n == 1 ? w->old | mask : n == 2 ? w->old & ~mask : w->old ^ mask;
	w->flags = (w->regs->rflags & FLAGS_ARITH & ~FLAGS_CF) | (w->old & mask ? FLAGS_CF : 0);
	w->sets_flags = true;
	return true;
}

/* New value of a read-modify-write, from w->old. */
static bool modify(struct pt_write *w)
{
	struct insn *in = &w->in;
	u64 r = reg_read(w->regs, in, in->reg, w->bytes);

	switch (in->opcode) {
	case 0x00 ... 0x3f:
		return alu(w, in->opcode >> 3, r);
	case 0x80 ... 0x83:
		return alu(w, in->reg & 7, in->imm);
	case 0x0fab:
	case 0x0fb3:
	case 0x0fbb:
		return bit_op(w, in->opcode >> 3 & 3, r);
	case 0x0fba:
		return (in->reg & 7) > 4 && bit_op(w, in->reg & 3, in->imm);
	case 0x86 ... 0x87:
		w->val = r;
		return true;
	case 0x0fc0 ... 0x0fc1:
		return alu(w, 0, r);
	default:
		return false;
	}
}

/* Registers that get something of what was read. */
static void modify_registers(struct pt_write *w)
{
	if ((w->in.opcode & ~1) == 0x86 || (w->in.opcode & ~1) == 0x0fc0)
		reg_write(w->regs, &w->in, w->in.reg, w->bytes, w->old);
	if (w->sets_flags)
		w->regs->rflags = (w->regs->rflags & ~FLAGS_ARITH) | w->flags;
}

/* ---- doing it ------------------------------------------------------------------------------------------ */

/* Finished, or to be executed again because the entry changed meanwhile; false: not to be done. */
static bool done(struct pt_write *w, int rc)
{
	if (rc == -EAGAIN)
		return true;
	if (rc)
		return false;
	insn_done(w->v, w->regs, &w->in, 0);
	return true;
}

static bool write_plain(struct pt_write *w, u64 val)
{
	return done(w, entry_emulate_write(w->v, w->va, val, w->bytes, NULL));
}

static bool write_modified(struct pt_write *w)
{
	u64 expected;
	int rc;

	if (copy_from_guest(&w->old, w->va, w->bytes) || !modify(w))
		return false;
	expected = w->old;
	rc = entry_emulate_write(w->v, w->va, cut(w->val, w->bytes), w->bytes, &expected);
	if (!rc)
		modify_registers(w);
	return done(w, rc);
}

/* Not equal is a result too: the accumulator gets what is there. */
static bool write_cmpxchg(struct pt_write *w)
{
	u64 acc = reg_read(w->regs, &w->in, 0, w->bytes);
	u64 expected = acc;
	int rc;

	rc = entry_emulate_write(w->v, w->va, reg_read(w->regs, &w->in, w->in.reg, w->bytes),
				 w->bytes, &expected);
	if (rc && rc != -EAGAIN)
		return false;
	expected = cut(expected, w->bytes);
	if (rc == -EAGAIN && expected == acc)
		return true;			/* changed and changed back */
	w->regs->rflags = (w->regs->rflags & ~FLAGS_ARITH) | sub_flags(acc, expected, w->bytes);
	if (rc)
		reg_write(w->regs, &w->in, 0, w->bytes, expected);
	return done(w, 0);
}

static bool write_cmpxchg8b(struct pt_write *w)
{
	struct cpu_user_regs *r = w->regs;
	u64 acc = r->rdx << 32 | (u32)r->rax;
	u64 expected = acc;
	int rc;

	if ((w->in.reg & 7) != 1 || w->in.op_size == 8)
		return false;			/* CMPXCHG16B: two entries at once */
	rc = entry_emulate_write(w->v, w->va, r->rcx << 32 | (u32)r->rbx, 8, &expected);
	if (rc && rc != -EAGAIN)
		return false;
	r->rflags &= ~FLAGS_ZF;
	if (rc) {
		r->rax = (u32)expected;
		r->rdx = expected >> 32;
	} else {
		r->rflags |= FLAGS_ZF;
	}
	return done(w, 0);
}

/* One iteration; with REP the instruction then faults again for the next. */
static bool write_string(struct pt_write *w)
{
	u64 step = w->regs->rflags & FLAGS_DF ? -(u64)w->bytes : w->bytes;
	bool movs = w->in.opcode < 0xa8;
	u64 val = w->regs->rax;
	u64 from = w->regs->rsi;

	if (w->in.addr_size != 8)
		return false;
	if (movs) {
		if (w->in.seg == SEG_FS || w->in.seg == SEG_GS)
			from += segment_base(w->v, w->regs, true, w->in.seg);
		val = 0;
		if (copy_from_guest(&val, from, w->bytes)) {
			insn_page_fault(w->v, from, 0);
			return true;
		}
	}
	if (entry_emulate_write(w->v, w->va, cut(val, w->bytes), w->bytes, NULL))
		return false;
	w->regs->rdi += step;
	if (movs)
		w->regs->rsi += step;
	if (!w->in.rep || !--w->regs->rcx)
		insn_done(w->v, w->regs, &w->in, 0);
	return true;
}

/* ---- which is it --------------------------------------------------------------------------------------- */

/* A bit string in memory: the register's upper part moves the address. */
static void bit_string_address(struct pt_write *w)
{
	s64 bit = (s64)reg_read(w->regs, &w->in, w->in.reg, w->bytes);

	if (w->bytes == 4)
		bit = (s32)bit;
	else if (w->bytes == 2)
		bit = (s16)bit;
	w->va += (bit >> (w->bytes == 8 ? 6 : w->bytes == 4 ? 5 : 4)) * (s64)w->bytes;
}

static bool is_byte_op(u16 opcode)
{
	return !(opcode & 1) && opcode != 0x0fba;
}

static bool emulate_write(struct pt_write *w)
{
	switch (w->in.opcode) {
	case 0x88 ... 0x89:
	case 0x0fc3:
		return write_plain(w, reg_read(w->regs, &w->in, w->in.reg, w->bytes));
	case 0xc6 ... 0xc7:
		return !(w->in.reg & 7) && write_plain(w, cut(w->in.imm, w->bytes));
	case 0xa4 ... 0xa5:
	case 0xaa ... 0xab:
		return write_string(w);
	case 0x0fb0 ... 0x0fb1:
		return write_cmpxchg(w);
	case 0x0fc7:
		return write_cmpxchg8b(w);
	default:
		return write_modified(w);
	}
}

/*
 * ANDB of a byte with a mask, by which Linux makes entries read-only: (F0 or 3E, where Linux patched that away) (REX) 80 /4 ib,
 * the address in a register.
 */
static bool and_quick(struct vcpu *v, struct cpu_user_regs *regs, u64 va, u64 code)
{
	unsigned int shift = (va & 7) * 8, length = 3, base = 0;
	u64 old, keep;

	if ((u8)code == 0xf0 || (u8)code == 0x3e) {
		code >>= 8;
		length++;
	}
	if ((code & 0xfe) == 0x40) {
		base = (code & 1) << 3;
		code >>= 8;
		length++;
	}
	/* mod 0: not the one that is relative to RIP; with SIB only a base. */
	if ((code & 0xf8ff) != 0x2080 || (code & 0x700) == 0x500)
		return false;
	base |= code >> 8 & 7;
	if ((base & 7) == 4) {
		if ((code >> 16 & 0xff) != 0x24)
			return false;
		code >>= 8;
		length++;
	}
	keep = ~((~code >> 16 & 0xff) << shift);
	if (*reg_ptr(regs, base) != va || entry_write_word(v, va & ~7UL, keep, 0, &old))
		return false;
	regs->rflags = (regs->rflags & ~FLAGS_ARITH) | result_flags((old & keep) >> shift, 1);
	insn_quick_done(regs, length);
	return true;
}

/*
 * What Linux uses most, taken apart without the decoder: MOV and XCHG of a 64-bit register, the address in another one.
 * False: not one of these, or refused; nothing is done.
 */
static bool write_quick(struct vcpu *v, struct cpu_user_regs *regs, u64 va)
{
	u64 code, old, *reg;
	u8 rm, op;

	if (!insn_quick(v, regs, &code))
		return false;
	rm = code >> 16 & 0xc7;
	op = code >> 8;
	/* REX.W and no index, MOV or XCHG, mod 0 without SIB and RIP. */
	if ((code & 0xfa) != 0x48 || (op != 0x89 && op != 0x87) || rm > 7 || rm == 4 || rm == 5)
		return and_quick(v, regs, va, code);
	reg = reg_ptr(regs, (code >> 19 & 7) | (code & 4) << 1);
	if ((va & 7) || *reg_ptr(regs, rm | (code & 1) << 3) != va || entry_write_word(v, va, 0, *reg, &old))
		return false;
	if (op == 0x87)
		*reg = old;
	insn_quick_done(regs, 3);
	return true;
}

static __attribute__((noinline)) bool write_decoded(struct vcpu *v, struct cpu_user_regs *regs, u64 va)
{
	struct pt_write w;
	bool string;

	if (!entry_is_emulatable(v, va))
		return false;
	w = (struct pt_write){ .v = v, .regs = regs };
	if (insn_decode(v, regs, &w.in) != INSN_OK || !w.in.long_mode)
		return false;
	w.bytes = w.in.opcode == 0x0fc7 ? 8 : is_byte_op(w.in.opcode) ? 1 : w.in.op_size;
	string = w.in.opcode >= 0xa4 && w.in.opcode <= 0xab;
	if (!string && !w.in.has_memory)
		return false;
	w.va = string ? regs->rdi : w.in.ea;
	if (w.in.opcode == 0x0fab || w.in.opcode == 0x0fb3 || w.in.opcode == 0x0fbb)
		bit_string_address(&w);
	/* The fault must be of this very write, not of another operand, or of code changed since. */
	if (va < w.va || va >= w.va + w.bytes || (w.va & (w.bytes - 1)))
		return false;
	return emulate_write(&w);
}

/**
 * emulate_pt_write - a write fault of the guest kernel, maybe at an L1 table of its own
 * @va: where the CPU refused it (CR2)
 *
 * The write is done, or to be tried again, or a fault of another operand was injected; else the guest gets its fault.
 */
void emulate_pt_write(struct vcpu *v, struct cpu_user_regs *regs, u64 va)
{
	if (!write_quick(v, regs, va) && !write_decoded(v, regs, va))
		pv_inject_page_fault(v, va, regs->error_code);
}
