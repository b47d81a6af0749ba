/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child - the life of a second domain
 *
 * Right: a new domain is paused, has the memory it was given and no more, of zeroes, runs when
 * unpaused, tells why it shut down, and is gone after destroydomain with every page given back.
 * ABI: domctl.h.
 *
 * Boot: --initrd ./child.elf --memory 256
 */
#include "child.h"

void child_main(void)
{
	/* The spare pages lie behind all that the parent wrote. */
	const u64 *spare = (const u64 *)((start_info->nr_pages - child_spare) * PAGE_SIZE);
	u64 dirty = 0;

	for (u64 i = 0; i < child_spare * PAGE_SIZE / 8; i++)
		dirty |= spare[i];
	mail.reply[1] = dirty;
	mail.reply[2] = start_info->flags;
	mail.reply[3] = mail.word[0] + 1;
	LIVE(mail.reply[0]) = 1;
	guest_exit(SHUTDOWN_reboot);
}

static void info_points(struct child *c)
{
	struct xen_domctl_getdomaininfo info;

	check_eq(child_info(c, &info), 0, "getdomaininfo of a new domain");
	check_eq(info.domain, c->id, "its number");
	check_eq(info.flags & (XEN_DOMINF_paused | XEN_DOMINF_shutdown | XEN_DOMINF_dying),
		 XEN_DOMINF_paused, "paused, not shut down, not dying");
	check_eq(info.flags & (XEN_DOMINF_hvm_guest | XEN_DOMINF_hap), 0, "paravirtual");
	check_eq(info.tot_pages, c->pages, "pages it has");
	check_eq(info.max_pages, c->pages, "and may have");
	check_eq(info.nr_online_vcpus, 1, "vCPUs online");
	check_eq(info.max_vcpu_id, 0, "highest vCPU");
	check_eq(info.cpu_time, 0, "no time used");
}

void test_main(void)
{
	struct xen_domctl_getdomaininfo info;
	u64 before = free_pages();
	struct mail *box;
	struct child c;
	evtchn_status_t status;
	u32 exc;

	event_init();
	exc = bind_virq(VIRQ_DOM_EXC, 0);
	child_make(&c, 1, "");
	check(c.id > 0 && c.id < DOMID_FIRST_RESERVED, "a number for the child");
	info_points(&c);
	box = child_map(&c, &mail);
	box->word[0] = 41;
	check_eq(child_unpause(&c), 0, "unpause");
	check_eq(child_wait(&c, 10 * SECOND), SHUTDOWN_reboot, "it ran, and shut down for its own reason");
	check(is_pending(exc), "DOM_EXC was raised");
	check_eq(box->reply[0], 1, "it wrote where we look");
	check_eq(box->reply[1], 0, "memory that nobody wrote was zero");
	check_eq(box->reply[2] & (SIF_PRIVILEGED | SIF_INITDOMAIN), 0, "not privileged");
	check_eq(box->reply[3], 42, "it read what we wrote");
	check_eq(child_info(&c, &info), 0, "still there after its end");
	check(info.cpu_time > 0, "it used time");
	check_eq(info.tot_pages, c.pages, "and keeps its pages");
	check_eq(child_destroy(&c), 0, "destroy");
	check_eq(child_info(&c, &info), 0, "a page we map keeps the dead domain");
	check(info.flags & XEN_DOMINF_dying, "as dying");
	check_eq(info.tot_pages, 1, "with that page");
	check_eq(child_unmap(box), 0, "unmap");
	check(child_is_gone(&c), "then it is gone");
	check_eq(child_destroy(&c), -XEN_ESRCH, "and cannot be destroyed twice");
	check_free_pages(before);
	status = (evtchn_status_t){ .dom = DOMID_SELF, .port = exc };
	check_eq(event_op(EVTCHNOP_status, &status), 0, "we go on");
}
