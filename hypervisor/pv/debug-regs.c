/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug registers.  v->pv holds them as the guest set them; the CPU has them only while breakpoints are
 * enabled (pv/switch.c).
 *
 * No breakpoint may lie in the hypervisor.  I/O breakpoints would hit in our own port accesses and in no
 * guest's, since those are emulated: they are kept from the CPU and matched by the emulator.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/layout.h"

#define DR6_ONES	0xffff0ff0UL
#define DR6_ZEROES	0x1000UL
#define DR7_ONES	0x400UL
#define DR7_ZEROES	0xd800UL
#define DR7_GD		BIT(13)
#define DR7_ENABLE	0xffUL
#define DR7_RW(i)	(16 + 4 * (i))
#define RW_IO		2u

/* DR4 and DR5 are other names of DR6 and DR7, unless debug extensions are on. */
static int real_register(struct vcpu *v, unsigned int reg)
{
	if (reg > 7)
		return -ENODEV;
	if (reg == 4 || reg == 5)
		return guest_read_cr4(v) & CR4_DE ? -ENODEV : (int)reg + 2;
	return reg;
}

static void load_addresses(const struct vcpu_pv *pv)
{
	write_dr0(pv->dr[0]);
	write_dr1(pv->dr[1]);
	write_dr2(pv->dr[2]);
	write_dr3(pv->dr[3]);
}

static int set_address(struct vcpu *v, unsigned int i, u64 val)
{
	if (!va_is_canonical(val) || va_is_hypervisor(val))
		return -EPERM;
	v->pv.dr[i] = val;
	if (v == current && (v->pv.dr7 & DR7_ENABLE))
		load_addresses(&v->pv);
	return 0;
}

/* Enable bits of those breakpoints of val that watch ports. */
static u64 io_breakpoints(u64 val)
{
	u64 io = 0;

	for (unsigned int i = 0; i < 4; i++)
		if ((val >> DR7_RW(i) & 3) == RW_IO)
			io |= val & 3UL << 2 * i;
	return io;
}

static int set_dr7(struct vcpu *v, u64 val)
{
	val = (val & ~DR7_ZEROES) | DR7_ONES;
	if (val & DR7_GD)
		return -EPERM;
	if ((val & DR7_ENABLE) && io_breakpoints(val | DR7_ENABLE) && !(guest_read_cr4(v) & CR4_DE))
		return -EPERM;
	v->pv.dr7_io = io_breakpoints(val);
	v->pv.dr7 = val & ~(u64)v->pv.dr7_io;
	if (v == current) {
		load_addresses(&v->pv);
		write_dr7(v->pv.dr7 & DR7_ENABLE ? v->pv.dr7 : DR7_ONES);
	}
	return 0;
}

/**
 * guest_set_dr - what MOV to DR and set_debugreg do
 * Return: 0; -ENODEV for a register that does not exist; -EPERM for an address that is the hypervisor's
 * or not canonical, general detect, or I/O breakpoints without CR4.DE; -EINVAL for the upper half of DR6, DR7.
 */
int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val)
{
	int r = real_register(v, reg);

	if (r < 0)
		return r;
	if (r < 4)
		return set_address(v, r, val);
	if (val != (u32)val)
		return -EINVAL;
	if (r == 6) {
		v->pv.dr6 = (val & ~DR6_ZEROES) | DR6_ONES;
		return 0;
	}
	return set_dr7(v, val);
}

int guest_get_dr(struct vcpu *v, unsigned int reg, u64 *val)
{
	int r = real_register(v, reg);

	if (r < 0)
		return r;
	*val = r < 4 ? v->pv.dr[r] : r == 6 ? v->pv.dr6 : v->pv.dr7 | v->pv.dr7_io;
	return 0;
}

long do_set_debugreg(struct vcpu *v, const struct hc_set_debugreg *a)
{
	return guest_set_dr(v, (u32)a->reg, a->value);
}

/* The answer is the register itself, or an error in its place. */
long do_get_debugreg(struct vcpu *v, const struct hc_get_debugreg *a)
{
	u64 val;
	int rc = guest_get_dr(v, (u32)a->reg, &val);

	return rc ? rc : (long)val;
}
