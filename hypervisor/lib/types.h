/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types and small helpers that every room uses.
 */
#ifndef HV_LIB_TYPES_H
#define HV_LIB_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef HOST_TEST
#pragma GCC visibility push(hidden)	/* declarations too: no address is taken through a GOT */
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef u64 mfn_t;		/* machine frame number */
typedef u64 pfn_t;		/* a guest's own frame number */
typedef u64 maddr_t;		/* machine address */
typedef u64 guest_va_t;		/* linear address in a guest: only guest-copy dereferences it */
typedef s64 ns_t;		/* nanoseconds of system time */

#define INVALID_MFN	(~(mfn_t)0)

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PFN_DOWN(x)	((u64)(x) >> PAGE_SHIFT)
#define PFN_UP(x)	(((u64)(x) + PAGE_SIZE - 1) >> PAGE_SHIFT)

#define BIT(n)		(1UL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(x, n)	(((x) + (n) - 1) & ~((__typeof__(x))(n) - 1))
#define ROUND_DOWN(x, n) ((x) & ~((__typeof__(x))(n) - 1))
#define MIN(a, b)	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define MAX(a, b)	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __used		__attribute__((used))
#define __noreturn	__attribute__((noreturn))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __must_check	__attribute__((warn_unused_result))
#define __section(s)	__attribute__((section(s)))
#define __init		__section(".init.text")	/* code not needed after boot */
#define __initdata	__section(".init.data")	/* data likewise; initialise it, for it is no .bss */

#ifndef static_assert
#define static_assert	_Static_assert
#endif

#define NR_CPUS		64
#define MAX_VCPUS	128		/* per domain */

/* Prints "(bonsai) PANIC on CPU N: ..." with registers and a stack trace, then stops or reboots. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/* CHECK is in every build, for what memory safety rests on; ASSERT is for debug builds. */
#define CHECK(c) \
	do { if (unlikely(!(c))) panic("%s:%d: CHECK(%s)", __FILE__, __LINE__, #c); } while (0)
#ifdef DEBUG
#define ASSERT(c) \
	do { if (unlikely(!(c))) panic("%s:%d: ASSERT(%s)", __FILE__, __LINE__, #c); } while (0)
#else
#define ASSERT(c) do { if (0) (void)(c); } while (0)
#endif

#endif
