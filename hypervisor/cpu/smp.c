/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs: what each has of its own, and starting them.
 */
#include "cpu/acpi.h"
#include "cpu/apic.h"
#include "cpu/cpuid.h"
#include "cpu/fpu.h"
#include "cpu/gdt.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "cpu/smp.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/memmap.h"
#include "mm/mm.h"
#include "sched/sched.h"

#define GUARD_PAGE	4			/* of a stack block: cpu-info.h */
#define START_LIMIT_US	1000000

u32 nr_cpus = 1;
u64 cpus_online[NR_CPUS / 64] = { BIT(0) };
static struct pcpu *pcpus[NR_CPUS];

extern char boot_stack[];
extern u64 ap_stack;
extern const u8 ap_trampoline[], ap_trampoline_end[];
extern const struct smap_site { s32 at; u32 insn; } smap_sites_start[], smap_sites_end[];	/* hv.lds */
void ap_main(void) __noreturn;

struct pcpu *pcpu_of(u32 cpu)
{
	return cpu < NR_CPUS ? pcpus[cpu] : NULL;
}

/* ---- what a CPU has of its own ------------------------------------------------------------------------ */

static void map_stack(u32 cpu, maddr_t block)
{
	u64 va = HV_STACKS_START + cpu * STACK_SIZE;

	for (u64 i = 0; i < STACK_SIZE / PAGE_SIZE; i++)
		if (i != GUARD_PAGE)
			hv_map_page(va + i * PAGE_SIZE, PFN_DOWN(block) + i,
				    PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX);
}

/* The boot CPU goes on with the block it started on, seen through another mapping. */
static maddr_t stack_block(u32 cpu)
{
	void *p;

	if (cpu == 0)
		return (u64)boot_stack - HV_IMAGE_START;
	p = alloc_pages(STACK_ORDER);
	return p ? hv_to_maddr(p) : 0;
}

struct pcpu *pcpu_create(u32 cpu, u32 apic_id, u32 acpi_id)
{
	maddr_t block = stack_block(cpu);
	struct pcpu *p = zalloc(sizeof(*p));
	u64 *gdt = alloc_pages(0);

	if (!block || !p || !gdt)
		return NULL;
	map_stack(cpu, block);
	p->cpu = cpu;
	p->apic_id = apic_id;
	p->acpi_id = acpi_id;
	p->gdt = gdt;
	p->info = (struct cpu_info *)(HV_STACKS_START + (cpu + 1) * STACK_SIZE) - 1;
	p->info->pcpu = p;
	p->info->cpu = cpu;
	gdt_init_cpu(p);
	syscall_stubs_init(p);
	pcpus[cpu] = p;
	return p;
}

static void control_registers(void)
{
	u64 cr4 = read_cr4() & ~CR4_PGE;

	cr4 |= cpu_features.smep ? CR4_SMEP : 0;
	cr4 |= cpu_features.fsgsbase ? CR4_FSGSBASE : 0;
	cr4 |= cpu_features.leaf1_edx & BIT(7) ? CR4_MCE : 0;
	cr4 |= cpu_features.pcid ? CR4_PCIDE : 0;		/* CR3 is hv_root's address, without a tag */
	cr4 |= cpu_features.smap ? CR4_SMAP : 0;
	write_cr4(cr4);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	wrmsr(MSR_PAT, HV_PAT);
	write_cr3(read_cr3());
}

/* Before the first guest is touched.  Our text is read-only where it runs. */
void __init smap_init(void)
{
	for (const struct smap_site *s = smap_sites_start; cpu_features.smap && s < smap_sites_end; s++)
		memcpy(maddr_to_hv((u64)&s->at + s->at - HV_IMAGE_START), &s->insn, 3);
}

void cpu_init(struct pcpu *p)
{
	control_registers();
	fpu_cpu_init();
	gdt_load(p);
	idt_load();
	syscall_stubs_load(p);
	lapic_cpu_init();
	p->online = true;
	bitmap_set_atomic(cpus_online, p->cpu);
}

/* ---- the others ------------------------------------------------------------------------------------------- */

/* A CPU arrives here from cpu/boot.S, on its own stack, interrupts off. */
void ap_main(void)
{
	struct pcpu *p = cpu_info()->pcpu;

	cpu_init(p);
	tsc_sync_check(false);
	clock_cpu_init(p->cpu);
	timer_cpu_init(p->cpu);
	sched_cpu_init(p->cpu);
	__atomic_add_fetch(&nr_cpus, 1, __ATOMIC_SEQ_CST);
	exit_to_guest();
}

static bool __init wait_until(const volatile bool *flag)
{
	u64 end = rdtsc() + START_LIMIT_US * tsc_khz / 1000;

	while (!*flag && rdtsc() < end)
		cpu_relax();
	return *flag;
}

static bool __init start_cpu(struct pcpu *p)
{
	u32 before = nr_cpus;

	ap_stack = (u64)p->info;
	lapic_start_cpu(p->apic_id, low_page << PAGE_SHIFT);
	if (!wait_until(&p->online))
		return false;
	tsc_sync_check(true);
	while (READ_ONCE(nr_cpus) == before)
		cpu_relax();
	return true;
}

/* CPUs that do not answer are left out; numbers stay without gaps, because each is started in turn. */
static void __init start_others(u64 max)
{
	u32 boot_id = lapic_id();

	for (u32 i = 0; i < acpi.nr_cpus && nr_cpus < max; i++) {
		struct pcpu *p;

		if (acpi.apic_id[i] == boot_id)
			continue;
		p = pcpu_create(nr_cpus, acpi.apic_id[i], acpi.acpi_id[i]);
		if (!p)
			boot_fail("not enough memory for CPU %u", nr_cpus);
		if (!start_cpu(p)) {
			pcpus[nr_cpus] = NULL;
			log_err("the CPU with APIC id %u does not start", acpi.apic_id[i]);
		}
	}
}

void __init smp_start(void)
{
	u64 max = cmdline_bool("nosmp", false) || !low_page ? 1 : cmdline_uint("maxcpus", NR_CPUS);
	size_t size = ap_trampoline_end - ap_trampoline;
	u8 saved[64];

	if (max > 1) {
		/* The page may hold a boot module: it is only borrowed. */
		CHECK(size <= sizeof(saved));
		memcpy(saved, mfn_to_hv(low_page), size);
		memcpy(mfn_to_hv(low_page), ap_trampoline, size);
		start_others(max);
		memcpy(mfn_to_hv(low_page), saved, size);
	}
	log_info("%u CPU%s, TSC %s, TLB %s tags", nr_cpus, nr_cpus > 1 ? "s" : "",
		 tsc_is_stable ? "the same on all" : "NOT the same on all", cpu_features.pcid ? "with" : "without");
}
