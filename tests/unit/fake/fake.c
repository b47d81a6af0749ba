/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine.  CPUs do not run at the same time: a test moves from one to the other, and an
 * interrupt to another CPU is handled there before the call that sent it returns.
 */
#include <stdio.h>
#include <stdlib.h>

#include "control/op.h"
#include "cpu/apic.h"
#include "cpu/cpuid.h"
#include "cpu/extable.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "fake/fake.h"
#include "mm/guest-copy.h"
#include "mm/mmu.h"
#include "pv/pirq.h"

struct fake_cpu_state fake_state[NR_CPUS];
_Thread_local u32 fake_cpu_nr;
u64 fake_tsc;
_Thread_local u32 fake_preempt_at, fake_preempt_asked, fake_restarts;
u32 fake_wakes, fake_kicks;
bool fake_crashed;
_Thread_local char fake_log[256];
jmp_buf fake_panic_jmp;
bool fake_panic_expected;

char *host_memory;
struct frame *frame_table;
u64 *m2p_table;
pte_t *hv_root;

struct memmap_entry memmap[MEMMAP_MAX];
u32 memmap_count;
struct ram_range ram[MEMMAP_MAX];
u32 ram_count;

struct cpu_features cpu_features = { .phys_bits = 40 };
u32 nr_cpus;
u64 cpus_online[NR_CPUS / 64];
u32 tsc_khz = 1000000;

static struct cpu_info infos[NR_CPUS];
static struct pcpu pcpus[NR_CPUS];
static struct vcpu idle_vcpus[NR_CPUS];
static struct domain idle_domain;
static struct vcpu_info idle_info = { .evtchn_upcall_mask = 1 };

__attribute__((weak)) struct domain *dom0, *dom_io, *dom_xen;	/* domain/domain.c, where it is linked, has its own */
static struct domain *domains[16];
static u32 nr_domains;

/* ---- CPUs ------------------------------------------------------------------------------------------- */

struct cpu_info *cpu_info(void)
{
	return &infos[fake_cpu_nr];
}

struct pcpu *pcpu_of(u32 cpu)
{
	return cpu < nr_cpus ? &pcpus[cpu] : NULL;
}

void lapic_send_ipi_mask(const u64 *mask, u8 vector)
{
	u32 from = fake_cpu_nr;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == from || !(*mask & BIT(cpu)))
			continue;
		fake_cpu_nr = cpu;
		if (vector == VEC_TLB)
			tlb_poll();
	}
	fake_cpu_nr = from;
}

void lapic_send_ipi(u32 cpu, u8 vector)
{
	u64 mask = BIT(cpu);

	lapic_send_ipi_mask(&mask, vector);
}

void fake_idle(u32 cpu)
{
	struct vcpu *v = infos[cpu].vcpu;

	if (v)
		v->sched.running = false;
	infos[cpu].vcpu = &idle_vcpus[cpu];
	fake_cpu_nr = cpu;
}

void fake_run(u32 cpu, struct vcpu *v)
{
	fake_idle(cpu);
	v->sched.cpu = cpu;
	v->sched.running = true;
	infos[cpu].vcpu = v;
}

/* ---- the machine -------------------------------------------------------------------------------------- */

