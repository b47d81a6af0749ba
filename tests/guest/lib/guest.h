/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runtime under every guest test: just enough of a PV kernel to ask one question.
 *
 * A test is one file with a test_main().  When it is called, the trap table is set (every fault
 * that nobody asked for fails the test and ends the guest), shared_info is mapped, events are
 * masked. What it returns from is the end of the test: the plan is printed and the domain powers
 * off.
 */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <guest-calls.h>
#include <xen/errno.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define PAGE_SIZE     4096UL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_CPUS      4

/* Read or write a location that somebody else (hypervisor, another vCPU, a handler) uses too. */
#define LIVE(x) (*(volatile __typeof__(x) *)&(x))

#define barrier() __asm__ volatile("" ::: "memory")

void test_main(void);

/* --- text.c --- */

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
bool starts_with(const char *s, const char *prefix);

/* Formats: %s %c %d %u %x %ld %lu %lx %%, with a width and leading zeros. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- text.c, the test points --- */

/* One test point.  Returns whether it is good. */
bool check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One test point: the two numbers are equal; else both are shown. */
bool check_eq(long got, long want, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One test point: an error of those that a conflict of types, owners or values may give. */
bool check_refused(long rc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One test point that this machine cannot show. */
void check_skipped(const char *text, const char *why);

/*
 * Whether this is Debian's Xen, for the few points that it is known to answer wrongly, with a
 * comment that proves it; docs/caveats.md has the list.
 */
bool on_xen(void);

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void plan_end(void);
void skip_all(const char *why) __attribute__((noreturn));
void bail_out(const char *why) __attribute__((noreturn));
void guest_exit(unsigned int reason) __attribute__((noreturn));

/* --- start.S, main.c: how the guest was entered, and what it got --- */

struct entry_state {
	u64 rsi, rsp, rflags;
	u64 cs, ss, ds, es, fs, gs;
	u64 dr6, dr7;
};

extern struct entry_state entry_state;
extern const start_info_t *start_info;
extern shared_info_t *shared_info;
extern char hypercall_page[PAGE_SIZE]; /* filled where the image has the note */
extern char image_start[], image_end[], virt_base[];

/* --- traps.S, trap.c --- */

/* Registers of an interrupted context, as the entry code leaves them on the stack. */
struct regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error;
	u64 rip;
	u32 cs; /* RPL 0: kernel, 3: user */
	u8 saved_mask; /* vcpu_info.evtchn_upcall_mask before the trap */
	u8 unused[3];
	u64 rflags, rsp, ss;
};

enum pseudo_vector {
	VEC_SYSCALL = 0x100,
	VEC_SYSCALL32,
	VEC_SYSENTER,
	VEC_EVENT,
	VEC_FAILSAFE,
	VEC_NMI,
	NO_FAULT = 0xffff,
};

enum vector {
	X_DE = 0,
	X_DB = 1,
	X_BP = 3,
	X_OF = 4,
	X_BR = 5,
	X_UD = 6,
	X_NM = 7,
	X_DF = 8,
	X_TS = 10,
	X_NP = 11,
	X_SS = 12,
	X_GP = 13,
	X_PF = 14,
	X_MF = 16,
	X_AC = 17,
	X_XM = 19,
};

#define STACK_SIZE 16384UL

/* What one vCPU of the guest keeps; it lies at the low end of that vCPU's kernel stack. */
struct cpu {
	u64 resume; /* where TRY() goes on after a fault; 0: no fault is expected */
	u64 try_rip; /* first instruction of the TRY() */
	struct regs caught; /* of the last trap that TRY() took; .vector NO_FAULT if none */
	u64 cr2; /* vcpu_info.arch.cr2 at that trap */
	u8 mask_inside; /* vcpu_info.evtchn_upcall_mask as the handler found it */
	u32 id;
	u64 user_sp; /* kernel stack pointer while user_run() is in user mode; else 0 */
	struct regs user; /* where and how user mode was left */
	u16 failsafe_sel[4]; /* ds es fs gs as told to the failsafe callback */
	void (*start)(void);
	u64 kernel_root, user_root; /* frames of the root tables, for vCPUs brought up later */
};

union stack {
	struct cpu cpu;
	char bytes[STACK_SIZE];
};

extern union stack stacks[MAX_CPUS];

static inline struct cpu *this_cpu(void)
{
	u64 sp;

	__asm__("movq %%rsp, %0" : "=r"(sp));
	return (struct cpu *)(sp & ~(STACK_SIZE - 1));
}

static inline vcpu_info_t *this_vcpu_info(void)
{
	return &shared_info->vcpu_info[this_cpu()->id];
}

/*
 * TRY(code, results, inputs) - execute code that may trap; the vector, or NO_FAULT
 *
 * After a trap execution goes on behind the code, and this_cpu()->caught holds the registers.
 * Operands have names; their numbers belong to the macro.
 *
 *	vec = TRY("rdmsr", RESULT("=a"(lo), "=d"(hi)), GIVEN("c"(0x10)));
 */
#define NO_RESULT
#define RESULT(...) , __VA_ARGS__
#define NOTHING
#define GIVEN(...) __VA_ARGS__
#define TRY(code, results, inputs)                                                                 \
	({                                                                                         \
		struct cpu *c_ = this_cpu();                                                       \
		c_->caught.vector = NO_FAULT;                                                      \
		__asm__ volatile("movq $771f, %[resume]\n\t"                                       \
				 "movq $770f, %[rip]\n"                                            \
				 "770:\t" code "\n"                                                \
				 "771:\tmovq $0, %[resume]"                                        \
				 : [resume] "+m"(c_->resume), [rip] "+m"(c_->try_rip)results       \
:inputs                                                                                            \
				 : "memory", "cc");                                                \
		LIVE(c_->caught.vector);                                                           \
	})

/* A handler may take a trap: it returns true when execution may go on with *regs. */
typedef bool (*trap_fn)(struct regs *regs);
extern trap_fn trap_hooks[0x110];

void trap_init(void);
void trap_fill(trap_info_t *table); /* up to 32 entries, the last without address */
const char *vector_name(u64 vector);

/* One test point: code trapped with this vector, at its first instruction. */
bool check_fault(u64 vector, u64 want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

extern char entry_syscall[], entry_syscall32[], entry_sysenter[], entry_event[], entry_failsafe[],
	entry_nmi[];

long callback(u16 type, u16 flags, const void *entry);
void iret_to(const struct regs *regs) __attribute__((noreturn)); /* all of *regs by the hypercall */

/* --- page.c --- */

#define PTE_P		0x001UL
#define PTE_RW		0x002UL
#define PTE_US		0x004UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PSE		0x080UL
#define PTE_G		0x100UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define PTE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_DATA	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_RO		(PTE_P | PTE_US | PTE_A)
#define PTE(mfn, flags) (((u64)(mfn) << 12) | (flags))

#define HYPERVISOR_VA 0xffff804000000000UL /* inside the hypervisor's own range */
#define UNMAPPED      0x0000400000000000UL /* an address of ours where nothing is */
#define NONCANONICAL  0x0000800000000000UL
#define M2P	      ((const u64 *)MACH2PHYS_VIRT_START)

static inline u64 pfn_of(const void *va)
{
	return ((u64)va - (u64)virt_base) >> 12;
}

static inline u64 mfn_of(const void *va)
{
	return ((const u64 *)start_info->mfn_list)[pfn_of(va)];
}

static inline u64 maddr_of(const void *va)
{
	return (mfn_of(va) << 12) | ((u64)va & (PAGE_SIZE - 1));
}

static inline void *va_of_mfn(u64 mfn)
{
	return (void *)((M2P[mfn] << 12) + (u64)virt_base);
}

static inline unsigned int table_index(u64 va, int level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

void *page_alloc(void); /* zeroed, mapped writable; never given back */
void *pages_alloc(unsigned int n); /* neighbours in virtual space */
u64 root_mfn(void); /* of the kernel root table in use at boot */
u64 *entry_of(u64 va, int level); /* the entry that maps va, read-only memory; NULL: none */
long pte_set(u64 va, u64 pte); /* update_va_mapping with a local INVLPG */
void set_readonly(void *page);
void set_writable(void *page);
long mmu_set(u64 maddr, u64 val); /* one mmu_update of a page-table entry */
long entry_set(u64 *entry, u64 val); /* the same, by its address here */
long mmuext(unsigned int cmd, u64 mfn);
long pin(int level, u64 mfn);
long unpin(u64 mfn);
long set_root(u64 mfn);
void flush(const void *va); /* of this vCPU's TLB */

/* A chain of tables that maps one page: tables[4] names tables[3] and so on; all are read-only. */
struct chain {
	u64 *tables[5];
	void *page;
};

#define CHAIN_VA 0x0000123456789000UL

void chain_make(struct chain *c, u64 va); /* linked, nothing pinned */

/* --- event.c --- */

extern u32 event_count[4096];
extern u32 upcall_count;
extern void (*event_hook)(u32 port); /* called for each event, masked */

void event_init(void); /* register the callback; events stay masked */
void event_port_on(u32 port);
void event_port_off(u32 port);
void events_enable(void);
void events_disable(void);
long event_op(int cmd, void *arg);
u32 bind_virq(u32 virq, u32 vcpu);
u32 bind_ipi(u32 vcpu);
void bind_pair(u32 *a, u32 *b); /* an interdomain channel with both ends here */
long send(u32 port);
bool is_pending(u32 port);
bool wait_event(u32 port, u32 count, u64 ns); /* spins, events on; false: time ran out */

/* --- time.c --- */

u64 now(void); /* system time, ns */
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((u64)hi << 32) | lo;
}
u64 time_of(const struct vcpu_time_info *t);
void spin(u64 ns);

/* --- smp.c --- */

unsigned int vcpu_count(void);
void vcpu_context(vcpu_guest_context_t *ctx, u32 id, void (*start)(void));
long vcpu_start(u32 id, void (*start)(void)); /* initialise and up */
void vcpu_halt(void) __attribute__((noreturn));

/* --- user.c --- */

/*
 * A second root table: one page of code, one of stack, one of data, from USER_VA on.  The code is
 * the section .user of the image; a function of it is given by its address in the image.
 */
#define USER_VA	   0x0000000040000000UL /* below 4 GiB, for 32-bit code */
#define USER_CODE  USER_VA
#define USER_STACK (USER_VA + 2 * PAGE_SIZE) /* top */
#define USER_DATA  (USER_VA + 2 * PAGE_SIZE)
#define USER_CS	   0xe033
#define USER_CS32  0xe023
#define USER_SS	   0xe02b

#define USER_TEXT __attribute__((section(".user"), noinline, used))

extern u64 user_root; /* frame */
extern u64 *user_data; /* the kernel's view of the page at USER_DATA */
extern u64 *user_l1; /* the table of level 1 that maps these pages, read-only */

void user_init(void);
u64 user_address(const void *in_image);
void user_regs(struct regs *regs, const void *code); /* the state to start code with */
u64 user_run(struct regs *regs); /* into user mode until it traps; the vector, *regs as it left */

#endif
