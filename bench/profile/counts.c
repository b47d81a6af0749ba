// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG: how often each instruction of the hypervisor runs between two passes of a mark.
 *
 * Arguments: mark=ADDRESS from=ADDRESS to=ADDRESS out=FILE.  Each time the instruction at `mark` runs, what
 * was counted since the time before is added to the file: a line `mark`, a line `guest COUNT` for the
 * instructions outside of the hypervisor's part of the address space, a line `stubs COUNT` for those in it
 * but outside of from-to, and a line `ADDRESS COUNT` for each that ran inside.
 *
 * Debian does not package QEMU's plugin header, so what is used of that interface is declared here
 * (version 1, as of QEMU 4.2 and later).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

#define HV_START 0xffff800000000000u	/* slots 256-271 of the root tables */
#define HV_END	 0xffff880000000000u

enum { INLINE_ADD_U64 = 0, NO_REGS = 0 };

typedef void (*translated_fn)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned int vcpu, void *arg);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translated_fn fn);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_fn fn, int flags, void *arg);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr, uint64_t imm);

EXPORT int qemu_plugin_version = 1;

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
	for (int i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value++)
			return -1;
		if (!strncmp(argv[i], "mark=", 5))
			mark = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "from=", 5))
			from = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "to=", 3))
			to = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(value, "w");
		else
			return -1;
	}
	if (!out || to <= from || to - from > 64 << 20)
		return -1;
	counts = calloc(to - from, sizeof(*counts));
	if (!counts)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
