/* SPDX-License-Identifier: GPL-2.0-only */
#include "dev/multiboot.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/memmap.h"

struct boot_info boot_info __initdata = { 0 };

static void __init add_memory(u64 start, u64 size, u32 type)
{
	if (memmap_count < MEMMAP_MAX && size && start + size - 1 >= start)
		memmap[memmap_count++] = (struct memmap_entry){ start, size, type };
}

/*
 * GRUB 2 gives arguments only; QEMU and GRUB 0.9 put the file's name in front, which is skipped.
 */
static void __init copy_args(char *dst, const char *src, size_t size, bool with_name)
{
	while (*src == ' ')
		src++;
	if (with_name) {
		while (*src && *src != ' ')
			src++;
		while (*src == ' ')
			src++;
	}
	str_copy(dst, src, size);
}

static struct boot_module *__init add_module(u32 start, u32 end)
{
	struct boot_module *m;

	if (boot_info.nr_modules == BOOT_MAX_MODULES || end < start)
		return NULL;
	m = &boot_info.module[boot_info.nr_modules++];
	m->start = start;
	m->end = end;
	return m;
}

/* ---- Multiboot 1 --------------------------------------------------------------------------------- */

#define MB1_LOADED	0x2badb002
#define MB1_MEM		BIT(0)
#define MB1_CMDLINE	BIT(2)
#define MB1_MODULES	BIT(3)
#define MB1_MMAP	BIT(6)
#define MB1_LOADER	BIT(9)

struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
} __packed;

struct mb1_module {
	u32 start, end, string, reserved;
} __packed;

struct mb1_mmap {
	u32 size;			/* of what follows */
	u64 start, length;
	u32 type;
} __packed;

static void __init mb1_memory(const struct mb1_info *i)
{
	const u8 *p = maddr_to_hv(i->mmap_addr), *end = p + i->mmap_length;

	if (!(i->flags & MB1_MMAP)) {
		if (i->flags & MB1_MEM) {
			add_memory(0, (u64)i->mem_lower << 10, MEMMAP_RAM);
			add_memory(1UL << 20, (u64)i->mem_upper << 10, MEMMAP_RAM);
		}
		return;
	}
	while (p + sizeof(struct mb1_mmap) <= end) {
		const struct mb1_mmap *m = (const struct mb1_mmap *)p;

		add_memory(m->start, m->length, m->type);
		p += m->size + 4ul;
	}
}

static void __init mb1_parse(const struct mb1_info *i)
{
	bool with_name;

	if (i->flags & MB1_LOADER)
		str_copy(boot_info.loader, maddr_to_hv(i->loader_name), sizeof(boot_info.loader));
	with_name = strncmp(boot_info.loader, "GRUB ", 5) || boot_info.loader[5] < '2';
	if (i->flags & MB1_CMDLINE)
		copy_args(boot_info.cmdline, maddr_to_hv(i->cmdline), sizeof(boot_info.cmdline), with_name);
	mb1_memory(i);
	for (u32 n = 0; (i->flags & MB1_MODULES) && n < i->mods_count; n++) {
		const struct mb1_module *src = (struct mb1_module *)maddr_to_hv(i->mods_addr) + n;
		struct boot_module *m = add_module(src->start, src->end);

		if (m && src->string)
			copy_args(m->args, maddr_to_hv(src->string), sizeof(m->args), with_name);
	}
}

/* ---- Multiboot 2 --------------------------------------------------------------------------------- */

#define MB2_LOADED	0x36d76289
#define MB2_CMDLINE	1
#define MB2_LOADER	2
#define MB2_MODULE	3
#define MB2_MMAP	6
#define MB2_MMAP_ENTRIES 16		/* offset in the tag */
#define MB2_RSDP_OLD	14
#define MB2_RSDP_NEW	15

struct mb2_tag {
	u32 type, size;
	union {
		char string[1];
		struct { u32 start, end; char args[1]; } module;
		struct { u32 entry_size, version; } mmap;
	};
} __packed;

struct mb2_mmap_entry {
	u64 start, length;
	u32 type, reserved;
} __packed;

/* The tag holds the RSDP itself, not its address. */
static void __init mb2_rsdp(const struct mb2_tag *t)
{
	if (t->type == MB2_RSDP_OLD && boot_info.has_rsdp)
		return;
	memcpy(boot_info.rsdp, t->string, MIN((size_t)t->size - 8, sizeof(boot_info.rsdp)));
	boot_info.has_rsdp = true;
}

static void __init mb2_tag(const struct mb2_tag *t)
{
	const u8 *end = (const u8 *)t + t->size;
	struct boot_module *m;

	switch (t->type) {
	case MB2_CMDLINE:
		copy_args(boot_info.cmdline, t->string, sizeof(boot_info.cmdline), false);
		break;
	case MB2_LOADER:
		str_copy(boot_info.loader, t->string, sizeof(boot_info.loader));
		break;
	case MB2_MODULE:
		m = add_module(t->module.start, t->module.end);
		if (m)
			copy_args(m->args, t->module.args, sizeof(m->args), false);
		break;
	case MB2_MMAP:
		for (const u8 *p = (const u8 *)t + MB2_MMAP_ENTRIES;
		     t->mmap.entry_size >= 20 && p + t->mmap.entry_size <= end; p += t->mmap.entry_size) {
			const struct mb2_mmap_entry *e = (const struct mb2_mmap_entry *)p;

			add_memory(e->start, e->length, e->type);
		}
		break;
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW:
		mb2_rsdp(t);
		break;
	}
}

static void __init mb2_parse(const u8 *info)
{
	const u8 *end = info + *(const u32 *)info;

	for (const u8 *p = info + 8; p + 8 <= end;) {
		const struct mb2_tag *t = (const struct mb2_tag *)p;

		if (!t->type || t->size < 8)
			break;
		mb2_tag(t);
		p += ROUND_UP((u64)t->size, 8);
	}
}

void __init multiboot_parse(u32 magic, maddr_t info)
{
	boot_info.valid = magic == MB1_LOADED || magic == MB2_LOADED;
	if (magic == MB1_LOADED)
		mb1_parse(maddr_to_hv(info));
	else if (magic == MB2_LOADED)
		mb2_parse(maddr_to_hv(info));
}
