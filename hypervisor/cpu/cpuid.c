/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "dev/console.h"
#include "lib/string.h"

struct cpu_features cpu_features;

struct regs {
	u32 a, b, c, d;
};

static struct regs __init ask(u32 leaf)
{
	struct regs r;

	cpuid(leaf, 0, &r.a, &r.b, &r.c, &r.d);
	return r;
}

/* QEMU's emulator says who it is in the leaves set aside for hypervisors. */
static bool __init is_tcg(void)
{
	struct regs r = ask(0x40000000);

	return r.b == 0x54474354 && r.c == 0x43544743 && r.d == 0x47435447;	/* TCGTCGTCGTCG */
}

void __init cpuid_init(void)
{
	struct cpu_features *f = &cpu_features;
	const char *ring1 = cmdline_get("ring1") ?: "none";
	struct regs r = ask(0);

	f->max_leaf = r.a;
	memcpy(f->vendor, &r.b, 4);
	memcpy(f->vendor + 4, &r.d, 4);
	memcpy(f->vendor + 8, &r.c, 4);
	r = ask(1);
	f->leaf1_ecx = r.c;
	f->leaf1_edx = r.d;
	if (f->max_leaf >= 7) {
		r = ask(7);
		f->leaf7_ebx = r.b;
		f->leaf7_ecx = r.c;
	}
	f->max_ext_leaf = ask(0x80000000).a;
	r = ask(0x80000001);
	f->ext1_ecx = r.c;
	f->ext1_edx = r.d;
	f->phys_bits = f->max_ext_leaf >= 0x80000008 ? ask(0x80000008).a & 0xff : 36;

	f->ring1_all = !strcmp(ring1, "all");
	f->ring1_dom0 = f->ring1_all || !strcmp(ring1, "dom0");
	if (!f->ring1_dom0 && strcmp(ring1, "none"))		/* at ring 1 they are supervisors: no SMEP, no SMAP */
		log_err("option \"ring1\" is dom0, all or none, not \"%s\"", ring1);
	f->xsave = f->leaf1_ecx & BIT(26);
	f->pcid = (f->leaf1_ecx & BIT(17)) && (f->leaf7_ebx & BIT(10)) && cmdline_bool("pcid", true);
	f->x2apic = (f->leaf1_ecx & BIT(21)) && cmdline_bool("x2apic", true);
	f->tsc_deadline = f->leaf1_ecx & BIT(24);
	f->sysenter = (f->leaf1_edx & BIT(11)) && is_intel();	/* in long mode: Intel's alone */
	f->fsgsbase = f->leaf7_ebx & BIT(0);
	f->smep = (f->leaf7_ebx & BIT(7)) && cmdline_bool("smep", !f->ring1_dom0);
	f->page_1g = f->ext1_edx & BIT(26);
	f->invariant_tsc = f->max_ext_leaf >= 0x80000007 && (ask(0x80000007).d & BIT(8));
	f->tcg = (f->leaf1_ecx & BIT(31)) && is_tcg();
	/* The emulator reads the frame of an IRET at CPL 3 as a supervisor would: only for who asks. */
	f->smap = (f->leaf7_ebx & BIT(20)) && cmdline_bool("smap", !f->tcg && !f->ring1_dom0);

	if (!(f->ext1_edx & BIT(20)))
		boot_fail("CPU lacks NX (no-execute pages)");
	if (!(f->ext1_edx & BIT(11)))
		boot_fail("CPU lacks SYSCALL");
	if (!(f->leaf1_edx & BIT(9)))
		boot_fail("CPU lacks a local APIC");
}
