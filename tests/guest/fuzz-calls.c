/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One random call: a row of subops.def, or one of hypercalls.def that has no commands, or a number
 * that is none.
 */
#include "fuzz.h"

struct row {
	u16 call, cmd;
	u16 size; /* of the structure; 0: none */
	const char *name;
};

#define NONE	 0
#define IN(t)	 sizeof(t)
#define OUT(t)	 sizeof(t)
#define INOUT(t) sizeof(t)
#define VEC(t)	 sizeof(t)
#define SELF(t)	 sizeof(t)

enum {
	FAMILY_evtchn = HC_event_channel_op,
	FAMILY_sched = HC_sched_op,
	FAMILY_vcpu = HC_vcpu_op,
	FAMILY_memory = HC_memory_op,
	FAMILY_version = HC_xen_version,
	FAMILY_callback = HC_callback_op,
	FAMILY_physdev = HC_physdev_op,
	FAMILY_gnttab = HC_grant_table_op,
	FAMILY_mmuext = HC_mmuext_op,
	FAMILY_assist = HC_vm_assist,
	FAMILY_console = HC_console_io,
	FAMILY_platform = HC_platform_op,
	FAMILY_domctl = HC_domctl,
	FAMILY_sysctl = HC_sysctl,
};

static const struct row rows[] = {
#define SUBOP(family, nr, name, who, kind)    { FAMILY_##family, nr, kind, #family "_" #name },
#define SUBOP_ABSENT(family, nr, name, error) { FAMILY_##family, nr, 64, #family "_" #name },
#include "subops.def"
#undef SUBOP
#undef SUBOP_ABSENT
};

static const char *const names[HC_COUNT] = {
#define HYPERCALL(nr, name, who, args)	[nr] = #name,
#define HYPERCALL_ABSENT(nr, name, why) [nr] = #name,
#include "hypercalls.def"
#undef HYPERCALL
#undef HYPERCALL_ABSENT
};

/* Those that end the guest, or take what is not the guest's to play with; fuzz.h says why. */
static bool is_left_out(const struct row *r)
{
	switch (r->call) {
	case HC_sched_op:
		return r->cmd == SCHEDOP_shutdown || r->cmd == SCHEDOP_remote_shutdown ||
		       r->cmd == SCHEDOP_shutdown_code || r->cmd == SCHEDOP_block;
	case HC_vcpu_op: return r->cmd == VCPUOP_down;
	case HC_platform_op: return r->cmd == XENPF_enter_acpi_sleep;
	case HC_sysctl: return r->cmd == XEN_SYSCTL_debug_keys;
	case HC_event_channel_op: return r->cmd == EVTCHNOP_bind_pirq;
	case HC_physdev_op:
		return r->cmd >= PHYSDEVOP_alloc_irq_vector &&
		       r->cmd != PHYSDEVOP_pirq_eoi_gmfn_v1 && r->cmd != PHYSDEVOP_pirq_eoi_gmfn_v2;
	}
	return false;
}

/* After a reset of all ports there is little for the others to do. */
static bool is_rare(const struct row *r)
{
	return r->call == HC_event_channel_op && r->cmd == EVTCHNOP_reset;
}

static const struct row *some_row(void)
{
	const struct row *r;

	do
		r = &rows[below(ARRAY_SIZE(rows))];
	while (is_left_out(r) || (is_rare(r) && !one_in(64)));
	return r;
}

static void *argument(struct call *c, u32 size, u32 count)
{
	char *arg = arena_get(size * count + 16);

	for (u32 i = 0; i < count; i++)
		args_fill(c, arg + i * size, size);
	return maybe_bad(arg);
}

static u32 some_domain(void)
{
	return one_in(16) ? (u32)some_word() : one_in(8) ? 1 + below(KIDS) : DOMID_SELF;
}

/* A command of a family. */
static void make_subop(struct call *c)
{
	const struct row *r = some_row();
	u32 count = 1 + (one_in(4) ? below(6) : 0);
	bool many = r->call == HC_grant_table_op || r->call == HC_mmuext_op;
	void *arg;

	c->nr = c->family = r->call;
	c->cmd = r->cmd;
	c->name = r->name;
	if (r->call == HC_console_io) {
		c->r[0] = r->cmd;
		c->r[1] = one_in(500); /* a newline in 500 calls of this kind */
		c->r[2] = (u64)maybe_bad("\n");
		return;
	}
	arg = argument(c, r->size ? r->size : 8, many ? count : 1);
	if (!r->size && one_in(2))
		arg = NULL;
	c->r[0] = r->cmd;
	c->r[1] = (u64)arg;
	switch (r->call) {
	case HC_vm_assist: c->r[1] = one_in(4) ? some_word() : below(8); break;
	case HC_grant_table_op:
		c->r[2] = one_in(64) ? below(2) << 31 : count;
		if (c->r[2] != count)
			c->r[1] = (u64)bad_pointer();
		break;
	case HC_vcpu_op:
		c->r[1] = one_in(8) ? (u32)some_word() : one_in(4) ? below(2) : this_cpu()->id;
		c->r[2] = (u64)arg;
		break;
	case HC_platform_op:
	case HC_domctl:
	case HC_sysctl: c->r[0] = (u64)arg; break;
	case HC_mmuext_op:
		c->r[0] = (u64)arg;
		c->r[1] = count;
		c->r[2] = one_in(2) ? (u64)maybe_bad(arena_get(8)) : 0;
		c->r[3] = c->r[3] ?: some_domain();
		break;
	}
}

