/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start and end (native): from the boot loader's information to all memory in the linear map.
 */
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "port/native/native.h"

#define MULTIBOOT_MAGIC	  0x2badb002
#define MULTIBOOT_MEMORY  (1 << 0)
#define MULTIBOOT_CMDLINE (1 << 2)

struct multiboot_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline;
};

const char port_name[] = "native";

u8 boot_stack[STACK_SIZE] __attribute__((section(".bss.pages"), aligned(4096)));

static char cmdline[256];
static u64 memory_kib;
extern char image_end[];

/**
 * port_start - first C of the boot CPU
 * What the loader left may lie in memory the page allocator will hand out: copy it.
 */
void port_start(u32 magic, u32 info)
{
	const struct multiboot_info *mb = (void *)(KERNEL_BASE + info);

	wrmsr(MSR_GS_BASE, (u64)&boot_cpu);
	cpu_init(&boot_cpu, 0);
	outb(0x21, 0xff); /* the old interrupt controllers: silence */
	outb(0xa1, 0xff);
	if (magic != MULTIBOOT_MAGIC || !(mb->flags & MULTIBOOT_MEMORY))
		panic("not started by a Multiboot loader that tells about memory");
	memory_kib = mb->mem_upper;
	if (mb->flags & MULTIBOOT_CMDLINE)
		format(cmdline, sizeof(cmdline), "%s", (const char *)(KERNEL_BASE + mb->cmdline));
	kernel_main();
}

const char *port_cmdline(void)
{
	return cmdline;
}

/* What the loader brought may lie in memory that is handed out: not supported. */
const void *port_module(u64 *bytes)
{
	*bytes = 0;
	return NULL;
}

/*
 * The boot tables map the first gigabyte already.  What is below 1 MiB belongs to the firmware.
 */
void port_memory_init(void)
{
	pfn_t first = ROUND_UP((u64)image_end - KERNEL_BASE, PAGE_SIZE) / PAGE_SIZE;
	pfn_t end = MIN(256 + memory_kib / 4, LINEAR_SIZE >> PAGE_SHIFT);

	boot_root[ROOT_SLOT_USER] = 0;
	write_cr3((u64)boot_root - KERNEL_BASE);
	pages_init(first, end);
	pages_add(first, end);
}

/* QEMU's power management port; other machines just stop. */
void port_power_off(void)
{
	outw(0x604, 0x2000);
	port_crash();
}

void port_crash(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt");
}

/* None: this port exists to be compared with. */
void port_devices_start(void)
{
}
