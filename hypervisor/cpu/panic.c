/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last words: what was wrong, the registers, how we came here, what the guest was doing.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "cpu/symbols.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "lib/string.h"

#define TRACE_MAX	24
#define REBOOT_SECONDS	5

static void show_address(u64 addr)
{
	u64 offset = 0;
	const char *name = symbol_lookup(addr, &offset);

	log_err("  [%016lx] %s+%#lx", addr, name ? name : "?", offset);
}

/* True when a call instruction ends right before addr: then it may be a return address. */
static bool follows_call(u64 addr)
{
	const u8 *p = (const u8 *)addr;

	if (!is_text(addr) || !is_text(addr - 7))
		return false;
	if (p[-5] == 0xe8)
		return true;
	/* Indirect calls: FF /2, 2, 3, 6 or 7 bytes long. */
	return (p[-2] == 0xff && (p[-1] & 0x38) == 0x10) || (p[-3] == 0xff && (p[-2] & 0x38) == 0x10) ||
	       (p[-6] == 0xff && (p[-5] & 0x38) == 0x10) || (p[-7] == 0xff && (p[-6] & 0x38) == 0x10);
}

/* Every return address on the stack: some may be left from earlier, none is missing. */
static void stack_trace(u64 rip, u64 sp)
{
	u64 block = ROUND_DOWN(sp, STACK_SIZE), page = sp & PAGE_MASK, end;
	unsigned int n = 0;

	/* Interrupt stacks are a page each, the main stack the last three. */
	end = page - block < 5 * PAGE_SIZE ? page + PAGE_SIZE : block + STACK_SIZE - sizeof(struct cpu_info);
	log_err("stack trace (%#lx):", sp);
	show_address(rip);
	for (sp = ROUND_UP(sp, 8); sp < end && n < TRACE_MAX; sp += 8) {
		u64 word = *(const u64 *)sp;

		if (follows_call(word)) {
			show_address(word - 1);
			n++;
		}
	}
}

static void show_registers(const struct cpu_user_regs *r)
{
	log_err("rip %04x:%016lx rsp %04x:%016lx rflags %08lx", r->cs, (u64)r->rip, r->ss, (u64)r->rsp,
		(u64)r->rflags);
	log_err("rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
	log_err("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp, r->r8);
	log_err("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11, r->r12);
	log_err("r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
	log_err("cr0 %08lx cr2 %016lx cr3 %08lx cr4 %08lx", read_cr0(), read_cr2(), read_cr3(), read_cr4());
}

static void show_guest(void)
{
	const struct cpu_user_regs *g = guest_regs();
	struct vcpu *v = current;

	if (!v || v->sched.idle) {
		log_err("no guest was running");
		return;
	}
	log_err("guest d%uv%u, %s mode, rip %#lx rsp %#lx, last hypercall %s (%u)", v->domain->id, v->id,
		v->pv.kernel_mode ? "kernel" : "user", (u64)g->rip, (u64)g->rsp,
		hypercall_name(v->hc.nr), v->hc.nr);
}

static void __noreturn finish(void)
{
	if (cmdline_bool("noreboot", false) || !tsc_khz)
		machine_halt();
	log_err("reboot in %u seconds", REBOOT_SECONDS);
	tsc_delay_us(REBOOT_SECONDS * 1000000ul);
	machine_reboot();
}

static void __noreturn die(const struct cpu_user_regs *regs, const char *fmt, va_list ap)
{
	static u32 panics;
	char text[200];

	local_irq_disable();
	/* A second panic, here or on another CPU, must not disturb the first. */
	if (__atomic_fetch_add(&panics, 1, __ATOMIC_SEQ_CST)) {
		if (cpu_info()->pcpu && cpu_info()->pcpu->panicking)
			machine_halt();
		for (;;)
			hlt();
	}
	if (cpu_info()->pcpu)
		cpu_info()->pcpu->panicking = true;
	if (nr_cpus > 1)
		lapic_send_nmi_others();
	console_panic();
	vsnprintf(text, sizeof(text), fmt, ap);
	log_err("PANIC on CPU %u: %s", this_cpu(), text);
	if (regs) {
		show_registers(regs);
		stack_trace(regs->rip, regs->rsp);
	} else {
		stack_trace((u64)__builtin_return_address(0), (u64)__builtin_frame_address(0));
	}
	show_guest();
	finish();
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	die(NULL, fmt, ap);
}

void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	die(regs, fmt, ap);
}
