// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never a stale translation, never one of the other mode's: mm/tlb.c and mm/root.c against a model of tagged TLBs.
 *
 * Three CPUs take in translations at any moment, as real ones do ahead of time: into the loaded tag, from the loaded
 * root.  At random vCPUs change modes, CPUs and roots, entries of roots and below change and are forgotten in each of the
 * ways there are, and requests of other CPUs come in between.  After each step nothing that a vCPU on a CPU can reach,
 * in either mode, may be other than its guest's tables say for that mode, but for what is still owed a flush by the clock of
 * flushes; and no CPU has a root loaded that is not its vCPU's own.
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
static void model_invpcid(int type, u64 tag, u64 va);

#define read_cr3	model_read_cr3
#define write_cr3	model_write_cr3
#define invlpg		model_invlpg
#define invpcid		model_invpcid
#include "../../hypervisor/mm/tlb.c"
#include "../../hypervisor/mm/root.c"

/* Frames: the hypervisor's root, the guest's, the vCPUs' own.  Tables below a root are numbers, from 1. */
enum { CPUS = 3, VCPUS = 5, ROOTS = 7, FRAMES = 1 + ROOTS + VCPUS, TAGS = 3, OWED = 4, TABLES = 24 };

/* A page stands for all that one slot maps: so many of the guest's, the machine-to-physical table, two of the hypervisor's. */
static const u16 slot_of[] = { 0, 1, 2, 50, 100, 171, 255, 272, 273, 300, 402, 450, 468, 508, 511, 256, 261, 262 };
enum { PAGES = ARRAY_SIZE(slot_of), GUEST_PAGES = PAGES - 3, M2P_PAGE = GUEST_PAGES, HV_PAGES };

/* ---- the rest of the hypervisor, as far as these two files ask ------------------------------------------------ */

struct fake_cpu_state fake_state[NR_CPUS];
_Thread_local u32 fake_cpu_nr;
u64 fake_tsc;
u32 nr_cpus = CPUS;
char *host_memory;
pte_t *hv_root;
struct frame *frame_table;
mfn_t max_mfn = FRAMES;
struct cpu_features cpu_features;
static struct ram_range all_frames = { 0, FRAMES };
const struct ram_range *frame_likely_range = &all_frames;
static struct cpu_info infos[CPUS];
static struct pcpu pcpus[CPUS];
static struct vcpu idle_vcpus[CPUS], vcpus[VCPUS];
static struct domain dom;
static int held[FRAMES];		/* references of vCPUs to each of the guest's roots */
static u32 own_roots;

struct cpu_info *cpu_info(void) { return &infos[fake_cpu_nr]; }
struct pcpu *pcpu_of(u32 cpu) { return &pcpus[cpu]; }
bool mfn_valid(mfn_t mfn) { return mfn < FRAMES; }
void panic(const char *fmt, ...) { puts(fmt); abort(); }
int mm_finish_dying_slow(struct domain *d) { return d ? 0 : 0; }
void *zalloc(size_t size) { return maddr_to_hv((1 + ROOTS + own_roots++) * (u64)size); }

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

int frame_put_both(struct frame *f, bool preemptible)
{
	(void)preemptible;
	held[f - frame_table]--;
	return 0;
}

/* ---- the model --------------------------------------------------------------------------------------------------- */

static u64 content[TABLES];		/* what a table below a root maps to; never the same twice */
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

static u64 va_of(u32 page)
{
	return (u64)((s64)((u64)slot_of[page] << 39 << 16) >> 16);
}

static u32 page_of(u64 va)
{
	u32 page = 0;

	while (slot_of[page] != PT_INDEX(va, 4))
		page++;
	return page;
}

static pte_t *entry_at(u64 cr3, u32 page)
{
	return (pte_t *)maddr_to_hv(cr3 & PTE_MFN_MASK) + slot_of[page];
}

static u64 translate(pte_t e)
{
	return e & PTE_PRESENT ? content[pte_mfn(e)] : 0;
}

