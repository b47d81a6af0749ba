/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz - random hypercalls; fuzz.h says which, and what they leave alone
 *
 * Right: the domain lives to the end, and the hypervisor with it; in a debug build the auditor
 * agrees.
 *
 * Arguments, on the command line: seed=N, count=N calls, from=N to begin with call N, verbose=1 to
 * print each call before it is made and its answer after it. Every vCPU that the domain has takes
 * part. The same seed gives the same calls; what they meet depends on those before, so a crash is
 * repeated by the same run, and from= with verbose shows its last calls.
 */
#include "fuzz.h"

u64 play[PLAY_FRAMES];
u64 *play_alias[PLAY_FRAMES];
u64 core_table[CORE_TABLES + 1];
struct fuzzer fuzzers[MAX_CPUS];

static u64 option(const char *name, u64 otherwise)
{
	const char *s = (const char *)start_info->cmd_line;
	u64 n = 0;

	for (; *s; s++) {
		if (!starts_with(s, name))
			continue;
		for (s += strlen(name); *s >= '0' && *s <= '9'; s++)
			n = n * 10 + (*s - '0');
		return n;
	}
	return otherwise;
}

/* An event or NMI: masked from here on, also where the mask has been lost to chance. */
static bool ignore(struct regs *regs)
{
	regs->rflags &= ~0x200UL;
	return true;
}

static bool on_debug(struct regs *regs)
{
	HC(set_debugreg, .reg = 7, .value = 0);
	regs->rflags &= ~0x100UL;
	regs->rflags |= 0x10000;
	return true;
}

static void make_window(void)
{
	struct chain c;

	chain_make(&c, WINDOW_VA);
	if (entry_set((u64 *)start_info->pt_base + table_index(WINDOW_VA, 4),
		      PTE(mfn_of(c.tables[3]), PTE_TABLE)))
		bail_out("the window cannot be linked");
	core_table[1] = mfn_of(c.tables[1]);
	core_table[2] = mfn_of(c.tables[2]);
	core_table[3] = mfn_of(c.tables[3]);
	core_table[4] = root_mfn();
}

/*
 * Half of the frames keep a read-only view, the others are nowhere mapped, so that they can be
 * given away.
 */
static void make_playground(void)
{
	for (int i = 0; i < PLAY_FRAMES; i++) {
		u64 *page = page_alloc();

		play[i] = mfn_of(page);
		play_alias[i] = i & 1 ? page : NULL;
		if (pte_set((u64)page, i & 1 ? PTE(play[i], PTE_RO) : 0))
			bail_out("a frame cannot be set free");
	}
}

/* Grants of the playground, as chance has it, in a table of either version. */
static void shake_grants(void)
{
	for (int i = 0; i < 4; i++) {
		u32 ref = below(32);

		grants[ref].frame = writable_frame();
		grants[ref].domid = one_in(8) ? (domid_t)some_word() : 0;
		grants[ref].flags = one_in(4) ? (u16)some_word()
					      : GTF_permit_access | (random64() & GTF_readonly);
	}
}

/* A store to a table, if that is what the frame is: carried out after a check, or a fault. */
static void store(void)
{
	u64 *page = play_alias[below(PLAY_FRAMES)];

	if (!page)
		return;
	TRY("movq %[v], (%[p])", NO_RESULT, GIVEN([p] "r"(page + below(512)), [v] "r"(some_pte())));
}

/* A tree of good tables, as far as chance lets it come: random contents alone are seldom good. */
static void grow(void)
{
	u64 below_it = PTE(play[below(PLAY_FRAMES)], one_in(2) ? PTE_RO : PTE_DATA), frame = 0;
	int top = 1 + below(4);

	for (int level = 1; level <= top; level++) {
		frame = play[below(PLAY_FRAMES)];
		mmuext(MMUEXT_CLEAR_PAGE, frame);
		for (int i = below(4); i >= 0; i--)
			mmu_set(frame << 12 | below(level == 4 ? 256 : 512) << 3, below_it);
		below_it = PTE(frame, PTE_TABLE);
	}
	if (one_in(2))
		pin(top, frame);
	else if (top == 4)
		mmuext(MMUEXT_NEW_USER_BASEPTR, frame);
	else if (top == 1)
		HC(set_gdt, .frames = &frame, .entries = 512);
}

