/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel as distributions install it: a bzImage, whose payload is an ELF in one of four
 * compressions.  Unpacking is done by the unpack stage (unpack/unpack.h).
 */
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "domain/kernel-image.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"
#include "unpack/unpack.h"

/* Offsets in the first sectors of a bzImage; version 2.08 brought the payload's. */
#define BZ_SETUP_SECTS		0x1f1
#define BZ_MAGIC		0x202
#define BZ_VERSION		0x206
#define BZ_PAYLOAD_OFFSET	0x248
#define BZ_PAYLOAD_LENGTH	0x24c
#define BZ_HEADER_END		0x250

/* Largest unpacked kernel, and the least and most working memory the decoders are given. */
#define KERNEL_MAX_ORDER	16		/* 256 MiB */
#define ARENA_MIN_ORDER		11		/* 8 MiB */
#define ARENA_MAX_ORDER		15		/* 128 MiB: xz -9e's dictionary is 64 MiB */

extern const u8 unpack_blob[], unpack_blob_end[];

static u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

/* Map the stage, run it on its own stack with SSE, unmap it. */
static const char *run_stage(struct unpack_job *job)
{
	/* GCC's stack protector reads its canary at FS:0x28. */
	static u64 canary_page[8];
	static char words[80];
	u64 fs = rdmsr(MSR_FS_BASE), flags = irq_save();
	size_t size = unpack_blob_end - unpack_blob;
	u8 *copy = alloc_pages(10);
	const char *wrong = "not enough memory for the unpack stage";

	static_assert(UNPACK_MAX == PAGE_SIZE << 10, "order of the stage's copy");
	if (copy && size <= UNPACK_MAX) {
		memcpy(copy, unpack_blob, size);
		for (size_t i = 0; i < UNPACK_MAX; i += PAGE_SIZE)
			hv_map_page(UNPACK_START + i, hv_to_mfn(copy + i), PTE_PRESENT | PTE_WRITE);
		wrmsr(MSR_FS_BASE, (u64)canary_page);
		clts();
		wrong = ((unpack_fn)UNPACK_START)(job);
		/* The words are the stage's, and go with it. */
		if (wrong) {
			str_copy(words, wrong, sizeof(words));
			wrong = words;
		}
		wrmsr(MSR_FS_BASE, fs);
		for (size_t i = 0; i < UNPACK_MAX; i += PAGE_SIZE)
			hv_map_page(UNPACK_START + i, 0, 0);
		tlb_flush_local();
	}
	free_pages(copy, 10);
	irq_restore(flags);
	return wrong;
}

static const char *unpack_payload(const u8 *payload, size_t size, struct kernel_image *k)
{
	struct unpack_job job = { .src = payload, .src_size = size };
	/* The kernel's build appends the unpacked size to every format (gzip has it by itself). */
	size_t unpacked = get32(payload + size - 4);
	unsigned int order = ARENA_MAX_ORDER;
	const char *wrong;

	if (!unpacked)
		return "the bzImage's payload claims to be empty";
	k->order = order_for(unpacked);
	if (k->order > KERNEL_MAX_ORDER)
		return "the bzImage's payload claims an impossible size";
	k->memory = alloc_pages(k->order);
	if (!k->memory)
		return "not enough memory to unpack the kernel";
	while (!(job.arena = alloc_pages(order)) && order > ARENA_MIN_ORDER)
		order--;
	job.arena_size = PAGE_SIZE << order;
	job.dst = k->memory;
	job.dst_size = unpacked;
	wrong = job.arena ? run_stage(&job) : "not enough memory to unpack the kernel";
	free_pages(job.arena, order);
	k->elf = k->memory;
	k->size = job.dst_size;
	return wrong;
}

const char *kernel_image_open(const void *module, size_t size, struct kernel_image *k)
{
	const u8 *p = module;
	u64 setup, offset, length;

	*k = (struct kernel_image){ .elf = module, .size = size };
	if (size < BZ_HEADER_END || memcmp(p + BZ_MAGIC, "HdrS", 4) || !memcmp(p, "\177ELF", 4))
		return NULL;				/* elf_parse() will say if it is no ELF either */
	if ((p[BZ_VERSION] | p[BZ_VERSION + 1] << 8) < 0x208)
		return "the bzImage is too old: its boot protocol does not tell the payload's place";

	setup = ((p[BZ_SETUP_SECTS] ?: 4) + 1) * 512ul;
	offset = setup + get32(p + BZ_PAYLOAD_OFFSET);
	length = get32(p + BZ_PAYLOAD_LENGTH);
	if (offset > size || length > size - offset || length < 8)
		return "the bzImage is damaged or cut off";
	return unpack_payload(p + offset, length, k);
}

void kernel_image_close(struct kernel_image *k)
{
	if (k->memory)
		free_pages(k->memory, k->order);
	k->memory = NULL;
}
