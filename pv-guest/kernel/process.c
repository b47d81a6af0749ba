/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User programs: one image, mapped read-only in each, and memory that comes when it is touched.
 */
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/layout.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "port/port.h"

extern const u8 user_image[], user_image_end[];

static void image_map(struct space *s)
{
	const u8 *p;
	u64 va = USER_IMAGE;

	for (p = user_image; p < user_image_end; p += PAGE_SIZE, va += PAGE_SIZE)
		CHECK(!space_map(s, va, va_to_pfn(p), PTE_U | PTE_A));
}

/* What is on this kernel stack is not needed again: the next trap begins at its top. */
static void process_thread(void *arg)
{
	struct process *p = arg;
	struct trap_frame f = {
		.rip = USER_IMAGE,
		.cs = USER_CS,
		.ss = USER_SS,
		.rsp = USER_STACK + USER_STACK_SIZE - 8,
		.rflags = RFLAGS_IF,
		.rdi = p->job,
		.rsi = p->arg,
	};

	irq_disable();
	trap_return(&f);
}

/**
 * process_start - run the user image in a new address space
 *
 * Return: the process, for process_wait() to free.
 */
struct process *process_start(unsigned int cpu, enum user_job job, u64 arg)
{
	struct process *p = heap_alloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->job = job;
	p->arg = arg;
	p->space = space_create();
	image_map(p->space);
	thread_start_user(p, cpu, process_thread);
	return p;
}

/**
 * process_wait - until it has ended; frees it
 *
 * Return: what it passed to SYS_exit, or PROCESS_KILLED(vector).
 */
long process_wait(struct process *p)
{
	long result;

	sem_down(&p->done);
	result = p->result;
	space_destroy(p->space);
	heap_free(p, sizeof(*p));
	return result;
}

/**
 * process_run - start one on this CPU and wait for its result
 */
long process_run(enum user_job job, u64 arg)
{
	return process_wait(process_start(this_cpu()->id, job, arg));
}

static void __attribute__((noreturn)) process_end(struct process *p, long result)
{
	p->result = result;
	thread_exit();
}

/**
 * process_kill - the current thread's program did what it must not
 */
void process_kill(struct process *p, unsigned int vector)
{
	process_end(p, PROCESS_KILLED(vector));
}

static bool in(u64 address, u64 base, u64 size)
{
	return address >= base && address - base < size;
}

/**
 * process_fault - a page fault in a user program, or in the kernel for it
 *
 * Return: whether a page was put there, and the instruction can run again.
 */
bool process_fault(struct process *p, u64 address, u64 error)
{
	if (error & PF_PRESENT)
		return false;
	if (!in(address, USER_HEAP, USER_HEAP_SIZE) && !in(address, USER_STACK, USER_STACK_SIZE))
		return false;
	p->faults++;
	CHECK(!space_map(p->space, address & PAGE_MASK, va_to_pfn(page_alloc_zeroed()),
			 PTE_U | PTE_W | PTE_A | PTE_D | PTE_OWNED | PTE_NX));
	return true;
}

struct copy {
	char *to;
	const char *from;
	size_t n;
};

static void copy_run(void *arg)
{
	struct copy *c = arg;

	memcpy(c->to, c->from, c->n);
}

/* From user memory, which may be missing or not the user's. */
static bool copy_from_user(void *to, u64 from, size_t n)
{
	struct copy c = { to, (const char *)from, n };
	struct trap_report r;

	return from < USER_END && n < USER_END - from && !trap_try(&r, copy_run, &c);
}

static long sys_write(u64 text, size_t n)
{
	char buf[128];

	n = MIN(n, sizeof(buf) - 1);
	if (!copy_from_user(buf, text, n))
		return -14; /* EFAULT */
	buf[n] = 0;
	printk("%s", buf);
	return n;
}

static long sys_unmap(struct process *p, u64 va, u64 count)
{
	if (va & ~PAGE_MASK || !in(va, USER_HEAP, USER_HEAP_SIZE) ||
	    count > (USER_HEAP + USER_HEAP_SIZE - va) / PAGE_SIZE)
		return -22; /* EINVAL */
	for (; count--; va += PAGE_SIZE)
		space_unmap(p->space, va);
	return 0;
}

/**
 * process_syscall - interrupts are on
 */
void process_syscall(struct trap_frame *f)
{
	struct process *p = thread_current()->process;

	switch (f->rax) {
	case SYS_null: f->rax = 0; break;
	case SYS_exit: process_end(p, f->rdi);
	case SYS_write: f->rax = sys_write(f->rdi, f->rsi); break;
	case SYS_time: f->rax = port_time_ns(); break;
	case SYS_yield:
		thread_yield();
		f->rax = 0;
		break;
	case SYS_sleep:
		thread_sleep(f->rdi);
		f->rax = 0;
		break;
	case SYS_unmap: f->rax = sys_unmap(p, f->rdi, f->rsi); break;
	default: f->rax = -38; /* ENOSYS */
	}
}
