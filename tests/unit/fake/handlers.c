/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every handler, for those whose room is not linked: it answers that there is no such call.
 */
#include "hypercall/hypercall.h"

#define HYPERCALL(nr, name, who, args)						\
	__attribute__((weak)) long do_##name(struct vcpu *v, const struct hc_##name *a)	\
	{									\
		(void)v;							\
		(void)a;							\
		return -ENOSYS;							\
	}
#define HYPERCALL_ABSENT(nr, name, why)
#include "abi/hypercalls.def"

#define SUBOP(family, nr, name, who, kind)					\
	__attribute__((weak)) long do_##family##_##name(struct subop_call *c, void *op)	\
	{									\
		(void)c;							\
		(void)op;							\
		return -ENOSYS;							\
	}
#define SUBOP_ABSENT(family, nr, name, error)
#include "abi/subops.def"
