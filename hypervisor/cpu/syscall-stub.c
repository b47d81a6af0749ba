/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYSCALL finds no stack: RSP is the guest's, and GS too.  So each CPU has a page of code of its own,
 * which knows where that CPU's stack is.
 */
#include "cpu/cpuid.h"
#include "cpu/gdt.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "cpu/smp.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"

#define LSTAR_OFFSET	0
#define CSTAR_OFFSET	64

/* Cleared at SYSCALL: AC, NT, IOPL, DF, IF, TF. */
#define FLAGS_MASK	0x47700

extern const char syscall_entry[], syscall32_entry[], sysenter_entry[];	/* cpu/entry.S */

static u64 stub_address(const struct pcpu *p)
{
	return HV_STUBS_START + p->cpu * PAGE_SIZE;
}

/* `len` opcode bytes, then the distance from the instruction's end to `target`. */
static u8 *emit(u8 *at, u64 *va, const char *opcode, unsigned int len, const void *target)
{
	s64 distance;

	*va += len + 4;
	distance = (s64)((u64)target - *va);
	CHECK(distance == (s32)distance);
	memcpy(at, opcode, len);
	memcpy(at + len, &distance, 4);
	return at + len + 4;
}

static void write_stub(struct pcpu *p, u8 *page, unsigned int offset, const char *entry)
{
	u64 va = stub_address(p) + offset;
	u8 *at = page + offset;

	at = emit(at, &va, "\x48\x89\x25", 3, &p->info->scratch[0]);	/* mov %rsp, scratch(%rip) */
	at = emit(at, &va, "\x48\x8d\x25", 3, &p->info->guest_regs.es);	/* lea es(%rip), %rsp */
	emit(at, &va, "\xe9", 1, entry);				/* jmp entry */
}

void syscall_stubs_init(struct pcpu *p)
{
	u8 *page = alloc_pages(0);

	CHECK(page);
	memset(page, 0xcc, PAGE_SIZE);
	write_stub(p, page, LSTAR_OFFSET, syscall_entry);
	write_stub(p, page, CSTAR_OFFSET, syscall32_entry);
	hv_map_page(stub_address(p), hv_to_mfn(page), PTE_PRESENT | PTE_ACCESSED);
}

void syscall_stubs_load(struct pcpu *p)
{
	wrmsr(MSR_STAR, (u64)SEL_USER_CS32 << 48 | (u64)SEL_HV_CS << 32);
	wrmsr(MSR_LSTAR, stub_address(p) + LSTAR_OFFSET);
	wrmsr(MSR_CSTAR, stub_address(p) + CSTAR_OFFSET);
	wrmsr(MSR_FMASK, FLAGS_MASK);
	if (cpu_features.sysenter) {
		wrmsr(MSR_SYSENTER_CS, SEL_HV_CS);
		wrmsr(MSR_SYSENTER_ESP, (u64)&p->info->guest_regs.es);
		wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_entry);
	}
}
