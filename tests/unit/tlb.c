// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never a stale translation: mm/tlb.c and mm/root.c against a model of tagged TLBs.
 *
 * Three CPUs take in translations at any moment, as real ones do ahead of time: into the loaded tag, from the loaded
 * root.  At random vCPUs change modes, CPUs and roots, entries change and are forgotten in each of the ways there are,
 * and requests of other CPUs come in between.  After each step nothing that a vCPU on a CPU can reach,
 * in either mode, may be other than its tables say, but for what is still owed a flush by the clock of flushes;
 * and no CPU has a root loaded that nobody holds.
 *
 * Usage: tlb [seed [steps]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/apic.h"
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "tap.h"

static u64 model_read_cr3(void);
static void model_write_cr3(u64 v);
static void model_invlpg(u64 va);

#define read_cr3	model_read_cr3
#define write_cr3	model_write_cr3
#define invlpg		model_invlpg
#include "../../hypervisor/mm/tlb.c"
#include "../../hypervisor/mm/root.c"

enum { CPUS = 3, VCPUS = 5, ROOTS = 8, GUEST_PAGES = 5, PAGES = 8, TAGS = 3, OWED = 4, HV_ROOT = 0 };

/* ---- the rest of the hypervisor, as far as these two files ask ------------------------------------------------ */

struct fake_cpu_state fake_state[NR_CPUS];
_Thread_local u32 fake_cpu_nr;
u64 fake_tsc;
u32 nr_cpus = CPUS;
char *host_memory;
pte_t *hv_root;
struct frame *frame_table;
mfn_t max_mfn = ROOTS;
struct cpu_features cpu_features;
static struct ram_range all_frames = { 0, ROOTS };
const struct ram_range *frame_likely_range = &all_frames;
static struct cpu_info infos[CPUS];
static struct pcpu pcpus[CPUS];
static struct vcpu idle_vcpus[CPUS], vcpus[VCPUS];
static struct domain dom;
static int held[ROOTS];			/* references of vCPUs to each root */

struct cpu_info *cpu_info(void) { return &infos[fake_cpu_nr]; }
struct pcpu *pcpu_of(u32 cpu) { return &pcpus[cpu]; }
bool mfn_valid(mfn_t mfn) { return mfn < ROOTS; }
void panic(const char *fmt, ...) { puts(fmt); abort(); }
int mm_finish_dying_slow(struct domain *d) { return d ? 0 : 0; }

void lapic_send_ipi_mask(const u64 *mask, u8 vector)
{
	u32 from = fake_cpu_nr;

	for (fake_cpu_nr = 0; fake_cpu_nr < CPUS; fake_cpu_nr++)
		if (fake_cpu_nr != from && (*mask & BIT(fake_cpu_nr)) && vector == VEC_TLB)
			tlb_poll();
	fake_cpu_nr = from;
}

int frame_get_both(struct frame *f, const struct domain *d, enum frame_type type, bool preemptible)
{
	(void)d, (void)type, (void)preemptible;
	held[f - frame_table]++;
	return 0;
}

/* ---- the model --------------------------------------------------------------------------------------------------- */

static u64 truth[ROOTS][PAGES];		/* what each page is mapped to; 0: nothing.  The last pages are the hypervisor's */
static u64 tlb[CPUS][TAGS][PAGES];
static u64 cr3s[CPUS];
static struct { u64 value; u32 stamp; } owed[OWED];
static u64 last_value, seed;
static const char *wrong;

static u32 any(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

static void fail(const char *what)
{
	if (!wrong)
		wrong = what;
}

static u32 root_of(u64 cr3)
{
	return (cr3 & ~CR3_KEEP) >> PAGE_SHIFT;
}

/* What the loaded root maps comes into the loaded tag, whenever the CPU likes. */
static void fill(u32 cpu)
{
	for (u32 page = any(PAGES); page < PAGES; page += 1 + any(3))
		if (!tlb[cpu][cr3s[cpu] & CR3_TAG][page])
			tlb[cpu][cr3s[cpu] & CR3_TAG][page] = truth[root_of(cr3s[cpu])][page];
}

/* A request of another CPU, if this one takes interrupts. */
static void interrupt(void)
{
	fill(fake_cpu_nr);
	if (irq_enabled() && !any(8)) {
		cpus[fake_cpu_nr].wanted = any(2);
		local_irq_disable();
		tlb_poll();
		if (!any(4))
			flush_page(any(GUEST_PAGES) << PAGE_SHIFT);
		local_irq_enable();
	}
}

static u64 model_read_cr3(void)
{
	interrupt();
	return cr3s[fake_cpu_nr] & ~CR3_KEEP;
}

static void model_write_cr3(u64 v)
{
	u32 cpu = fake_cpu_nr;

	interrupt();
	if (!cpu_features.pcid && (v & (CR3_KEEP | CR3_TAG)))
		fail("a tag in CR3 of a CPU that has none");
	if (root_of(v) != HV_ROOT && !held[root_of(v)])
		fail("a root is loaded that nobody holds");
	cr3s[cpu] = v;
	if (!(v & CR3_KEEP))
		memset(tlb[cpu][v & CR3_TAG], 0, sizeof(tlb[cpu][0]));
	interrupt();
}

static void model_invlpg(u64 va)
{
	interrupt();
	tlb[fake_cpu_nr][cr3s[fake_cpu_nr] & CR3_TAG][va >> PAGE_SHIFT] = 0;
	interrupt();
}

int frame_put_both(struct frame *f, bool preemptible)
{
	u32 root = f - frame_table;

	(void)preemptible;
	if (!--held[root])
		for (u32 cpu = 0; cpu < CPUS; cpu++)
			if (root_of(cr3s[cpu]) == root)
				fail("a root is let go that is loaded");
	return 0;
}

static bool is_owed(u64 value)
{
	for (u32 i = 0; i < OWED; i++)
		if (owed[i].value == value)
			return true;
	return false;
}

static void check_tag(u32 cpu, u32 tag, u32 root)
{
	for (u32 page = 0; page < PAGES; page++) {
		u64 has = tlb[cpu][tag][page];

		if (has && has != truth[root][page] && !is_owed(has))
			fail(page < GUEST_PAGES ? "stale translation" : "stale translation of the hypervisor's");
	}
}

static void check(void)
{
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		const struct vcpu *v = infos[cpu].vcpu;

		if (v->sched.idle) {
			check_tag(cpu, TAG_NONE, HV_ROOT);
			continue;
		}
		if ((cr3s[cpu] ^ (v->pv.kernel_mode ? v->mm.kernel_load : v->mm.user_load)) & ~CR3_KEEP)
			fail("not the root of its mode");
		check_tag(cpu, cpu_features.pcid ? TAG_KERNEL : 0,
			  PFN_DOWN(cpu_features.pcid || v->pv.kernel_mode ? v->mm.kernel_cr3 : v->mm.user_cr3));
		if (cpu_features.pcid && v->mm.user_cr3)
			check_tag(cpu, TAG_USER, PFN_DOWN(v->mm.user_cr3));
	}
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

static u32 some_root(void)
{
	return 1 + any(ROOTS - 1);
}

/* Another value for a page in one root, or for one of the hypervisor's in all; 0 now and then.  Returns the old. */
static u64 change(u32 root, u32 page)
{
	u64 old = truth[root][page];

	for (u32 r = 0; r < ROOTS; r++)
		if (r == root || page >= GUEST_PAGES)
			truth[r][page] = any(3) ? ++last_value : page >= GUEST_PAGES ? last_value : 0;
	for (u32 r = 0; page >= GUEST_PAGES && r < ROOTS; r++)
		truth[r][page] = last_value;
	return old;
}

/* As pv/switch.c. */
static void turn_to(struct vcpu *next)
{
	struct vcpu *prev = current;

	if (next->sched.running)
		return;
	next->sched.running = true;
	next->sched.cpu = fake_cpu_nr;
	cpu_info()->vcpu = next;
	interrupt();
	if (next->sched.idle)
		write_cr3(hv_to_maddr(hv_root));
	else
		tlb_load_root();
	prev->sched.running = false;
}

/* As pv/bounce.c and entry.S. */
static void other_mode(struct vcpu *v)
{
	if (v->pv.kernel_mode && !v->mm.user_cr3)
		return;
	v->pv.kernel_mode = !v->pv.kernel_mode;
	write_cr3(v->pv.kernel_mode ? v->mm.kernel_load : v->mm.user_load);
}

/* Change an entry, and forget the old one on all CPUs where a vCPU runs. */
static void change_and_flush(void)
{
	u32 page = any(GUEST_PAGES);
	u64 mask;

	change(some_root(), page);
	mask = tlb_cpus_of(&dom);
	if (any(4))
		tlb_flush_page_mask(&mask, (u64)page << PAGE_SHIFT);
	else if (any(2))
		tlb_flush_mask(&mask);
	else
		tlb_flush_domain(&dom);
}

/* What only this CPU can have seen may be forgotten by a flush here, or by its kernel's root loaded again. */
static void change_and_flush_here(struct vcpu *v)
{
	u32 root = some_root();

	for (u32 i = 0; i < VCPUS; i++)
		if (&vcpus[i] != v && (PFN_DOWN(vcpus[i].mm.kernel_cr3) == root || PFN_DOWN(vcpus[i].mm.user_cr3) == root))
			return;
	change(root, any(GUEST_PAGES));
	if (any(2) || !v->pv.kernel_mode)
		tlb_flush_local();
	else
		mm_set_kernel_root(v, PFN_DOWN(v->mm.kernel_cr3));
}

/* An entry goes; the flush comes when what it named is used anew. */
static void change_and_owe(void)
{
	u32 i = any(OWED);

	if (owed[i].value) {
		tlb_flush_since(owed[i].stamp);
		owed[i].value = 0;
		return;
	}
	owed[i].value = change(some_root(), any(GUEST_PAGES));
	owed[i].stamp = tlb_now();
}

static void change_hypervisor(void)
{
	u64 all = BIT(CPUS) - 1;

	change(HV_ROOT, GUEST_PAGES + any(PAGES - GUEST_PAGES));
	tlb_flush_mask(&all);
}

/* Of a vCPU that is down. */
static void drop_roots(struct vcpu *v)
{
	if (v->sched.running || v == current)
		return;
	mm_drop_roots(v);
	v->pv.kernel_mode = true;
	mm_set_kernel_root(v, some_root());
}

static void step(void)
{
	struct vcpu *v;

	fake_cpu_nr = any(CPUS);
	v = current;
	fill(fake_cpu_nr);
	switch (any(v->sched.idle ? 5 : 12)) {
	case 0: turn_to(&vcpus[any(VCPUS)]); break;
	case 1: change_and_flush(); break;
	case 2: change_and_owe(); break;
	case 3:
		if (!any(4))
			change_hypervisor();
		break;
	case 4: drop_roots(&vcpus[any(VCPUS)]); break;
	case 5: turn_to(&idle_vcpus[fake_cpu_nr]); break;
	case 6: change_and_flush_here(v); break;
	case 7:
		if (v->pv.kernel_mode)
			mm_set_kernel_root(v, some_root());
		break;
	case 8:
		if (v->pv.kernel_mode)
			mm_set_user_root(v, any(4) ? some_root() : 0);
		break;
	default: other_mode(v);
	}
}

static void start(bool pcid, u64 with)
{
	memset(tlb, 0, sizeof(tlb));
	memset(owed, 0, sizeof(owed));
	memset(held, 0, sizeof(held));
	memset(cr3s, 0, sizeof(cr3s));
	memset(vcpus, 0, sizeof(vcpus));
	memset(idle_vcpus, 0, sizeof(idle_vcpus));
	cpu_features.pcid = pcid;
	seed = with;
	dom.max_vcpus = VCPUS;
	for (u32 i = 0; i < CPUS; i++) {
		idle_vcpus[i].sched.idle = idle_vcpus[i].sched.running = true;
		infos[i].vcpu = &idle_vcpus[i];
		infos[i].cpu = i;
		pcpus[i].info = &infos[i];
	}
	for (u32 i = 0; i < ROOTS; i++)
		for (u32 page = 0; page < PAGES; page++)
			truth[i][page] = page < GUEST_PAGES ? ++last_value : page;
	fake_cpu_nr = 0;
	for (u32 i = 0; i < VCPUS; i++) {
		dom.vcpu[i] = &vcpus[i];
		vcpus[i].domain = &dom;
		vcpus[i].pv.kernel_mode = true;
		mm_set_kernel_root(&vcpus[i], some_root());
	}
}

static void run(bool pcid, u64 with, u32 steps)
{
	u32 i;

	wrong = NULL;
	start(pcid, with);
	for (i = 0; i < steps && !wrong; i++) {
		step();
		check();
	}
	ok(!wrong, "%u steps %s tags, seed %lu%s%s", i, pcid ? "with" : "without", with, wrong ? ": " : "", wrong ?: "");
}

static void test_values(void)
{
	struct vcpu_mm mm = { .kernel_load = tag_load(0x5000, TAG_KERNEL, true), .user_load = tag_load(0x6000, TAG_USER, true) };

	ok(mm.kernel_load == (0x5000 | TAG_KERNEL | CR3_KEEP), "a change of mode keeps what the tag knows");
	is_int(tag_load(0, TAG_USER, true), 0, "no root, no value");
	is_int(tag_load(0x6000, TAG_USER, false), 0x6000, "without tags it is the address");
	is_int(tag_other(0x5000 | TAG_KERNEL, &mm), 0x6000 | TAG_USER, "from kernel mode the other is user mode's, emptied");
	is_int(tag_other(0x6000 | TAG_USER, &mm), 0x5000 | TAG_KERNEL, "and the other way round");
	is_int(tag_other(0x7000, NULL), 0, "the idle loop has no other");
	mm.user_load = 0;
	is_int(tag_other(0x5000 | TAG_KERNEL, &mm), 0, "nor has who has no root for user mode");
}

int main(int argc, char **argv)
{
	u64 first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	u32 steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;

	host_memory = calloc(ROOTS, PAGE_SIZE);
	frame_table = calloc(ROOTS, sizeof(*frame_table));
	hv_root = maddr_to_hv(HV_ROOT);
	test_values();
	for (u64 s = first; s < first + 3; s++) {
		run(true, s, steps);
		run(false, s, steps);
	}
	return tap_done();
}
