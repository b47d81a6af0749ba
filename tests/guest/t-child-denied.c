/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-denied - what a domain that is not privileged may not ask
 *
 * Right: -EPERM from every domctl and sysctl, whatever the domain named, the version or the argument, and
 * from the calls of other families that are for the initial domain; nothing of another domain's can be
 * mapped, changed or asked for.  ABI: domctl.h, sysctl.h and the others.
 *
 * Boot: --initrd ./child-denied.elf --memory 256
 */
#include "child.h"

#define FIRST_WRONG	100
#define DOMCTLS		88
#define SYSCTLS		32

enum { READY, DOMCTL_WRONG, SYSCTL_WRONG, FOREIGN_PT, FOREIGN_FD, MACHPHYS, RESERVATION, PLATFORM, CONSOLE_READ,
       REMOTE_SHUTDOWN, FOREIGN_PIN, PORT_IN, MMIO, MEMORY_MAP, SETUP_OTHER, NOBODY_WRONG, OTHERDOMAIN, TOP_MEM };
enum { PARENT_FRAME };

static long map_as(u64 maddr, u64 val, u32 dom)
{
	mmu_update_t req = { maddr, val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = dom);
}

static void ask_controls(void)
{
	struct xen_domctl op = { 0 };
	struct xen_sysctl sop = { 0 };

	/* Xen looks at some arguments first: of set_target, ioport_permission and the PCI commands. */
	for (u32 cmd = 0; cmd < DOMCTLS; cmd++) {
		long rc = domctl(cmd, 0, &op);

		if (rc != -XEN_EPERM && !(on_xen() && (rc == -XEN_EINVAL || rc == -XEN_EOPNOTSUPP)))
			mail.reply[FIRST_WRONG + mail.reply[DOMCTL_WRONG]++] = cmd;
	}
	if (!on_xen() && (domctl(XEN_DOMCTL_pausedomain, 77, &op) != -XEN_EPERM ||
			  hypercall_regs(__HYPERVISOR_domctl, (u64[6]){ HYPERVISOR_VA }) != -XEN_EPERM))
		mail.reply[NOBODY_WRONG] = 1;
	for (u32 cmd = 0; cmd < SYSCTLS; cmd++)
		if (sysctl(cmd, &sop) != -XEN_EPERM)
			mail.reply[SYSCTL_WRONG]++;
}

void child_main(void)
{
	u64 *page = page_alloc(), *entry = entry_of((u64)page, 1), vec;
	u64 parent = PTE(mail.word[PARENT_FRAME], PTE_DATA), list[1] = { 0 };
	mmuext_op_t pin_op = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mail.word[PARENT_FRAME] };
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = 0 };
	struct xen_platform_op p = { .cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION };
	sched_remote_shutdown_t end = { .domain_id = 0, .reason = SHUTDOWN_poweroff };
	gnttab_setup_table_t setup = { .dom = 0, .nr_frames = 1 };
	xen_memory_map_t map = { .nr_entries = 0 };
	char text[8];
	u32 eax = 0;

	ask_controls();
	mail.reply[FOREIGN_FD] = map_as(maddr_of(entry), parent, 0);
	mail.reply[FOREIGN_PT] = map_as(mail.word[PARENT_FRAME] << 12, 0, 0 | 1u << 16);
	mail.reply[MACHPHYS] = map_as(mail.word[PARENT_FRAME] << 12 | MMU_MACHPHYS_UPDATE, 0, 0);
	mail.reply[OTHERDOMAIN] = HC(update_va_mapping_otherdomain, .va = (u64)page, .val = parent, .domid = 0);
	set_xen_guest_handle(r.extent_start, list);
	mail.reply[RESERVATION] = memory_op(XENMEM_populate_physmap, &r);
	mail.reply[MEMORY_MAP] = memory_op(XENMEM_machine_memory_map, &map);
	mail.reply[PLATFORM] = HC(platform_op, .op = (void *)&p);
	mail.reply[CONSOLE_READ] = HC(console_io, .cmd = CONSOLEIO_read, .count = 8, .buffer = text);
	mail.reply[REMOTE_SHUTDOWN] = HC(sched_op, .cmd = SCHEDOP_remote_shutdown, .arg = &end);
	mail.reply[FOREIGN_PIN] = HC(mmuext_op, .ops = &pin_op, .count = 1, .foreign = 0);
	HC(grant_table_op, .cmd = GNTTABOP_setup_table, .uop = &setup, .count = 1);
	mail.reply[SETUP_OTHER] = setup.status;
	vec = TRY("inl %%dx, %%eax", RESULT("+a"(eax)), GIVEN("d"(0xcf8)));
	mail.reply[PORT_IN] = vec;
	mail.reply[TOP_MEM] = TRY("rdmsr", RESULT("=a"(eax), "=d"(vec)), GIVEN("c"(0xc001001a)));
	mail.reply[MMIO] = map_as(maddr_of(entry), PTE(0xb8, PTE_DATA | PTE_PCD), DOMID_IO);
	LIVE(mail.reply[READY]) = 1;
	guest_exit(SHUTDOWN_poweroff);
}

void test_main(void)
{
	u64 before = free_pages();
	struct mail *box;
	struct child c;

	child_make(&c, 1, "");
	box = child_map(&c, &mail);
	box->word[PARENT_FRAME] = mfn_of(page_alloc());
	child_unpause(&c);
	check_eq(child_wait(&c, 10 * SECOND), SHUTDOWN_poweroff, "the child asked for everything");
	check_eq(box->reply[READY], 1, "to its end");
	check_eq(box->reply[DOMCTL_WRONG], 0, "each domctl is -EPERM");
	check_eq(box->reply[SYSCTL_WRONG], 0, "each sysctl is -EPERM");
	for (u64 i = 0; i < box->reply[DOMCTL_WRONG]; i++)
		note("domctl %lu", box->reply[FIRST_WRONG + i]);
	check_eq(box->reply[NOBODY_WRONG], 0, "before anything is looked at");
	check_eq((long)box->reply[FOREIGN_FD], -XEN_EPERM, "our frame by mmu_update");
	check_eq((long)box->reply[FOREIGN_PT], -XEN_EPERM, "our table by mmu_update");
	check_refused((long)box->reply[MACHPHYS], "our machine-to-physical entry");
	check_eq((long)box->reply[OTHERDOMAIN], -XEN_EPERM, "our frame by update_va_mapping_otherdomain");
	check_eq((long)box->reply[RESERVATION], 0, "no memory for us");
	check_eq((long)box->reply[MEMORY_MAP], -XEN_EPERM, "the machine's memory map");
	check_eq((long)box->reply[PLATFORM], -XEN_EPERM, "platform_op");
	check_eq((long)box->reply[CONSOLE_READ], -XEN_EPERM, "the console's input");
	check_eq((long)box->reply[REMOTE_SHUTDOWN], -XEN_EPERM, "our shutdown");
	check_eq((long)box->reply[FOREIGN_PIN], -XEN_EPERM, "a pin in our name");
	check_eq((int16_t)box->reply[SETUP_OTHER], GNTST_permission_denied, "our grant table");
	check_eq(box->reply[PORT_IN], X_GP, "an I/O port");
	check_eq(box->reply[TOP_MEM], X_GP, "the size of the machine's memory, by MSR");
	check_refused((long)box->reply[MMIO], "device memory");
	child_unmap(box);
	check_eq(child_destroy(&c), 0, "destroy");
	check(child_is_gone(&c), "gone");
	check_free_pages(before);
}
