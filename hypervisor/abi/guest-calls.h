/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of the list: one stub a hypercall, called with named arguments.
 *
 *	rc = HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_SELF);
 *
 * Arguments not named are zero.  The stub issues SYSCALL inline, as Linux does; a guest that wants
 * the hypercall page defines HC_VIA_PAGE to the page's symbol before including this.
 */
#ifndef BONSAI_GUEST_CALLS_H
#define BONSAI_GUEST_CALLS_H

#include "abi.h"

static inline __attribute__((always_inline)) long
hypercall_regs(unsigned long nr, const uint64_t r[6])
{
	register uint64_t r10 __asm__("r10") = r[3];
	register uint64_t r8 __asm__("r8") = r[4];
	register uint64_t r9 __asm__("r9") = r[5];
	uint64_t rdi = r[0], rsi = r[1], rdx = r[2];
	long ret = nr;

#ifdef HC_VIA_PAGE
	void *entry = (char *)HC_VIA_PAGE + nr * 32;

	__asm__ volatile("call *%[entry]"
			 : "+a"(ret), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8)
			 : [entry] "r"(entry), "r"(r9)
			 : "rcx", "r11", "memory");
#else
	__asm__ volatile("syscall"
			 : "+a"(ret), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8)
			 : "r"(r9)
			 : "rcx", "r11", "memory");
#endif
	return ret;
}

#define HYPERCALL(nr, name, who, args)							\
	static inline __attribute__((always_inline, unused)) long			\
	hypercall_##name(const struct hc_##name *a)					\
	{										\
		uint64_t r[6] = { 0 };							\
		__builtin_memcpy(r, a, sizeof(*a));					\
		return hypercall_regs(nr, r);						\
	}
#define HYPERCALL_ABSENT(nr, name, why)
#include "hypercalls.def"
#undef HYPERCALL
#undef HYPERCALL_ABSENT

#define HC(name, ...) hypercall_##name(&(const struct hc_##name){ __VA_ARGS__ })

#endif
