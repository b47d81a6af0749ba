/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * own-request - the call that kernels make most: one request about oneself, nothing to be counted; and other short ones
 *
 * Right: it answers as the same request in a batch does, also when the upper halves of the count and of the
 * domain's number hold rubbish; registers other than RAX, RCX and R11 are kept; events that become
 * due meanwhile are delivered when it returns; what is refused changes nothing.
 * ABI: __HYPERVISOR_mmu_update, __HYPERVISOR_mmuext_op in xen.h.
 */
#include "guest.h"

#define RUBBISH 0xabcd000000000000UL

static u64 kept[10];

/* One call with a pattern in each register; the pattern afterwards is in kept[]. */
static long call(u64 nr, const void *req, bool rubbish)
{
	register u64 r8 __asm__("r8") = 0x88;
	register u64 r9 __asm__("r9") = 0x99;
	register u64 r10 __asm__("r10") = DOMID_SELF | (rubbish ? RUBBISH : 0);
	register u64 r12 __asm__("r12") = 0x1212;
	register u64 r13 __asm__("r13") = 0x1313;
	register u64 r14 __asm__("r14") = 0x1414;
	register u64 r15 __asm__("r15") = 0x1515;
	u64 rdi = (u64)req, rsi = 1 | (rubbish ? RUBBISH : 0), rdx = 0, rbx = 0xbb, rax = nr;

	__asm__ volatile("syscall"
			 : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+b"(rbx), "+r"(r8), "+r"(r9),
			   "+r"(r10), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
			 :
			 : "rcx", "r11", "memory", "cc");
	kept[0] = rdi == (u64)req;
	kept[1] = rdx == 0;
	kept[2] = rbx == 0xbb;
	kept[3] = r8 == 0x88 && r9 == 0x99;
	kept[4] = r10 == (DOMID_SELF | (rubbish ? RUBBISH : 0));
	kept[5] = r12 == 0x1212 && r13 == 0x1313 && r14 == 0x1414 && r15 == 0x1515;
	return rax;
}

static void check_kept(const char *what)
{
	for (int i = 0; i < 6; i++)
		if (!kept[i]) {
			check(false, "%s: registers are kept (%d is not)", what, i);
			return;
		}
	check(true, "%s: registers are kept", what);
}

static void entries(void)
{
	u64 *page = page_alloc(), *entry = entry_of((u64)page, 1), old = *entry;
	mmu_update_t u = { .ptr = maddr_of(entry), .val = PTE(mfn_of(page), PTE_RO) };

	for (int rubbish = 0; rubbish < 2; rubbish++) {
		u.val = PTE(mfn_of(page), PTE_RO);
		check_eq(call(__HYPERVISOR_mmu_update, &u, rubbish), 0, "an entry is changed");
		check_kept("mmu_update");
		check_eq(*entry & (PTE_ADDR | PTE_RW), u.val & (PTE_ADDR | PTE_RW), "it is there");
		u.val = old;
		check_eq(call(__HYPERVISOR_mmu_update, &u, rubbish), 0, "and changed back");
	}
	u.val = PTE(mfn_of(entry), PTE_DATA);
	check_refused(call(__HYPERVISOR_mmu_update, &u, false), "a table, writable");
	check_kept("refused");
	check_eq(*entry & (PTE_ADDR | PTE_RW), old & (PTE_ADDR | PTE_RW), "the entry stays");
	u.ptr |= 7;
	check_eq(call(__HYPERVISOR_mmu_update, &u, false), -XEN_ENOSYS, "no such command");
	check_eq(call(__HYPERVISOR_mmu_update, (void *)(1UL << 40), false), -XEN_EFAULT, "no request there");
	check_eq(call(__HYPERVISOR_mmu_update, (void *)HYPERVISOR_VIRT_START, false), -XEN_EFAULT, "nor there");
	check_kept("unreadable");
}

static void operations(void)
{
	mmuext_op_t op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	check_eq(call(__HYPERVISOR_mmuext_op, &op, false), 0, "a flush");
	check_kept("mmuext_op");
	check_eq(call(__HYPERVISOR_mmuext_op, &op, true), 0, "with rubbish");
	op.cmd = 99;
	check_eq(call(__HYPERVISOR_mmuext_op, &op, false), -XEN_ENOSYS, "no such command");
	op.cmd = MMUEXT_UNPIN_TABLE;
	op.arg1.mfn = mfn_of(page_alloc());
	check_eq(call(__HYPERVISOR_mmuext_op, &op, false), -XEN_EINVAL, "unpinning what is not pinned");
	check_eq(call(__HYPERVISOR_mmuext_op, (void *)HYPERVISOR_VIRT_START, false), -XEN_EFAULT, "unreadable");
	check_kept("unreadable");
}

static void others(void)
{
	static const u32 none[] = { 11, 63, 64, 0x80000000, 0xffffffff };

	for (int rubbish = 0; rubbish < 2; rubbish++) {
		check_eq(call(__HYPERVISOR_xen_version, NULL, rubbish) >> 16, 4, "a version");
		check_kept("xen_version");
		check_eq(call(__HYPERVISOR_set_timer_op, NULL, rubbish), 0, "no timer");
		check_kept("set_timer_op");
		for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
			check_eq(call(none[i], NULL, rubbish), -XEN_ENOSYS, "no call %u", none[i]);
			check_kept("no such call");
		}
	}
}

static void event_due(void)
{
	mmuext_op_t op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	evtchn_send_t send;
	u32 a, b, before;

	event_init();
	bind_pair(&a, &b);
	event_port_on(b);
	send.port = a;
	check_eq(event_op(EVTCHNOP_send, &send), 0, "an event, masked");
	before = upcall_count;
	check_eq(call(__HYPERVISOR_mmuext_op, &op, false), 0, "a call");
	check_kept("masked");
	check_eq(upcall_count, before, "does not bring it");
	LIVE(this_vcpu_info()->evtchn_upcall_mask) = 0;
	barrier();
	check_eq(call(__HYPERVISOR_mmuext_op, &op, false), 0, "a call with events unmasked");
	check_kept("with an event");
	check_eq(upcall_count, before + 1, "does");
	events_disable();
	check_eq(event_op(EVTCHNOP_send, &send), 0, "one more");
	LIVE(this_vcpu_info()->evtchn_upcall_mask) = 0;
	barrier();
	check_eq(call(__HYPERVISOR_xen_version, NULL, false) >> 16, 4, "another call");
	check_kept("with an event");
	check_eq(upcall_count, before + 2, "does, too");
	events_disable();
}

void test_main(void)
{
	entries();
	operations();
	others();
	event_due();
}
