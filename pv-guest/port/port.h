/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a port must do for the kernel.
 *
 * Everything the kernel needs of the machine goes through this header, so the two folders beside it
 * (pv/ and native/) are the whole difference between a kernel that owns the machine and one that
 * runs on a hypervisor.  Files of the same name do the same job; read them side by side with
 * docs/two-ports.md.  Three more things come from a port's own headers:
 *
 *   port-cpu.h   struct port_cpu, irq_enable(), irq_disable(), irq_enabled(), user selectors
 *   entry.S      builds struct trap_frame and calls kernel_trap(); trap_return()
 *   boot.S       the first instructions; calls port_start()
 */
#ifndef PORT_H
#define PORT_H

#include "kernel/types.h"

struct cpu;
struct space;
struct trap_frame;

extern const char port_name[];

/* --- setup.c: start and end ------------------------------------------------------------------- */

/* port_cmdline - the command line the loader passed */
const char *port_cmdline(void);

/* port_module - the file the loader put beside the kernel (an initial ramdisk), or NULL: there is none */
const void *port_module(u64 *bytes);

/* port_memory_init - make all memory appear in the linear map and hand it to pages_add() */
void port_memory_init(void);

/* port_power_off - end well; port_crash - end badly */
void port_power_off(void) __attribute__((noreturn));
void port_crash(void) __attribute__((noreturn));

/* --- console.c -------------------------------------------------------------------------------- */

/* port_console_write - print n bytes; usable from the first instruction of C on */
void port_console_write(const char *s, size_t n);

/* port_console_read - take a character that was typed.  Return: whether there was one */
bool port_console_read(char *c);

/*
 * port_console_listen - have fn called, interrupts off, when something was typed
 * Return: false: nobody will call; look now and then
 */
bool port_console_listen(void (*fn)(void));

/* --- devices ------------------------------------------------------------------------------------ */

/*
 * port_devices_start - look for block and network devices, wait until those there are now can be used
 * (at most 10 seconds); others may come at any time.  From a thread; may be called again.
 */
void port_devices_start(void);

/* --- traps.c: exceptions and system calls ------------------------------------------------------ */

/* port_traps_init - let this CPU's traps come to entry.S */
void port_traps_init(struct cpu *cpu);

/* port_fault_address - the address of the last page fault of this CPU */
u64 port_fault_address(void);

/* port_set_kernel_stack - where the next trap from user mode begins to push */
void port_set_kernel_stack(u64 top);

/* --- paging.c: page tables --------------------------------------------------------------------- */

typedef u64 pte_t;

#define PTE_P	  (1UL << 0)
#define PTE_W	  (1UL << 1)
#define PTE_U	  (1UL << 2)
#define PTE_PCD	  (1UL << 4)
#define PTE_A	  (1UL << 5)
#define PTE_D	  (1UL << 6)
#define PTE_LARGE (1UL << 7)
#define PTE_OWNED (1UL << 9) /* software: the page is freed with the address space */
#define PTE_NX	  (1UL << 63)
#define PTE_ADDR  0x000ffffffffff000UL

/* pte_make - an entry that names a page of ours; pte_pfn - the page an entry names */
pte_t pte_make(pfn_t pfn, u64 flags);
pfn_t pte_pfn(pte_t pte);

/* port_table_prepare - turn a zeroed page into a page table; port_table_release - and back */
void port_table_prepare(pte_t *table);
void port_table_release(pte_t *table);

/* port_entry_set - write one entry of any table.  Return: 0 or a negative error. */
int port_entry_set(pte_t *slot, pte_t val);

/* port_map_set - the same for the entry that maps va now, and forget the old one on every CPU */
int port_map_set(u64 va, pte_t *slot, pte_t val);

/* port_root_* - the root table(s) of an address space */
pte_t *port_kernel_root(void);
int port_root_init(struct space *s);
int port_root_set(struct space *s, unsigned int index, pte_t val);
void port_root_load(const struct space *s);
void port_root_free(struct space *s);

/* --- irq.c: interrupts ------------------------------------------------------------------------- */

/* port_irq_init - let this CPU get its timer and calls from other CPUs */
void port_irq_init(struct cpu *cpu);

/* port_irq - something came in: find out what and call timer_interrupt() or cpu_interrupt() */
void port_irq(unsigned int vector);

/* port_ipi - have cpu run cpu_interrupt() */
void port_ipi(struct cpu *cpu);

/* port_idle - sleep until an interrupt; called with interrupts off, returns with them on */
void port_idle(void);

/* --- time.c ------------------------------------------------------------------------------------ */

void port_time_init(void);

/* port_time_ns - nanoseconds since boot; port_timer_set - interrupt this CPU at that time */
u64 port_time_ns(void);
void port_timer_set(u64 deadline);

/* --- smp.c ------------------------------------------------------------------------------------- */

/* port_cpu_count - how many CPUs there are, at most max */
unsigned int port_cpu_count(unsigned int max);

/* port_cpu_start - let cpu begin in kernel_cpu_main() on the stack that ends at top */
int port_cpu_start(struct cpu *cpu, u64 top);

#endif
