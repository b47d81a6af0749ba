/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

void kernel_main(void) __attribute__((noreturn));
void kernel_cpu_main(void) __attribute__((noreturn));

#endif
