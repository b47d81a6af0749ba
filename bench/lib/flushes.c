// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG: how often translations are thrown away between two passes of a mark, whoever does it
 *
 * Arguments: mark=ADDRESS out=FILE.  Each time the instruction at `mark` runs, a line is added to the file with what ran
 * since the time before: `CR3 INVLPG CR4 INVPCID IPI`, writes of CR3, of CR4, the instructions of that
 * name, and stores to the command register of a local APIC.  They are known by their bytes, so a kernel or
 * hypervisor whose symbols nobody has is counted, too.
 */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>

enum { APIC_ICR = 0x300 };	/* its place in the page */
enum { CR3, INVLPG, CR4, INVPCID, IPI, KINDS };

static uint64_t mark, seen[KINDS];
static FILE *out;

static void marked(unsigned int vcpu, void *arg)
{
	(void)vcpu, (void)arg;
	for (int i = 0; i < KINDS; i++)
		fprintf(out, "%" PRIu64 "%c", seen[i], i == KINDS - 1 ? '\n' : ' ');
	memset(seen, 0, sizeof(seen));
	fflush(out);
}

static void stored(unsigned int vcpu, mem_info info, uint64_t va, void *arg)
{
	const struct qemu_plugin_hwaddr *at;

	(void)vcpu, (void)arg;
	if ((va & 0xfff) != APIC_ICR)
		return;
	at = qemu_plugin_get_hwaddr(info, va);
	if (at && qemu_plugin_hwaddr_is_io(at))
		seen[IPI]++;
}

static bool is_prefix(uint8_t byte)
{
	return byte == 0x66 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x3e || (byte & 0xf0) == 0x40;
}

/* What this instruction is, or KINDS; IPI: it may be one, its address will tell. */
static int kind_of(const uint8_t *code, size_t size)
{
	uint8_t modrm, field;

	for (; size && is_prefix(*code); code++, size--)
		;
	if (size < 2)
		return KINDS;
	if ((code[0] == 0x89 || code[0] == 0xc7) && code[1] >> 6 != 3)
		return IPI;
	if (size < 3 || code[0] != 0x0f)
		return KINDS;
	modrm = code[2], field = modrm >> 3 & 7;
	if (code[1] == 0x22)
		return field == 3 ? CR3 : field == 4 ? CR4 : KINDS;
	if (code[1] == 0x01 && field == 7 && modrm >> 6 != 3)
		return INVLPG;
	return code[1] == 0x38 && modrm == 0x82 ? INVPCID : KINDS;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int kind = kind_of(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));

		if (kind == IPI)
			qemu_plugin_register_vcpu_mem_cb(insn, stored, NO_REGS, WRITES, NULL);
		else if (kind != KINDS)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &seen[kind], 1);
		if (qemu_plugin_insn_vaddr(insn) == mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	mark = strtoull(argument(argc, argv, "mark"), NULL, 16);
	out = fopen(argument(argc, argv, "out"), "w");
	if (argc != 2 || !out || !mark)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
