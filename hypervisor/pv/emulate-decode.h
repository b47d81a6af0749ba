/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoder shared by the emulators: fetches the instruction at RIP and takes it apart.
 */
#ifndef HV_PV_EMULATE_DECODE_H
#define HV_PV_EMULATE_DECODE_H

#include "cpu/extable.h"
#include "domain/domain.h"

#define INSN_MAX	15

enum segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_NONE };

enum insn_result {
	INSN_OK,
	INSN_UNKNOWN,		/* not one that any emulator here knows */
	INSN_FAULT,		/* bytes at fault_va could not be read */
};

struct insn {
	u8 bytes[INSN_MAX];
	u8 got, pos;		/* bytes fetched, bytes decoded */
	u64 base;		/* linear address of bytes[0] */
	u64 fault_va;

	bool long_mode;
	bool lock;
	u8 rep;			/* 0, 0xf2 or 0xf3 */
	u8 rex;
	enum segment seg;	/* override, or SEG_NONE */
	u8 op_size;		/* 2, 4, 8 */
	u8 addr_size;		/* 4, 8 */
	u16 opcode;		/* 0x0f00 | byte for the second map */
	u8 modrm;
	u8 mod, reg, rm;	/* with REX's bits */
	bool has_memory;	/* a memory operand by ModRM, at linear address ea */
	u64 ea;
	u64 imm;		/* sign-extended */
};

/* Is the code at CS a 64-bit segment's? */
bool insn_long_mode(struct vcpu *v, const struct cpu_user_regs *regs);

/* What the CPU says of it: the guest's tables are loaded.  False: that, too, if a page of them is not. */
static inline bool selector_is_long(u16 sel)
{
	const u32 wanted = (DESC_CODE | DESC_LONG) >> 32;
	u32 rights = 0;

	__asm__ volatile("1: lar %1, %0\n2:\n" EXTABLE(1b, 2b) : "+r"(rights) : "r"((u32)sel) : "cc");
	return (rights & wanted) == wanted;
}

/*
 * Eight bytes of the guest kernel's 64-bit code, where an instruction may be known without the decoder.  False: as well that,
 * or it is single-stepped, or too near to the end of its page.
 */
static inline bool insn_quick(struct vcpu *v, const struct cpu_user_regs *regs, u64 *code)
{
	return v->pv.kernel_mode && !(regs->rflags & BIT(8)) && fetch_words(code, regs->rip, sizeof(*code)) &&
	       ((u16)regs->cs == FLAT_KERNEL_CS || selector_is_long(regs->cs) || insn_long_mode(v, regs));
}

/* Such an instruction is done. */
static inline void insn_quick_done(struct cpu_user_regs *regs, unsigned int bytes)
{
	regs->rip += bytes;
	regs->rflags &= ~BIT(16);
}

enum insn_result insn_decode(struct vcpu *v, const struct cpu_user_regs *regs, struct insn *in);

/* General register n; for bytes see reg_byte(). */
extern const u8 reg_offset[16];
static inline u64 *reg_ptr(struct cpu_user_regs *regs, unsigned int n)
{
	return (u64 *)((char *)regs + reg_offset[n & 15]);
}
u64 reg_read(struct cpu_user_regs *regs, const struct insn *in, unsigned int n, unsigned int bytes);
/* As the CPU writes: 32 bits clear the upper half, 8 and 16 leave the rest. */
void reg_write(struct cpu_user_regs *regs, const struct insn *in, unsigned int n, unsigned int bytes,
	       u64 val);

/* Base address a segment adds; in long mode only FS and GS have one. */
u64 segment_base(struct vcpu *v, const struct cpu_user_regs *regs, bool long_mode, enum segment seg);
/* May code that is not in long mode read or write there by this segment? */
bool segment_allows(struct vcpu *v, const struct cpu_user_regs *regs, enum segment seg, u32 offset, u32 bytes,
		    bool write);

/*
 * The instruction is done: go on behind it, with a #DB if breakpoints matched (bits of DR6) or the guest
 * single-steps.
 */
void insn_done(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in, u32 dr6);
/* Page fault as the CPU would raise it for this access (EC_WRITE, EC_FETCH or 0). */
void insn_page_fault(struct vcpu *v, u64 va, u32 access);

#endif
