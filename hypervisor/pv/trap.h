/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C side of cpu/entry.S; called from there only.
 */
#ifndef HV_PV_TRAP_H
#define HV_PV_TRAP_H

#include "abi/abi.h"

struct vcpu;

void trap_from_guest(struct cpu_user_regs *regs);
void fault_from_kernel(struct cpu_user_regs *regs, struct vcpu *v);
void trap_from_hypervisor(struct cpu_user_regs *regs);
void trap_on_ist(struct cpu_user_regs *regs);
void syscall_from_guest(struct cpu_user_regs *regs);
void syscall32_from_guest(struct cpu_user_regs *regs);
void sysenter_from_guest(struct cpu_user_regs *regs);
void exit_work(void);

#endif