static void start_memory(void)
{
	free(host_memory);
	free(frame_table);
	free(m2p_table);
	host_memory = aligned_alloc(PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
	memset(host_memory, 0x5a, FAKE_FRAMES * PAGE_SIZE);
	frame_table = calloc(FAKE_FRAMES, sizeof(struct frame));
	m2p_table = calloc(FAKE_FRAMES, sizeof(u64));
	max_mfn = FAKE_FRAMES;
	ram[0] = (struct ram_range){ FAKE_FIRST, FAKE_FRAMES };
	ram_count = 1;
	memmap[0] = (struct memmap_entry){ 0, FAKE_FIRST * PAGE_SIZE, MEMMAP_RESERVED };
	memmap[1] = (struct memmap_entry){ FAKE_FIRST * PAGE_SIZE,
					   (FAKE_FRAMES - FAKE_FIRST) * PAGE_SIZE, MEMMAP_RAM };
	memmap_count = 2;
	heap_init();
	heap_add(FAKE_FIRST * PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
	hv_root = alloc_pages(0);
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		hv_root[i] = pte_make(hv_to_mfn(hv_root), PTE_PRESENT | PTE_WRITE | PTE_USER);
}

bool memmap_is_ram(mfn_t mfn)
{
	return mfn_valid(mfn);
}

static struct domain *special(domid_t id)
{
	struct domain *d = zalloc(sizeof(*d));

	d->id = id;
	d->refs = 1;
	return d;
}

void fake_start(u32 cpus)
{
	memset(infos, 0, sizeof(infos));
	memset(pcpus, 0, sizeof(pcpus));
	memset(fake_state, 0, sizeof(fake_state));
	nr_cpus = cpus;
	nr_domains = 0;
	dom0 = NULL;
	for (u32 i = 0; i < cpus; i++) {
		pcpus[i].cpu = i;
		pcpus[i].info = &infos[i];
		pcpus[i].online = true;
		infos[i].cpu = i;
		infos[i].pcpu = &pcpus[i];
		idle_vcpus[i].domain = &idle_domain;
		idle_vcpus[i].sched.idle = true;
		idle_vcpus[i].evtchn.info = &idle_info;
		infos[i].vcpu = &idle_vcpus[i];
	}
	cpus_online[0] = BIT(cpus) - 1;
	fake_cpu_nr = 0;
	fake_preempt_at = fake_preempt_asked = fake_restarts = fake_wakes = fake_kicks = 0;
	fake_crashed = false;
	start_memory();
	dom_io = special(DOMID_IO);
	dom_xen = special(DOMID_XEN);
}

/* ---- domains -------------------------------------------------------------------------------------------- */

struct domain *fake_domain(domid_t id, u32 vcpus, bool privileged)
{
	const struct domain_config cfg = {
		.max_grant_frames = -1, .max_maptrack_frames = -1, .max_grant_version = 2,
	};
	struct domain *d = zalloc(sizeof(*d));

	d->id = id;
	d->refs = 1;
	d->privileged = privileged;
	d->max_vcpus = vcpus;
	d->mm.max_pages = FAKE_FRAMES;
	spin_lock_init(&d->lock, "domain", LOCK_DOMAIN);
	spin_lock_init(&d->mm.lock, "frames", LOCK_FRAMES);
	spin_lock_init(&d->mm.pages_lock, "pages", LOCK_PAGES);
	d->shared = alloc_pages(0);
	frame_share(d->shared, d);
	d->mm.chunks = zalloc(BITMAP_WORDS(FRAME_CHUNKS) * sizeof(u64));
	CHECK(!evtchn_domain_init(d, ~0u) && !grant_domain_init(d, &cfg));
	for (u32 i = 0; i < vcpus; i++) {
		struct vcpu *v = zalloc(sizeof(*v));

		v->id = i;
		v->domain = d;
		v->pv.kernel_mode = true;
		v->initialised = true;
		d->vcpu[i] = v;
		evtchn_vcpu_init(v);
		CHECK(root_init_vcpu(v));
	}
	domains[nr_domains++] = d;
	if (privileged)
		dom0 = d;
	return d;
}

__attribute__((weak)) struct domain *domain_get(domid_t id)
{
	struct domain *d = NULL;

	if (id == DOMID_SELF)
		d = current->domain;
	for (u32 i = 0; !d && i < nr_domains; i++)
		if (domains[i]->id == id)
			d = domains[i];
	if (d)
		__atomic_add_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
	return d;
}

__attribute__((weak)) void domain_put(struct domain *d)
{
	CHECK(__atomic_fetch_sub(&d->refs, 1, __ATOMIC_SEQ_CST) > 1);
}

__attribute__((weak)) bool domain_may_control(const struct domain *who, const struct domain *target)
{
	return who == target || who->privileged;
}

__attribute__((weak)) void domains_each(void (*fn)(struct domain *d))
{
	for (u32 i = 0; i < nr_domains; i++)
		fn(domains[i]);
}

__attribute__((weak)) void domains_visit(void (*fn)(struct domain *d))
{
	domains_each(fn);
}

__attribute__((weak)) void domain_pause(struct domain *d)
{
	(void)d;
}

__attribute__((weak)) void domain_unpause(struct domain *d)
{
	(void)d;
}

/* control/domctl-vcpu.c, which wants much else. */
int control_bitmap_get(const struct xenctl_bitmap *b, u64 *word)
{
	return copy_from_guest(word, handle_va(b->bitmap, 0), sizeof(*word));
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	(void)d;
	(void)fmt;
	fake_crashed = true;
}

/* ---- scheduler, clock -------------------------------------------------------------------------------------- */

void vcpu_wake(struct vcpu *v)
{
	(void)v;
	fake_wakes++;
}

void vcpu_unblock(struct vcpu *v)
{
	v->sched.pause_flags &= ~VPF_BLOCKED;
	fake_wakes++;
}

void vcpu_kick(struct vcpu *v)
{
	(void)v;
	fake_kicks++;
}

void sched_poll_wake(struct domain *d, u32 port)
{
	(void)d;
	(void)port;
}

void softirq_raise(enum softirq nr)
{
	cpu_info()->softirq_pending |= BIT(nr);
}

ns_t now_ns(void)
{
	return ++fake_tsc;
}

bool hypercall_preempt(void)
{
	return ++fake_preempt_asked == fake_preempt_at || softirq_pending() || event_pending(&current->evtchn);
}

long fake_call(u32 nr, u64 a0, u64 a1, u64 a2, u64 a3)
{
	struct cpu_user_regs r = { .rip = 0x1000, .rax = nr, .rdi = a0, .rsi = a1, .rdx = a2, .r10 = a3 };

	/* As cpu/entry.S does: the short way first. */
	if ((nr == HC_mmu_update || nr == HC_mmuext_op) && (u32)a1 == 1 && !a2 && (u32)a3 == DOMID_SELF) {
		unsigned long rc = nr == HC_mmu_update ? mmu_update_own(a0, current) : mmuext_own(a0, current);

		if (!rc)
			return 0;
		r.rsi = rc & 1;
	}
	for (;;) {
		u64 rip = r.rip;

		hypercall_dispatch(current, &r);
		if (r.rip == rip)
			return r.rax;
		r.rip += 2;
		r.rax = nr;
		fake_restarts++;
	}
}

/* ---- traps, descriptors ------------------------------------------------------------------------------------ */

int pv_set_root(struct vcpu *v, mfn_t root)
{
	return mm_set_kernel_root(v, root);
}

int pv_set_ldt(struct vcpu *v, guest_va_t base, u32 entries)
{
	v->pv.ldt_base = base;
	v->pv.ldt_entries = entries;
	return 0;
}

bool ioapic_is_mmio(maddr_t page)
{
	return page == 0xfec00000;
}

struct frame *pirq_held_frame(void)
{
	return NULL;
}

/* A page with 1 as its first descriptor is one that is refused. */
bool descriptor_page_ok(u64 *page)
{
	return page[0] != 1;
}

/* ---- guest memory -------------------------------------------------------------------------------------------- */

bool guest_range_ok(guest_va_t va, size_t size)
{
	return va < BIT(47) && size <= BIT(47) - va;
}

static bool mapped(guest_va_t va, size_t size)
{
	return guest_range_ok(va, size) && (!size || va >= PAGE_SIZE);
}

int copy_from_guest(void *dst, guest_va_t src, size_t size)
{
	if (!mapped(src, size))
		return -EFAULT;
	memcpy(dst, (void *)src, size);
	return 0;
}

int copy_to_guest(guest_va_t dst, const void *src, size_t size)
{
	if (!mapped(dst, size))
		return -EFAULT;
	memcpy((void *)dst, src, size);
	return 0;
}

/* ---- console, panic ------------------------------------------------------------------------------------------ */

void log_line(enum loglevel level, const char *fmt, ...)
{
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	vsnprintf(fake_log, sizeof(fake_log), fmt, ap);
	va_end(ap);
	if (getenv("FAKE_LOG"))
		fprintf(stderr, "%s\n", fake_log);
}

void console_key_register(char key, const char *what, void (*fn)(void))
{
	(void)key;
	(void)what;
	(void)fn;
}

void console_write_raw(const char *s, size_t n)
{
	(void)s;
	(void)n;
}

size_t console_read(char *buf, size_t n)
{
	(void)buf;
	(void)n;
	return 0;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	if (fake_panic_expected) {
		fake_panic_expected = false;
		longjmp(fake_panic_jmp, 1);
	}
	va_start(ap, fmt);
	printf("not ok - panic: ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	abort();
}

void boot_fail(const char *fmt, ...)
{
	(void)fmt;
	panic("boot_fail");
}
