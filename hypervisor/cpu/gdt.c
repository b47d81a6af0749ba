/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each CPU's GDT page, TSS, and the one IDT.
 *
 * The page is page 14 of the CPU's GDT window; the TSS lies in its second half.  Guests see neither: the
 * window is mapped for the supervisor only.
 */
#include "cpu/gdt.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/mm.h"

#define GDT_PAGE	14
#define TSS_OFFSET	2048

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap;
} __packed;

struct gate {
	u16 offset0;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset1;
	u32 offset2;
	u32 reserved;
};

#define GATE_INTERRUPT	0x8e
#define GATE_DPL3	0x60

#define DESC_CODE64	0x00af9b000000ffffUL
#define DESC_CODE32	0x00cf9b000000ffffUL
#define DESC_DATA	0x00cf93000000ffffUL
#define DESC_TSS	0x89UL
#define DESC_LDT	0x82UL

static struct gate idt[256] __aligned(4096);
extern const u64 trap_entry[256];		/* cpu/entry.S */

static u64 *slot(u64 *page, u16 sel)
{
	return page + (sel & 0xfff) / 8;
}

/* System descriptors take two slots. */
static void set_system(u64 *page, u16 sel, u64 type, u64 base, u32 limit)
{
	u64 *d = slot(page, sel);

	d[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
	       (u64)(limit & 0xf0000) << 32 | (base & 0xff000000) << 32;
	d[1] = base >> 32;
}

void gdt_init_cpu(struct pcpu *p)
{
	u64 window = PERCPU_GDT(p->cpu) + GDT_PAGE * PAGE_SIZE;
	struct tss *tss = (struct tss *)((u8 *)p->gdt + TSS_OFFSET);
	u64 block = ROUND_DOWN((u64)p->info, STACK_SIZE);

	*slot(p->gdt, SEL_HV_CS) = DESC_CODE64;
	*slot(p->gdt, SEL_HV_DS) = DESC_DATA;
	*slot(p->gdt, SEL_USER_CS32) = DESC_CODE32 | DESC_DPL;
	*slot(p->gdt, SEL_USER_DS) = DESC_DATA | DESC_DPL;
	*slot(p->gdt, SEL_USER_CS64) = DESC_CODE64 | DESC_DPL;
	*slot(p->gdt, SEL_RING1_CS) = DESC_CODE64 | DESC_DPL1;
	*slot(p->gdt, SEL_RING1_DS) = DESC_DATA | DESC_DPL1;
	set_system(p->gdt, SEL_TSS, DESC_TSS, window + TSS_OFFSET, sizeof(*tss) - 1);

	tss->rsp[0] = (u64)&p->info->guest_regs.es;
	tss->ist[IST_NMI - 1] = block + 1 * PAGE_SIZE;
	tss->ist[IST_DF - 1] = block + 2 * PAGE_SIZE;
	tss->ist[IST_MC - 1] = block + 3 * PAGE_SIZE;
	tss->ist[IST_DB - 1] = block + 4 * PAGE_SIZE;
	tss->iomap = sizeof(*tss);		/* past the limit: no port is allowed */
	hv_map_page(window, hv_to_mfn(p->gdt), PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX);
}

void gdt_load(struct pcpu *p)
{
	const struct dt_pointer ptr = { GDT_LIMIT, PERCPU_GDT(p->cpu) };

	lgdt(&ptr);
	__asm__ volatile("push %0\n"
			 "lea 1f(%%rip), %%rax\n"
			 "push %%rax\n"
			 "lretq\n"
			 "1: mov %1, %%ss\n"
			 : : "i"(SEL_HV_CS), "r"(SEL_HV_DS) : "rax", "memory");
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	lldt(0);
	ltr(SEL_TSS);
}

void ldt_load(u64 base, u32 entries)
{
	struct pcpu *p = cpu_info()->pcpu;

	if (entries)
		set_system(p->gdt, SEL_LDT, DESC_LDT, base, entries * 8 - 1);
	lldt(entries ? SEL_LDT : 0);
}

void idt_init(u16 cs, bool with_ist)
{
	static const u8 ists[32] = { [1] = IST_DB, [2] = IST_NMI, [8] = IST_DF, [18] = IST_MC };

	for (unsigned int i = 0; i < 256; i++) {
		/* Guests may execute INT3 and INTO; other software interrupts come as #GP. */
		u8 dpl = i == 3 || i == 4 ? GATE_DPL3 : 0;

		idt[i] = (struct gate){
			.offset0 = trap_entry[i],
			.offset1 = trap_entry[i] >> 16,
			.offset2 = trap_entry[i] >> 32,
			.selector = cs,
			.ist = with_ist && i < 32 ? ists[i] : 0,
			.type = GATE_INTERRUPT | dpl,
		};
	}
}

void idt_load(void)
{
	const struct dt_pointer ptr = { sizeof(idt) - 1, (u64)idt };

	lidt(&ptr);
}
