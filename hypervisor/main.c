/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the first C code to the initial domain.
 */
#include "abi/abi.h"
#include "cpu/acpi.h"
#include "cpu/apic.h"
#include "cpu/cpuid.h"
#include "cpu/fpu.h"
#include "cpu/gdt.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/msr.h"
#include "cpu/smp.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "dev/multiboot.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "mm/heap.h"
#include "mm/hv-map.h"
#include "mm/memmap.h"
#include "pv/pirq.h"

#define BOOT_CS		0x08		/* cpu/boot.S: until this CPU has its own GDT */

void hv_main(u32 magic, u32 info) __noreturn;
void call_on_stack(u64 stack, void (*fn)(void)) __noreturn;

extern char boot_stack_end[];

/* Console, then everything that C code needs to be told when it goes wrong. */
static void __init start_console(u32 magic, u32 info)
{
	multiboot_parse(magic, info);
	cmdline_init(boot_info.cmdline);
	console_init();
	console_set_levels();
	log_info("Bonsai %s, a hypervisor with Xen's PV interface", HV_VERSION);
	idt_init(BOOT_CS, false);
	idt_load();
	cmdline_report_unknown();
	if (!boot_info.valid)
		boot_fail("not started by a Multiboot loader");
	log_debug("loader: %s; options: %s", boot_info.loader, hv_cmdline);
}

static void __init start_memory(void)
{
	memmap_init();
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	hv_map_init();
	hv_map_tables();
	heap_init();
	memmap_to_heap();
}

/* Tables of this CPU; from here on it is like any other. */
static void __init start_boot_cpu(void)
{
	struct pcpu *p;
	u32 boot_id, i = 0;

	acpi_init(boot_info.has_rsdp ? boot_info.rsdp : NULL);
	hv_map_cpus(MIN(acpi.nr_cpus, (u32)NR_CPUS));
	lapic_init(acpi.lapic_base);
	fpu_init();
	boot_id = lapic_id();
	while (i + 1 < acpi.nr_cpus && acpi.apic_id[i] != boot_id)
		i++;
	p = pcpu_create(0, boot_id, acpi.acpi_id[i]);
	if (!p)
		boot_fail("not enough memory");
	idt_init(SEL_HV_CS, true);
	smap_init();
	cpu_init(p);
}

static void __init start_rooms(void)
{
	ioapic_init();
	pirq_init();
	tsc_calibrate();
	lapic_timer_calibrate();
	clock_init(tsc_khz);
	clock_cpu_init(0);
	timer_cpu_init(0);
	domains_init();
	sched_init();
	sched_cpu_init(0);
	keys_init();
	smp_start();
	console_start_input();
}

static void __init start_initial_domain(void)
{
	const struct boot_module *kernel = &boot_info.module[0], *initrd = &boot_info.module[1];
	bool has_initrd = boot_info.nr_modules > 1;

	if (!boot_info.nr_modules)
		boot_fail("no boot module: the initial domain's kernel is missing");
	log_info("%lu MiB of memory, %lu MiB free", memmap_ram_pages() >> 8, heap_free_pages() >> 8);
	dom0_build(maddr_to_hv(kernel->start), kernel->end - kernel->start, kernel->args,
		   has_initrd ? initrd->start : 0, has_initrd ? initrd->end - initrd->start : 0);
}

static void __init start_everything(void)
{
	start_rooms();
	start_initial_domain();
}

/* On the boot CPU's own stack, and not in what is freed. */
static void run(void)
{
	struct vcpu *v;

	start_everything();
	hv_map_free_init();
	v = dom0->vcpu[0];
	__atomic_and_fetch(&v->sched.pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
	vcpu_wake(v);
	exit_to_guest();
}

void __init hv_main(u32 magic, u32 info)
{
	start_console(magic, info);
	cpuid_init();
	start_memory();
	start_boot_cpu();
	call_on_stack((u64)pcpu_of(0)->info, run);
}