/* Back to a state in which much is possible: nothing pinned, mapped or in use. */
static void tidy(void)
{
	mmuext_op_t ldt = { .cmd = MMUEXT_SET_LDT };

	HC(mmuext_op, .ops = &ldt, .count = 1, .foreign = DOMID_SELF);
	HC(set_gdt, .entries = 0);
	mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
	for (int i = 0; i < PLAY_FRAMES; i++)
		unpin(play[i]);
	for (u64 i = 0; i < WINDOW_PAGES; i++)
		pte_set(WINDOW_VA + i * PAGE_SIZE, 0);
	HC(set_debugreg, .reg = 7, .value = 0);
}

static void recover(const struct call *c, long rc)
{
	if (c->sets_traps)
		trap_init();
	if (!c->learns || rc < 0)
		return;
	for (u32 i = 0; i < c->learn_count && (i < (u64)rc || c->learns_all); i++)
		if (c->learns[i] < 0x1000000)
			play[below(PLAY_FRAMES / 2) * 2] = c->learns[i];
}

static void show(u64 n, const struct call *c)
{
	print("# %lu: %s %u/%u 0x%lx 0x%lx 0x%lx 0x%lx\n", n, c->name ? c->name : "?", c->nr,
	      c->cmd, c->r[0], c->r[1], c->r[2], c->r[3]);
}

static u64 seed;
static bool verbose;

static void step(u64 n)
{
	struct call c;
	long rc;

	random_begin(seed, n);
	fuzzer()->arena_used = 0;
	if (one_in(16))
		shake_grants();
	if (one_in(32))
		store();
	if (one_in(64))
		grow();
	if (one_in(512))
		rear_kid();
	if (one_in(5000))
		tidy();
	call_make(&c, false);
	if (verbose)
		show(n, &c);
	rc = hypercall_regs(c.nr, c.r);
	if (verbose)
		print("# %lu: %s = %ld\n", n, c.name, rc);
	recover(&c, rc);
	fuzzer()->answers[rc < 0 && rc > -4096]++;
}

static void run(void)
{
	struct fuzzer *f = fuzzer();

	callback(CALLBACKTYPE_event, 0, entry_event);
	for (u64 n = f->from; n < f->from + f->count; n++) {
		step(n);
		if (n % 1000000 == 999999)
			note("%lu calls", n + 1);
	}
	LIVE(f->done) = 1;
}

/* All vCPUs there are, each with calls of its own, at the same time. */
static unsigned int run_all(u64 from, u64 count)
{
	unsigned int vcpus = vcpu_count();

	for (unsigned int i = 0; i < vcpus; i++) {
		fuzzers[i].arena = pages_alloc(ARENA_PAGES);
		fuzzers[i].from = from + ((u64)i << 40);
		fuzzers[i].count = count;
		if (i && vcpu_start(i, run))
			bail_out("a vCPU does not start");
	}
	run();
	for (unsigned int i = 1; i < vcpus; i++)
		while (!LIVE(fuzzers[i].done))
			HC(sched_op, .cmd = SCHEDOP_yield);
	return vcpus;
}

void test_main(void)
{
	u64 count = option("count=", 10000), from = option("from=", 0), begin;
	unsigned int vcpus;

	seed = option("seed=", 1);
	verbose = option("verbose=", 0);
	trap_hooks[VEC_EVENT] = trap_hooks[VEC_NMI] = trap_hooks[VEC_FAILSAFE] = trap_hooks[2] =
		ignore;
	trap_hooks[X_DB] = on_debug;
	make_window();
	make_playground();
	grant_init();
	note("seed=%lu from=%lu count=%lu", seed, from, count);
	begin = rdtsc();
	vcpus = run_all(from, count);
	begin = rdtsc() - begin;
	tidy();
	for (unsigned int i = 0; i < vcpus; i++) {
		const u64 *answers = fuzzers[i].answers;

		note("%lu good answers, %lu errors, %lu cycles a call", answers[0], answers[1],
		     begin / (count ? count : 1));
		check(answers[0] > count / 20, "vCPU %u: one call in twenty or more did something",
		      i);
		check(answers[1] > count / 20, "vCPU %u: one in twenty or more was refused", i);
	}
}
