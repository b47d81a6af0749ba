// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG: how often each instruction of the hypervisor runs between two passes of a mark.
 *
 * Arguments: mark=ADDRESS from=ADDRESS to=ADDRESS out=FILE.  Each time the instruction at `mark` runs, what
 * was counted since the time before is added to the file: a line `mark`, a line `guest COUNT` for the
 * instructions outside of the hypervisor's part of the address space, a line `stubs COUNT` for those in it
 * but outside of from-to, and a line `ADDRESS COUNT` for each that ran inside.
 */
#include "../lib/plugin.h"

#include <stdio.h>
#include <stdlib.h>

#define HV_START 0xffff800000000000u	/* slots 256-271 of the root tables */
#define HV_END	 0xffff880000000000u

static uint64_t mark, from, to, guest, stubs;
static uint64_t *counts;	/* one a byte of the hypervisor's text */
static FILE *out;

static void marked(unsigned int vcpu, void *arg)
{
	(void)vcpu, (void)arg;
	fprintf(out, "mark\nguest %" PRIu64 "\nstubs %" PRIu64 "\n", guest, stubs);
	guest = stubs = 0;
	for (uint64_t i = 0; i < to - from; i++)
		if (counts[i])
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", from + i, counts[i]);
	memset(counts, 0, (to - from) * sizeof(*counts));
	fflush(out);
}

static uint64_t *counter_of(uint64_t va)
{
	if (va >= from && va < to)
		return &counts[va - from];
	return va >= HV_START && va < HV_END ? &stubs : &guest;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t va = qemu_plugin_insn_vaddr(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, counter_of(va), 1);
		if (va == mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	mark = strtoull(argument(argc, argv, "mark"), NULL, 16);
	from = strtoull(argument(argc, argv, "from"), NULL, 16);
	to = strtoull(argument(argc, argv, "to"), NULL, 16);
	out = fopen(argument(argc, argv, "out"), "w");
	if (argc != 4 || !out || to <= from || to - from > 64 << 20)
		return -1;
	counts = calloc(to - from, sizeof(*counts));
	if (!counts)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
