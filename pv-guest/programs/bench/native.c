/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPU does for the native kernel, where the pv kernel calls the hypervisor.
 */
#include "programs/bench/bench.h"
#include "programs/measure.h"
#include "port/native/native.h"

void bench_port(void)
{
	u64 root = (u64)boot_root - KERNEL_BASE;

	bench_line("native_cr3_load", MEASURE(1000, write_cr3(root)));
	bench_line("native_invlpg", MEASURE(1000, invlpg(WINDOW_BASE)));
	bench_line("native_apic_eoi", MEASURE(1000, apic_write(APIC_EOI, 0)));
}
