/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest kernel of one file: says hello, asks the hypervisor who it is, sleeps a second, powers off. */
#include <stdint.h>
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/io/console.h>

#define BASE 0xffffffff80000000UL /* the address of our page 0, as the notes below promise */

/* What a domain builder must know of us: where we want to be, where to begin. */
__asm__(".macro note type, value:vararg\n"
	".long 4, 2f - 1f, \\type\n .asciz \"Xen\"\n 1: \\value\n 2: .balign 4\n .endm\n"
	".pushsection .note.Xen, \"a\", @note\n .balign 4\n"
	"note 6, .asciz \"hello\"\n"			/* XEN_ELFNOTE_GUEST_OS */
	"note 5, .asciz \"xen-3.0\"\n"			/* XEN_ELFNOTE_XEN_VERSION */
	"note 8, .asciz \"generic\"\n"			/* XEN_ELFNOTE_LOADER */
	"note 3, .quad 0xffffffff80000000\n"		/* XEN_ELFNOTE_VIRT_BASE */
	"note 4, .quad 0xffffffff80000000\n"		/* XEN_ELFNOTE_PADDR_OFFSET */
	"note 1, .quad start\n"				/* XEN_ELFNOTE_ENTRY */
	".popsection\n");

/* We begin in 64-bit mode on the builder's stack, with the start_info page in rsi. */
__asm__(".globl start\n start: mov %rsi, %rdi\n call hello\n ud2");

/* The number in rax, arguments in rdi, rsi, rdx, r10, r8; rcx and r11 are lost; the answer in rax. */
static long hypercall(long number, long a, long b, long c)
{
	__asm__ volatile("syscall" : "+a"(number), "+D"(a), "+S"(b), "+d"(c) : : "rcx", "r11", "memory");
	return number;
}

/* A frame of ours that is known by its machine number: the hypervisor's table tells our own number for it. */
static void *page_of(unsigned long mfn)
{
	return (void *)(BASE + ((const unsigned long *)MACH2PHYS_VIRT_START)[mfn] * 4096);
}

/* The first domain writes to the machine's console, all others to a ring that a daemon in it reads. */
static void print(const start_info_t *si, const char *text)
{
	struct xencons_interface *ring;
	long length = 0;
	evtchn_send_t send = { .port = si->console.domU.evtchn };

	while (text[length])
		length++;
	if (si->flags & SIF_INITDOMAIN) {
		hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, length, (long)text);
		return;
	}
	ring = page_of(si->console.domU.mfn);
	while (*text) {
		while (ring->out_prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) == sizeof(ring->out))
			hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (long)&send, 0);
		ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = *text++;
		__atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
	}
	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (long)&send, 0);
}

/* A number as text, before a text. */
static void print_number(const start_info_t *si, unsigned long n, const char *text)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do
		*--p = '0' + n % 10;
	while (n /= 10);
	print(si, p);
	print(si, text);
}

void hello(const start_info_t *si)
{
	struct sched_shutdown off = { .reason = SHUTDOWN_poweroff };
	struct vcpu_runstate_info run;
	struct sched_poll nap = { .nr_ports = 0 };
	long version = hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0);

	print(si, "hello, hypercall: ABI ");
	print_number(si, version >> 16, ".");
	print_number(si, version & 0xffff, ", ");
	print_number(si, si->nr_pages, " pages of memory are mine\n");
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, (long)&run);
	nap.timeout = run.state_entry_time + 1000000000;
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (long)&nap, 0);
	print(si, "a second later: goodbye\n");
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)&off, 0);
}
