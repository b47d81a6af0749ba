/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpuid - CPUID by the forced-emulation prefix
 *
 * Right: UD2, "xen", CPUID is emulated, RIP goes on behind all seven bytes; leaf 1 hides what a PV
 * guest may not use (MTRR, VMX, PSE36 may stay, no x2APIC promise) and shows the hypervisor bit;
 * the leaves from 0x40000000 name the interface. Any other bytes behind the prefix are an ordinary
 * #UD at the UD2; the prefix is for CPUID and a few more, not for all.  ABI: XEN_CPUID in
 * arch-x86/xen.h.
 */
#include "guest.h"
#include <xen/arch-x86/cpuid.h>

struct leaf {
	u32 a, b, c, d;
};

static struct leaf forced(u32 leaf, u32 sub)
{
	struct leaf r = { leaf, 0, sub, 0 };

	__asm__ volatile(XEN_CPUID : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

static struct leaf native(u32 leaf, u32 sub)
{
	struct leaf r = { leaf, 0, sub, 0 };

	__asm__ volatile("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

static void features(void)
{
	struct leaf one = forced(1, 0), raw = native(1, 0), ext = forced(0x80000001, 0);

	check_eq(forced(0, 0).b, native(0, 0).b, "leaf 0 has the vendor of the processor");
	check_eq(one.a, raw.a, "leaf 1 its signature");
	check(one.d & (1 << 0), "FPU");
	check(one.d & (1 << 6), "PAE");
	check(one.d & (1 << 24) && one.d & (1 << 25) && one.d & (1 << 26), "FXSR, SSE, SSE2");
	check(one.c & (1U << 31), "the hypervisor bit");
	check(!(one.c & (1 << 5)), "no VMX");
	check(!(one.d & (1 << 3)), "no PSE");
	check_eq(one.d >> 11 & 1, (forced(0, 0).b & 0xff) == 'G', "SYSENTER on Intel's alone");
	check(!(one.c & (1 << 3)), "no MONITOR");
	check(ext.d & (1 << 29), "long mode");
	check(ext.d & (1 << 11), "SYSCALL");
	check(ext.d & (1 << 20), "NX");
	check(!(ext.c & (1 << 2)), "no SVM");
	check(!(ext.d & (1 << 26)), "no 1 GiB pages");
}

static void hypervisor_leaves(void)
{
	struct leaf l = forced(0x40000000, 0);
	u32 bits = 12;

	check_eq(l.b, XEN_CPUID_SIGNATURE_EBX, "signature, EBX");
	check_eq(l.c, XEN_CPUID_SIGNATURE_ECX, "signature, ECX");
	check_eq(l.d, XEN_CPUID_SIGNATURE_EDX, "signature, EDX");
	check(l.a >= 0x40000002 && l.a < 0x40000100, "last leaf 0x%x", l.a);
	check_eq(forced(0x40000001, 0).a, HC(xen_version, .cmd = XENVER_version),
		 "leaf 1 is the version");
	l = forced(0x40000005, 0);
	for (u64 mfn = HC(memory_op, .cmd = XENMEM_maximum_ram_page) - 1; mfn; mfn >>= 1)
		bits++;
	/* The limit that counts for frame numbers in grants of version 1: not what the CPU could address. */
	check_eq(l.b, bits, "leaf 5 has the width of the machine's highest address");
	l = forced(0x40000002, 0);
	check(l.a <= 1, "%u hypercall pages by MSR", l.a);
}

static void not_forced(void)
{
	check_fault(
		TRY("ud2; .ascii \"xem\"; cpuid", NO_RESULT, GIVEN("a"(0), "c"(0), "b"(0), "d"(0))),
		X_UD, "another word behind UD2");
	check_fault(TRY("ud2; .ascii \"xen\"; nop", NO_RESULT, NOTHING), X_UD,
		    "the prefix before NOP");
}

void test_main(void)
{
	features();
	hypervisor_leaves();
	not_forced();
}
