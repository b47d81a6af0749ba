/* SPDX-License-Identifier: GPL-2.0-only */
/* A note for the domain builder, in assembly: NOTE(type, .quad, value). */
#define NOTE(type, kind, value)			\
	.pushsection .note.Xen, "a", @note;	\
	.balign 4;				\
	.long 4, 2f - 1f, type;			\
	.asciz "Xen";				\
1:	kind value;				\
2:	.balign 4;				\
	.popsection
