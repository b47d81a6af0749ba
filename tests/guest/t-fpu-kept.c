/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fpu-kept - vector registers while another vCPU runs on the same processor
 *
 * Right: each of two vCPUs on one processor loads x87, SSE and (where there is AVX) AVX registers
 * with its own pattern, spins over many of the other's time slices and finds them unchanged, MXCSR
 * and the x87 control word too. Hypercalls do not touch them either.  ABI: a vCPU's registers are
 * its own; PEERS.md names the emulator's trap with lazy switching.
 *
 * Boot: --smp 1 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define SLICE 100000000UL

static u32 wrong[2], rounds[2], stop;
static bool has_avx;

struct state {
	u64 ymm[4];
	u64 xmm[2];
	u64 x87;
	u32 mxcsr;
	u16 cw;
};

static void load(const struct state *s)
{
	if (has_avx)
		__asm__ volatile("vmovdqu %0, %%ymm7" : : "m"(s->ymm));
	__asm__ volatile("movdqu %0, %%xmm3; fninit; fldcw %1; fildq %2; ldmxcsr %3"
			 :
			 : "m"(s->xmm), "m"(s->cw), "m"(s->x87), "m"(s->mxcsr));
}

static void store(struct state *s)
{
	memset(s, 0, sizeof(*s));
	if (has_avx)
		__asm__ volatile("vmovdqu %%ymm7, %0" : "=m"(s->ymm));
	__asm__ volatile("movdqu %%xmm3, %0; fnstcw %1; fistpq %2; stmxcsr %3"
			 : "=m"(s->xmm), "=m"(s->cw), "=m"(s->x87), "=m"(s->mxcsr));
}

static void work(u32 id, u64 until)
{
	u64 n = (id + 1) * 0x0101010101010101;
	struct state want = { { n, n + 1, n + 2, n + 3 },
			      { n ^ 5, n ^ 6 },
			      n & 0xffffffff,
			      id ? 0x1fa0 : 0x9f80,
			      id ? 0x37f : 0xf7f };
	struct state got;
	u64 end;

	if (!has_avx)
		memset(want.ymm, 0, sizeof(want.ymm));
	while (now() < until && !LIVE(stop)) {
		load(&want);
		end = now() + SLICE;
		while (now() < end)
			HC(xen_version, .cmd = XENVER_version);
		store(&got);
		wrong[id] += memcmp(&got.ymm, &want.ymm, 32) || memcmp(&got.xmm, &want.xmm, 16) ||
			     got.x87 != want.x87 || got.mxcsr != want.mxcsr || got.cw != want.cw;
		__atomic_add_fetch(&rounds[id], 1, __ATOMIC_SEQ_CST);
	}
}

static void turn_on_avx(void)
{
	u32 a = 1, b, c = 0, d;
	u64 cr4;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	has_avx = (c >> 26 & 1) && (c >> 28 & 1);
	if (!has_avx)
		return;
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | 1 << 18));
	__asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
}

static void other(void)
{
	turn_on_avx();
	work(1, ~0UL);
}

void test_main(void)
{
	turn_on_avx();
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	work(0, now() + 1500000000);
	stop = 1;
	check(rounds[0] >= 2 && LIVE(rounds[1]) >= 2, "rounds: %u and %u, AVX: %d", rounds[0],
	      rounds[1], has_avx);
	check_eq(wrong[0], 0, "vCPU 0 kept its registers");
	check_eq(LIVE(wrong[1]), 0, "vCPU 1 too");
}
