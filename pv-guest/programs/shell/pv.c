/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a domain has.
 */
#include "drivers/grant.h"
#include "kernel/print.h"
#include "port/pv/pv.h"
#include "programs/shell/shell.h"

static void event_show(const evtchn_status_t *st)
{
	printk("%4u  CPU %u %10ld  ", st->port, st->vcpu, evtchn_count(st->port));
	switch (st->status) {
	case EVTCHNSTAT_unbound: printk("offered to domain %u\n", st->u.unbound.dom); break;
	case EVTCHNSTAT_interdomain:
		printk("domain %u, its port %u\n", st->u.interdomain.dom, st->u.interdomain.port);
		break;
	case EVTCHNSTAT_pirq: printk("interrupt %u\n", st->u.pirq); break;
	case EVTCHNSTAT_virq: printk("virtual interrupt %u\n", st->u.virq); break;
	default: printk("between CPUs\n");
	}
}

int events_main(int argc, char **argv)
{
	unsigned int port;

	(void)argc, (void)argv;
	printk("port              came  from\n");
	for (port = 1; port < EVTCHN_MAX; port++) {
		evtchn_status_t st = { .dom = DOMID_SELF, .port = port };

		if (evtchn_count(port) < 0 ||
		    HC(event_channel_op, .cmd = EVTCHNOP_status, .arg = &st))
			continue;
		if (st.status != EVTCHNSTAT_closed)
			event_show(&st);
	}
	return 0;
}

int grants_main(int argc, char **argv)
{
	gnttab_query_size_t size = { .dom = DOMID_SELF };

	(void)argc, (void)argv;
	printk("%u given, %u of them waited for\n", grants_given(), grants_lingering());
	if (!HC(grant_table_op, .cmd = GNTTABOP_query_size, .uop = &size, .count = 1) &&
	    !size.status)
		printk("the table has %u pages of at most %u, %u entries each\n", size.nr_frames,
		       size.max_nr_frames, (unsigned int)(PAGE_SIZE / sizeof(grant_entry_v1_t)));
	return 0;
}