static void make_mmu_update(struct call *c)
{
	u32 count = 1 + below(8);
	mmu_update_t *list = arena_get((count + 1) * sizeof(*list));

	for (u32 i = 0; i < count; i++)
		args_fill(c, list + i, sizeof(*list));
	c->r[0] = (u64)maybe_bad(list);
	c->r[1] = count;
	c->r[2] = one_in(2) ? (u64)maybe_bad(arena_get(8)) : 0;
	c->r[3] = some_domain();
	if (one_in(8)) {
		u32 kid = below(KIDS);

		c->r[3] = (kid + 2) << 16 | (one_in(4) ? DOMID_SELF : kid + 1);
		for (u32 i = 0; i < count; i++)
			fill_kid_update(kid, list + i);
	}
}

static void make_traps(struct call *c)
{
	trap_info_t *t = arena_get(4 * sizeof(*t));

	for (int i = 0; i < 3; i++) {
		t[i] = (trap_info_t){ random64(), random64(), some_word(),
				      random64() >> below(40) };
		if (t[i].vector == 2) /* an NMI may come at once */
			t[i] = (trap_info_t){ 2, t[i].flags, FLAT_RING3_CS64, (u64)entry_nmi };
	}
	t[3].address = 0;
	c->r[0] = (u64)maybe_bad(t); /* not NULL: that would leave NMIs without a handler */
	c->sets_traps = true;
}

static void make_gdt(struct call *c)
{
	u64 *frames = arena_get(16 * 8);

	for (int i = 0; i < 16; i++)
		frames[i] = any_frame();
	c->r[0] = (u64)maybe_bad(frames);
	c->r[1] = one_in(4) ? (u32)some_word() : below(600);
}

static void make_multicall(struct call *c)
{
	u32 count = below(6);
	multicall_entry_t *list = arena_get(8 * sizeof(*list));
	struct call inner;

	for (u32 i = 0; i < count; i++) {
		call_make(&inner, true);
		list[i].op = inner.nr;
		memcpy(list[i].args, inner.r, sizeof(list[i].args));
		c->sets_traps |= inner.sets_traps;
	}
	c->r[0] = (u64)maybe_bad(list);
	c->r[1] = count;
}

/* A hypercall without commands. */
static void make_plain(struct call *c, bool nested)
{
	static const u8 numbers[] = { 0, 1,  1,	 1,  1,	 2,  3,	 4,  5, 8,
				      9, 10, 13, 14, 14, 14, 15, 22, 25 };

	c->nr = c->family = numbers[below(sizeof(numbers))];
	for (int i = 0; i < 6; i++)
		c->r[i] = some_word();
	switch (c->nr) {
	case HC_set_trap_table: make_traps(c); break;
	case HC_mmu_update: make_mmu_update(c); break;
	case HC_set_gdt: make_gdt(c); break;
	case HC_set_callbacks: c->r[0] = one_in(2) ? (u64)entry_event : NONCANONICAL; break;
	case HC_set_debugreg: c->r[0] = one_in(8) ? some_word() : below(9); break;
	case HC_update_descriptor:
		c->r[0] =
			(one_in(8) ? core_table[1 + below(CORE_TABLES)] : play[below(PLAY_FRAMES)])
				<< 12 |
			below(512) << 3 | (one_in(16) ? below(8) : 0);
		c->r[1] = random64();
		break;
	case HC_multicall:
		if (nested)
			c->nr = HC_xsm_op;
		else
			make_multicall(c);
		break;
	case HC_update_va_mapping:
	case HC_update_va_mapping_otherdomain:
		c->r[0] = some_va();
		c->r[1] = some_pte();
		c->r[2] = one_in(4) ? (u64)maybe_bad(arena_get(64)) | below(4) : below(7);
		c->r[3] = DOMID_SELF;
		if (one_in(2) && c->nr == HC_update_va_mapping_otherdomain) {
			c->r[3] = 1 + below(KIDS);
			c->r[1] = PTE(one_in(4) ? kid_grant[c->r[3] - 1][0] : some_kid_frame(c->r[3] - 1), PTE_DATA);
		}
		if (one_in(16)) { /* a place of the core's, by what has to be refused */
			c->r[0] = (u64)image_start;
			c->r[1] = PTE(core_table[1 + below(CORE_TABLES)], PTE_DATA);
		}
		break;
	case HC_set_timer_op: c->r[0] = one_in(4) ? some_word() : now() + below(100000000); break;
	}
	c->name = names[c->nr];
}

/* A number that has no call behind it. */
static void make_unknown(struct call *c)
{
	static const u8 absent[] = { 6, 11, 16, 19, 27, 28, 31, 34, 37, 38, 39, 40, 41, 42, 48 };

	c->nr = one_in(2) ? absent[below(sizeof(absent))] : 49 + (below(1U << 31) >> below(31));
	c->name = "unknown";
	for (int i = 0; i < 6; i++)
		c->r[i] = some_word();
	if (c->nr == HC_sched_op_compat || c->nr == HC_mca || c->nr == HC_kexec_op)
		c->r[0] = 0; /* where these exist, they can end the domain or the machine */
	if (c->nr == HC_nmi_op)
		c->r[0] = ~0UL; /* and this sets a handler */
}

void call_make(struct call *c, bool nested)
{
	memset(c, 0, sizeof(*c));
	switch (below(32)) {
	case 0: make_unknown(c); break;
	case 1 ... 12: make_plain(c, nested); break;
	default: make_subop(c);
	}
}
