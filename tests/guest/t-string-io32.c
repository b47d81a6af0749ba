/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * string-io32 - OUTS and INS of 32-bit user code go by its segments
 *
 * They are emulated where user mode has IOPL 3, and must reach no more than the CPU would let them.
 *
 * Right: with a base the address moves; beyond the limit, by a null selector, and writing by a
 * read-only segment is #GP(0) at the instruction, with no port touched and no byte written.  ABI: SDM
 * volume 3, 5.3.
 */
#include "guest.h"

#define PORT	"0x1230"
#define SMALL	0xa3 /* 32 bytes from USER_DATA + 0x100, writable */
#define FIXED	0xab /* the same, read-only */
#define OFFSET	0x100

#define CODE32(name, code)                                                                         \
	USER_TEXT static void name(void)                                                           \
	{                                                                                          \
		__asm__ volatile(".code32; movw %ax, %es; movw %cx, %fs; movl $" PORT ", %edx;"     \
				 ".globl at_" #name "; at_" #name ": " code "; int $0x80; .code64"); \
	}                                                                                          \
	extern char at_##name[];

CODE32(ins, "insb")
CODE32(outs, "fs outsb")
CODE32(insl, "insl")

static struct regs r;

static void run(void (*code)(void), u16 es, u16 fs, u32 offset)
{
	memset(user_data, 0, PAGE_SIZE);
	user_regs(&r, code);
	r.cs = USER_CS32;
	r.rax = es;
	r.rcx = fs;
	r.rsi = r.rdi = offset;
	user_run(&r);
}

static bool touched(void)
{
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
		if (LIVE(user_data[i]))
			return true;
	return false;
}

static void check_gp(const char *at, const char *what)
{
	check_eq(r.vector, X_GP, "%s: #GP", what);
	check_eq(r.rip, user_address(at), "RIP is at it");
	check_eq(r.error, 0, "error code 0");
	check(!touched(), "nothing is written");
}

void test_main(void)
{
	u64 *gdt = page_alloc(), mfn = mfn_of(gdt), base = USER_DATA + OFFSET;
	physdev_set_iopl_t op = { .iopl = 3 };

	user_init();
	gdt[SMALL >> 3] = 0x0040f3000000001f | (base & 0xffffff) << 16 | (base >> 24) << 56;
	gdt[FIXED >> 3] = gdt[SMALL >> 3] & ~(2UL << 40);
	set_readonly(gdt);
	check_eq(HC(set_gdt, .frames = &mfn, .entries = 512), 0, "a GDT");
	check_eq(HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &op), 0, "IOPL 3");
	run(ins, SMALL, 0, 0x1f);
	check_eq(r.vector, 0x80, "INS to the last byte of a segment");
	check_eq(((u8 *)user_data)[OFFSET + 0x1f], 0xff, "is written, behind the base");
	run(ins, SMALL, 0, 0x20);
	check_gp(at_ins, "INS beyond the limit");
	run(ins, FIXED, 0, 0);
	check_gp(at_ins, "INS by a read-only segment");
	run(ins, 0, 0, base);
	check_gp(at_ins, "INS by the null selector");
	run(insl, SMALL, 0, 0x1d);
	check_gp(at_insl, "INSL across the limit");
	run(outs, 0, FIXED, 0x1f);
	check_eq(r.vector, 0x80, "OUTS by a read-only segment");
	check_eq((u32)r.rsi, 0x20, "ESI has moved");
	run(outs, 0, FIXED, 0x20);
	check_gp(at_outs, "OUTS beyond the limit");
	run(outs, 0, 0, base);
	check_gp(at_outs, "OUTS by the null selector");
}
