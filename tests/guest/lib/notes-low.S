/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual addresses are pseudo-physical ones; the hypervisor fills a hypercall page. */
#define __ASSEMBLY__
#include <xen/elfnote.h>
#include "notes.h"

	NOTE(XEN_ELFNOTE_GUEST_OS, .asciz, "guest-test")
	NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0")
	NOTE(XEN_ELFNOTE_LOADER, .asciz, "generic")
	NOTE(XEN_ELFNOTE_VIRT_BASE, .quad, 0)
	NOTE(XEN_ELFNOTE_PADDR_OFFSET, .quad, 0)
	NOTE(XEN_ELFNOTE_ENTRY, .quad, _start)
	NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, .quad, hypercall_page)

	.section .note.GNU-stack, "", @progbits
