/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the pv port tell each other, and the services only this port has.
 */
#ifndef PORT_PV_H
#define PORT_PV_H

#include "kernel/layout.h"
#include "kernel/types.h"
#include "port-cpu.h"
#include "port/port.h"

void console_find(void);
void port_start(start_info_t *si) __attribute__((noreturn));

extern const char trap_entries[], syscall_entry[], start_secondary[];

/* traps_fill - the trap table, as set_trap_table and VCPUOP_initialise want it */
void traps_fill(trap_info_t *table);

/* Machine frames: what page tables, grants and other domains speak of. */
typedef unsigned long mfn_t;

static inline mfn_t pfn_to_mfn(pfn_t pfn)
{
	return P2M[pfn];
}

static inline mfn_t va_to_mfn(const void *va)
{
	return P2M[((u64)va - KERNEL_BASE) >> PAGE_SHIFT];
}

/* The machine address of a byte in the linear map. */
static inline u64 va_to_maddr(const void *va)
{
	return (va_to_mfn(va) << PAGE_SHIFT) | ((u64)va & ~PAGE_MASK);
}

/* mmuext - one mmuext_op command on one frame or address */
long mmuext(unsigned int cmd, u64 arg1);
u64 pv_wall_seconds(void); /* since 1970 */

/* Event channels: have fn called with interrupts off, on the CPU that opened it. */
#define EVTCHN_MAX 1024

void evtchn_open(evtchn_port_t port, unsigned int cpu, void (*fn)(void *arg), void *arg);
void evtchn_close(evtchn_port_t port);
long evtchn_send(evtchn_port_t port);
s64 evtchn_count(evtchn_port_t port);

#endif
