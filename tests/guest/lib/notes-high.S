/* SPDX-License-Identifier: GPL-2.0-only */
/* The image lies in the top 2 GiB, the P2M where the note asks for it; no hypercall page. */
#define __ASSEMBLY__
#include <xen/elfnote.h>
#include "notes.h"

	NOTE(XEN_ELFNOTE_GUEST_OS, .asciz, "guest-test")
	NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0")
	NOTE(XEN_ELFNOTE_LOADER, .asciz, "generic")
	NOTE(XEN_ELFNOTE_VIRT_BASE, .quad, 0xffffffff80000000)
	NOTE(XEN_ELFNOTE_PADDR_OFFSET, .quad, 0)
	NOTE(XEN_ELFNOTE_ENTRY, .quad, _start)
	NOTE(XEN_ELFNOTE_INIT_P2M, .quad, 0x8000000000)
	NOTE(XEN_ELFNOTE_MOD_START_PFN, .long, 1)
	NOTE(XEN_ELFNOTE_SUPPORTED_FEATURES, .long, 0x8801)
	NOTE(XEN_ELFNOTE_HV_START_LOW, .quad, 0xffff800000000000)

	.section .note.GNU-stack, "", @progbits