/* What the loaded root maps comes into the loaded tag, whenever the CPU likes. */
static void walk_ahead(u32 cpu)
{
	for (u32 page = any(PAGES); page < PAGES; page += 1 + any(3)) {
		u64 *t = &tlb[cpu][cr3s[cpu] & CR3_TAG][page];

		if (!*t)
			*t = translate(*entry_at(cr3s[cpu], page));
	}
}

/* A request of another CPU, if this one takes interrupts. */
static void interrupt(void)
{
	walk_ahead(fake_cpu_nr);
	if (irq_enabled() && !any(8)) {
		cpus[fake_cpu_nr].wanted = any(2);
		local_irq_disable();
		tlb_poll();
		if (!any(4))
			flush_page(va_of(any(GUEST_PAGES)));
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
	const struct vcpu *next = infos[cpu].vcpu;

	interrupt();
	if (!cpu_features.pcid && (v & (CR3_KEEP | CR3_TAG)))
		fail("a tag in CR3 of a CPU that has none");
	if (((v ^ cr3s[cpu]) & PTE_MFN_MASK) && (v & PTE_MFN_MASK) != hv_to_maddr(next->sched.idle ? hv_root : next->mm.root))
		fail("a root is loaded that is not the vCPU's own");
	cr3s[cpu] = v;
	if (!(v & CR3_KEEP))
		memset(tlb[cpu][v & CR3_TAG], 0, sizeof(tlb[cpu][0]));
	interrupt();
}

static void model_invlpg(u64 va)
{
	interrupt();
	tlb[fake_cpu_nr][cr3s[fake_cpu_nr] & CR3_TAG][page_of(va)] = 0;
	interrupt();
}

static void model_invpcid(int type, u64 tag, u64 va)
{
	if (!cpu_features.pcid)
		fail("INVPCID on a CPU without tags");
	interrupt();
	if (type == INVPCID_ALL)
		memset(tlb[fake_cpu_nr], 0, sizeof(tlb[0]));
	else
		tlb[fake_cpu_nr][tag][page_of(va)] = 0;
	interrupt();
}

static bool is_owed(u64 value)
{
	for (u32 i = 0; i < OWED; i++)
		if (owed[i].value == value)
			return true;
	return false;
}

/* What v's guest has in a mode for a page. */
static pte_t guest_entry(const struct vcpu *v, bool kernel, u32 page)
{
	if (page >= M2P_PAGE)
		return page >= HV_PAGES || kernel ? hv_root[slot_of[page]] : 0;
	if (!kernel && !v->mm.user_cr3)
		return 0;
	return *entry_at(kernel ? v->mm.kernel_cr3 : v->mm.user_cr3, page);
}

static void check_tag(u32 cpu, u32 tag, const struct vcpu *v, bool kernel)
{
	for (u32 page = 0; page < PAGES; page++) {
		u64 has = tlb[cpu][tag][page], right = translate(v ? guest_entry(v, kernel, page) : *entry_at(0, page));

		if (has && has != right && !is_owed(has))
			fail(page >= HV_PAGES ? "stale translation of the hypervisor's" :
			     kernel ? "kernel mode sees what it must not" : "user mode sees what it must not");
	}
}

static void check_own_root(const struct vcpu *v)
{
	for (u32 page = 0; page < PAGES && !v->mm.stale; page++) {
		pte_t e = *entry_at(hv_to_maddr(v->mm.root), page);

		if (e && e != guest_entry(v, v->pv.kernel_mode, page))
			fail("a copy of what the guest has not");
	}
}

static void check(void)
{
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		const struct vcpu *v = infos[cpu].vcpu;

		if (v->sched.idle) {
			check_tag(cpu, TAG_NONE, NULL, true);
			continue;
		}
		if ((cr3s[cpu] & ~CR3_KEEP) != tag_cr3(hv_to_maddr(v->mm.root), v->pv.kernel_mode) && cpu_features.pcid)
			fail("not the tag of its mode");
		if (cpu_features.pcid) {
			check_tag(cpu, TAG_KERNEL, v, true);
			check_tag(cpu, TAG_USER, v, false);
		} else {
			check_tag(cpu, 0, v, v->pv.kernel_mode);
		}
	}
	for (u32 i = 0; i < VCPUS; i++)
		check_own_root(&vcpus[i]);
	for (u32 r = 1; r <= ROOTS; r++) {
		int n = 0;

		for (u32 i = 0; i < VCPUS; i++)
			n += (PFN_DOWN(vcpus[i].mm.kernel_cr3) == r) + (PFN_DOWN(vcpus[i].mm.user_cr3) == r);
		if (n != held[r])
			fail("references of a root");
	}
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

static u32 some_root(void)
{
	return 1 + any(ROOTS);
}

/* The guest's tables are few, so that roots often have entries alike; the last three are the hypervisor's. */
static pte_t some_entry(void)
{
	return any(3) ? pte_make(1 + any(TABLES - 4), PTE_PRESENT | PTE_USER) : 0;
}

/* The instruction that touches a page: there, once its copy is, unless the guest has nothing there. */
static void touch(struct vcpu *v)
{
	u32 page = any(GUEST_PAGES);
	pte_t right = guest_entry(v, v->pv.kernel_mode, page), *own = entry_at(hv_to_maddr(v->mm.root), page);

	if (!*own && root_fill(v, va_of(page)) != !!right)
		fail("a fault that is not the guest's own goes to the wrong one");
	if (*own != right)
		fail("no copy of what the guest has");
	if (root_fill(v, va_of(page)))
		fail("a fault is taken to be ours twice");
	walk_ahead(fake_cpu_nr);
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

/* As pv/bounce.c; and as entry.S, which leaves to C what is not usual. */
static void other_mode(struct vcpu *v)
{
	if (v->pv.kernel_mode && !v->mm.user_cr3)
		return;
	v->pv.kernel_mode = !v->pv.kernel_mode;
	if (v->pv.user_only || any(2)) {
		root_switch_mode(v);
		return;
	}
	local_irq_disable();
	if (v->pv.kernel_mode && v->mm.kernel_load)
		write_cr3(v->mm.kernel_load);
	for (u32 i = 0; i < ROOT_KERNEL_SLOTS; i++, walk_ahead(fake_cpu_nr))
		*v->mm.slots[i].at = v->pv.kernel_mode ? v->mm.slots[i].entry : 0;
	if (!v->pv.kernel_mode)
		write_cr3(v->mm.user_load);
	local_irq_enable();
}

/* An entry of a root that may be in use, as mm/entry.c changes it. */
static void change_root(void)
{
	u32 root = some_root();
	pte_t *e = entry_at((u64)root << PAGE_SHIFT, any(GUEST_PAGES)), old = *e;

	*e = some_entry();
	if (old & PTE_PRESENT)
		root_entry_changed(&dom, root);
}

/* Change what a table of the guest's maps, and forget the old on all CPUs where a vCPU runs. */
static void change_and_flush(void)
{
	u32 page = any(GUEST_PAGES), table = 1 + any(TABLES - 4);
	u64 mask;

	content[table] = ++last_value;
	mask = tlb_cpus_of(&dom);
	for (u32 p = 0; any(4) && p < GUEST_PAGES; p++)
		tlb_flush_page_mask(&mask, va_of((page + p) % GUEST_PAGES));
	tlb_flush_mask(&mask);
}

/* By single pages alone, where each is. */
static void change_and_flush_pages(void)
{
	u32 table = 1 + any(TABLES - 4);
	u64 mask;

	content[table] = ++last_value;
	mask = tlb_cpus_of(&dom);
	for (u32 page = 0; page < GUEST_PAGES; page++)
		tlb_flush_page_mask(&mask, va_of(page));
}

/* A table that changes; the flush comes when what it mapped is used anew. */
static void change_and_owe(void)
{
	u32 i = any(OWED), table = 1 + any(TABLES - 4);

	if (owed[i].value) {
		tlb_flush_since(owed[i].stamp);
		owed[i].value = 0;
		return;
	}
	owed[i].value = content[table];
	content[table] = ++last_value;
	owed[i].stamp = tlb_now();
}

static void change_hypervisor(void)
{
	u64 all = BIT(CPUS) - 1;

	content[TABLES - 1 - any(3)] = ++last_value;
	tlb_flush_mask(&all);
}

/* Of a vCPU that is down: other roots, or another mode by a new context. */
static void set_up(struct vcpu *v)
{
	if (v->sched.running || v == current)
		return;
	mm_drop_roots(v);
	for (u32 page = 0; page < GUEST_PAGES; page++)
		if (*entry_at(hv_to_maddr(v->mm.root), page))
			fail("a copy when there is nothing to copy");
	v->pv.kernel_mode = any(2);
	root_put_kernel_slots(v, v->pv.kernel_mode);
	mm_set_kernel_root(v, some_root());
	mm_set_user_root(v, some_root());
}

static void step(void)
{
	struct vcpu *v;

	fake_cpu_nr = any(CPUS);
	v = current;
	walk_ahead(fake_cpu_nr);
	switch (any(v->sched.idle ? 7 : 24)) {
	case 0: turn_to(&vcpus[any(VCPUS)]); break;
	case 1: change_and_flush(); break;
	case 2: change_and_owe(); break;
	case 3: change_root(); break;
	case 4: change_and_flush_pages(); break;
	case 5:
		if (!any(4))
			change_hypervisor();
		break;
	case 6: set_up(&vcpus[any(VCPUS)]); break;
	case 7: turn_to(&idle_vcpus[fake_cpu_nr]); break;
	case 8: mm_set_kernel_root(v, v->pv.kernel_mode ? some_root() : PFN_DOWN(v->mm.kernel_cr3)); break;
	case 9:
		if (v->pv.kernel_mode)
			mm_set_user_root(v, any(4) ? some_root() : 0);
		break;
	case 10: case 11: case 12: case 13: other_mode(v); break;
	default: touch(v);
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
	memset(host_memory, 0, FRAMES * PAGE_SIZE);
	cpu_features.pcid = pcid;
	seed = with;
	own_roots = 0;
	dom.max_vcpus = VCPUS;
	for (u32 i = 0; i < CPUS; i++) {
		idle_vcpus[i].sched.idle = idle_vcpus[i].sched.running = true;
		infos[i].vcpu = &idle_vcpus[i];
		infos[i].cpu = i;
		pcpus[i].info = &infos[i];
	}
	for (u32 i = 1; i < TABLES; i++)
		content[i] = ++last_value;
	for (u32 page = M2P_PAGE; page < PAGES; page++)
		hv_root[slot_of[page]] = pte_make(TABLES - PAGES + page, PTE_PRESENT);
	for (u32 r = 1; r <= ROOTS; r++)
		for (u32 page = 0; page < GUEST_PAGES; page++)
			*entry_at((u64)r << PAGE_SHIFT, page) = some_entry();
	fake_cpu_nr = 0;
	for (u32 i = 0; i < VCPUS; i++) {
		dom.vcpu[i] = &vcpus[i];
		vcpus[i].domain = &dom;
		vcpus[i].pv.kernel_mode = true;
		ok(root_init_vcpu(&vcpus[i]), "a root of its own");
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
	cpu_features.pcid = true;
	is_int(tag_cr3(0x5000, true), 0x5000 | TAG_KERNEL, "kernel mode's tag, emptied");
	is_int(tag_cr3(0x5000, false), 0x5000 | TAG_USER, "user mode's");
	is_int(tag_other(0x5000 | TAG_KERNEL), TAG_USER, "from kernel mode the other is user mode's");
	is_int(tag_other(0x6000 | TAG_USER), TAG_KERNEL, "and the other way round");
	is_int(tag_other(0x7000), TAG_NONE, "the idle loop has no other");
	cpu_features.pcid = false;
	is_int(tag_cr3(0x6000, false), 0x6000, "without tags it is the address");
}

int main(int argc, char **argv)
{
	u64 first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	u32 steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;

	host_memory = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
	frame_table = calloc(FRAMES, sizeof(*frame_table));
	hv_root = maddr_to_hv(0);
	test_values();
	for (u64 s = first; s < first + 3; s++) {
		run(true, s, steps);
		run(false, s, steps);
	}
	return tap_done();
}
