/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console keys: one letter, one view of the hypervisor.
 */
#include "cpu/cpu-info.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "domain/domain.h"

static struct key {
	const char *what;
	void (*fn)(void);
} keys[128];

void console_key_register(char key, const char *what, void (*fn)(void))
{
	keys[key & 127] = (struct key){ what, fn };
}

void console_key(char key)
{
	if (key < 0 || !keys[(u8)key].fn)
		return;
	log_info("key '%c': %s", key, keys[(u8)key].what);
	keys[(u8)key].fn();
}

static void key_help(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].fn)
			log_info("  %c  %s", (char)i, keys[i].what);
}

static void key_cpus(void)
{
	for (u32 i = 0; i < nr_cpus; i++) {
		const struct cpu_info *c = pcpu_of(i)->info;
		const struct vcpu *v = READ_ONCE(c->vcpu);

		if (!v || v->sched.idle)
			log_info("CPU %u: idle", i);
		else
			log_info("CPU %u: d%uv%u, last entered at %04x:%#lx, rsp %#lx", i, v->domain->id,
				 v->id, c->guest_regs.cs, (u64)c->guest_regs.rip,
				 (u64)c->guest_regs.rsp);
	}
}

static void key_interrupts(void)
{
	for (u32 vector = 0; vector < 256; vector++) {
		u64 n = 0;

		for (u32 i = 0; i < nr_cpus; i++)
			n += pcpu_of(i)->irqs[vector];
		if (n)
			log_info("  vector %#x: %lu", vector, n);
	}
}

static void key_debug_trap(void)
{
	panic("asked for by console key");
}

void keys_init(void)
{
	console_key_register('h', "this help", key_help);
	console_key_register('m', "memory", memory_dump);
	console_key_register('d', "CPUs", key_cpus);
	console_key_register('i', "interrupts by vector", key_interrupts);
	console_key_register('R', "reboot the machine", machine_reboot);
	console_key_register('C', "panic", key_debug_trap);
#ifdef DEBUG
	console_key_register('A', "audit the frames of all domains", mm_audit_all);
#endif
}
