// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers N SECONDS - N processes load all registers, spin, and look whether they kept them
 *
 * Shown: general, x87, MXCSR, SSE and, where offered, AVX registers of user programs survive
 * being interrupted, preempted, and moved between vCPUs, with more programs than CPUs.  Each
 * process has patterns of its own, so another one's registers are seen as such.  Odd processes
 * also make system calls and take signals between two loads.
 */
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

enum { GPRS = 9, VECTORS = 16, SPIN = 2000000 };

/* The assembly counts on these places; gpr: rbx rbp r8 r9 r10 r12 r13 r14 r15. */
struct state {
	uint64_t gpr[GPRS];
	double x87[2];
	uint32_t mxcsr;
	uint32_t fcw;
	uint64_t pad;
	uint8_t vector[VECTORS][32];
} __attribute__((packed));
_Static_assert(__builtin_offsetof(struct state, x87) == 72, "fldl");
_Static_assert(__builtin_offsetof(struct state, mxcsr) == 88, "ldmxcsr");
_Static_assert(__builtin_offsetof(struct state, vector) == 104, "vmovdqu");

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

#define EACH_VECTOR(OP)                                                                            \
	OP(0)                                                                                      \
	OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7) OP(8) OP(9) OP(10) OP(11) OP(12) OP(13) OP(14)   \
		OP(15)
#define LOAD_AVX(n)  "vmovdqu 104+" #n "*32(%%rdi), %%ymm" #n "\n\t"
#define STORE_AVX(n) "vmovdqu %%ymm" #n ", 104+" #n "*32(%%rsi)\n\t"
#define LOAD_SSE(n)  "movdqu 104+" #n "*32(%%rdi), %%xmm" #n "\n\t"
#define STORE_SSE(n) "movdqu %%xmm" #n ", 104+" #n "*32(%%rsi)\n\t"

/*
 * Loads *in (rdi), spins rcx times, stores to *out (rsi).  The compiler's own registers are
 * kept on the stack below its red zone.
 */
#define HOLD(LOAD, STORE)                                                                          \
	asm volatile(                                                                              \
		"sub $256, %%rsp\n\t"                                                              \
		"push %%rbx\n\tpush %%rbp\n\t"                                                     \
		"fninit\n\tfldcw 92(%%rdi)\n\tfldl 72(%%rdi)\n\tfldl 80(%%rdi)\n\t"                \
		"ldmxcsr 88(%%rdi)\n\t" EACH_VECTOR(                                               \
			LOAD) "mov 0(%%rdi), %%rbx\n\tmov 8(%%rdi), %%rbp\n\tmov 16(%%rdi), "      \
			      "%%r8\n\t"                                                           \
			      "mov 24(%%rdi), %%r9\n\tmov 32(%%rdi), %%r10\n\tmov 40(%%rdi), "     \
			      "%%r12\n\t"                                                          \
			      "mov 48(%%rdi), %%r13\n\tmov 56(%%rdi), %%r14\n\tmov 64(%%rdi), "    \
			      "%%r15\n\t"                                                          \
			      "1: dec %%rcx\n\tjnz 1b\n\t"                                         \
			      "mov %%rbx, 0(%%rsi)\n\tmov %%rbp, 8(%%rsi)\n\tmov %%r8, "           \
			      "16(%%rsi)\n\t"                                                      \
			      "mov %%r9, 24(%%rsi)\n\tmov %%r10, 32(%%rsi)\n\tmov %%r12, "         \
			      "40(%%rsi)\n\t"                                                      \
			      "mov %%r13, 48(%%rsi)\n\tmov %%r14, 56(%%rsi)\n\tmov %%r15, "        \
			      "64(%%rsi)\n\t" EACH_VECTOR(                                         \
				      STORE) "stmxcsr 88(%%rsi)\n\tfnstcw 92(%%rsi)\n\t"           \
					     "fstpl 80(%%rsi)\n\tfstpl 72(%%rsi)\n\tfninit\n\t"    \
					     "pop %%rbp\n\tpop %%rbx\n\tadd $256, %%rsp"           \
		: "+c"(spin)                                                                       \
		: "D"(in), "S"(out)                                                                \
		: "r8", "r9", "r10", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1",   \
		  "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",         \
		  "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

static bool avx_offered(void)
{
	unsigned int a, b, c, d;
	uint32_t low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
		return false;
	asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

static void hold(const struct state *in, struct state *out, bool avx)
{
	uint64_t spin = SPIN;

	if (avx)
		HOLD(LOAD_AVX, STORE_AVX);
	else
		HOLD(LOAD_SSE, STORE_SSE);
}

/* fill - this round's patterns: they name the process and the register */
static void fill(struct state *s, int who, unsigned int round, bool avx)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < GPRS; i++)
		s->gpr[i] = 0x0101010101010101ull * (who + 1) ^ ((uint64_t)round << 20) ^ i;
	s->x87[0] = who + round / 4096.0;
	s->x87[1] = -s->x87[0] * 3;
	s->mxcsr = 0x1f80 | (who % 4) << 13; /* rounding, all exceptions masked */
	s->fcw = 0x37f | (who % 4) << 10;
	for (int v = 0; v < VECTORS; v++)
		for (int b = 0; b < (avx ? 32 : 16); b++)
			s->vector[v][b] = who * 37 + round * 11 + v * 7 + b;
}

static int worker(int who, int seconds, bool avx)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	time_t end = time(NULL) + seconds;
	struct state in, out;
	unsigned int round = 0;

	if (who & 1) {
		signal(SIGALRM, on_alarm);
		setitimer(ITIMER_REAL, &often, NULL);
	}
	do {
		fill(&in, who, round++, avx);
		memset(&out, 0, sizeof(out));
		hold(&in, &out, avx);
		if (memcmp(&in, &out, sizeof(in))) {
			const uint8_t *a = (const uint8_t *)&in, *b = (const uint8_t *)&out;
			size_t at = 0;

			while (a[at] == b[at])
				at++;
			printf("# process %d, round %u: byte %zu of the state is %#x, not %#x\n",
			       who, round, at, b[at], a[at]);
			return 1;
		}
		if (who & 1)
			getppid();
	} while (time(NULL) < end);
	return (who & 1) && !signals ? 2 : 0;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 4;
	int seconds = argc > 2 ? atoi(argv[2]) : 5;
	bool avx = avx_offered();
	int lost = 0, quiet = 0, status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int who = 0; who < count; who++)
		if (fork() == 0)
			exit(worker(who, seconds, avx));
	while (wait(&status) > 0) {
		lost += !WIFEXITED(status) || WEXITSTATUS(status) == 1;
		quiet += WIFEXITED(status) && WEXITSTATUS(status) == 2;
	}
	printf("# registers looked at: general, x87, MXCSR, %s\n", avx ? "AVX" : "SSE");
	is(lost, 0, "every process kept its registers");
	is(quiet, 0, "every process that asked for signals got some");
	return 0;
}
