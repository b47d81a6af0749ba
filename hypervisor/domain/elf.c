/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 and its Xen notes.  The file is a stranger's: every offset is checked against its size.
 * ABI: elfnote.h.
 */
#include "abi/abi.h"
#include "domain/elf.h"
#include "lib/string.h"

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

struct elf_note {
	u32 namesz, descsz, type;
};

#define ET_EXEC		2
#define ET_DYN		3
#define PT_LOAD		1
#define PT_NOTE		4
#define SHT_NOTE	7
#define EM_X86_64	62
#define SEGMENTS_MAX	64
#define IMAGE_MAX	(1UL << 40)		/* no sane span of segments is larger */

static bool range_in_file(const struct guest_image *img, u64 offset, u64 size)
{
	return offset <= img->size && size <= img->size - offset;
}

static const struct elf_segment *segment(const struct guest_image *img, unsigned int i)
{
	const struct elf_header *h = (const void *)img->file;

	return (const void *)(img->file + h->phoff + i * sizeof(struct elf_segment));
}

static const char *check_header(const struct guest_image *img)
{
	const struct elf_header *h = (const void *)img->file;

	if (img->size < sizeof(*h) || memcmp(h->ident, "\177ELF", 4))
		return "the kernel is not an ELF file";
	if (h->ident[4] != 2 || h->ident[5] != 1 || h->machine != EM_X86_64)
		return "the kernel is not a 64-bit x86 ELF file";
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return "the kernel is an ELF file, but not a linked program";
	if (h->phnum > SEGMENTS_MAX)
		return "the kernel has too many segments";
	if (h->phentsize != sizeof(struct elf_segment) || h->phoff % 8 ||
	    !range_in_file(img, h->phoff, (u64)h->phnum * sizeof(struct elf_segment)))
		return "the kernel's ELF program headers are damaged or cut off";
	return NULL;
}

static bool overlaps_earlier(const struct guest_image *img, unsigned int i)
{
	const struct elf_segment *s = segment(img, i);

	while (i--) {
		const struct elf_segment *t = segment(img, i);

		if (t->type == PT_LOAD && s->paddr < t->paddr + t->memsz && t->paddr < s->paddr + s->memsz)
			return true;
	}
	return false;
}

static const char *check_segments(struct guest_image *img)
{
	const struct elf_header *h = (const void *)img->file;

	img->phys_start = NOT_SET;
	for (unsigned int i = 0; i < h->phnum; i++) {
		const struct elf_segment *s = segment(img, i);

		if (s->type != PT_LOAD || !s->memsz)
			continue;
		if (s->filesz > s->memsz || !range_in_file(img, s->offset, s->filesz))
			return "the kernel file is cut off: a segment lies beyond its end";
		if (s->memsz > IMAGE_MAX || s->paddr + s->memsz < s->paddr)
			return "the kernel has a segment of impossible size";
		if (overlaps_earlier(img, i))
			return "the kernel's segments overlap";
		if (img->phys_start == NOT_SET || s->paddr < img->phys_start)
			img->phys_start = s->paddr;
		if (s->paddr + s->memsz > img->phys_end)
			img->phys_end = s->paddr + s->memsz;
	}
	if (img->phys_start == NOT_SET)
		return "the kernel has no loadable segment";
	if (img->phys_end - img->phys_start > IMAGE_MAX)
		return "the kernel's segments lie too far apart";
	return NULL;
}

static u64 note_number(const struct elf_note *n, const u8 *desc)
{
	u64 v = 0;

	memcpy(&v, desc, n->descsz < 8 ? n->descsz : 8);
	return v;
}

static void take_note(struct guest_image *img, const struct elf_note *n, const u8 *desc)
{
	switch (n->type) {
	case XEN_ELFNOTE_XEN_VERSION:
		img->wrong_abi = n->descsz < 7 || memcmp(desc, "xen-3.0", 7);
		break;
	case XEN_ELFNOTE_ENTRY:
		img->entry = note_number(n, desc);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		img->hypercall_page = note_number(n, desc);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		img->virt_base = note_number(n, desc);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		img->paddr_offset = note_number(n, desc);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		img->init_p2m = note_number(n, desc);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		img->mod_start_pfn = note_number(n, desc) != 0;
		break;
	}
}

/* Returns how many Xen notes were found in one note area. */
static unsigned int scan_notes(struct guest_image *img, u64 offset, u64 size)
{
	unsigned int found = 0;

	while (size >= sizeof(struct elf_note)) {
		const struct elf_note *n = (const void *)(img->file + offset);
		u64 name = ROUND_UP((u64)n->namesz, 4UL), desc = ROUND_UP((u64)n->descsz, 4UL);
		const u8 *p = (const u8 *)(n + 1);

		size -= sizeof(*n);
		if (name > size || desc > size - name) {
			img->bad_notes = true;
			break;
		}
		if (n->namesz == 4 && !memcmp(p, "Xen", 4)) {
			take_note(img, n, p + name);
			found++;
		}
		offset += sizeof(*n) + name + desc;
		size -= name + desc;
	}
	return found;
}

/* Notes are found by program headers, or, in images that have none for them, by section headers. */
static unsigned int find_notes(struct guest_image *img)
{
	const struct elf_header *h = (const void *)img->file;
	unsigned int found = 0;

	for (unsigned int i = 0; i < h->phnum; i++) {
		const struct elf_segment *s = segment(img, i);

		if (s->type == PT_NOTE && range_in_file(img, s->offset, s->filesz))
			found += scan_notes(img, s->offset, s->filesz);
	}
	if (found || h->shentsize != sizeof(struct elf_section) ||
	    !range_in_file(img, h->shoff, (u64)h->shnum * sizeof(struct elf_section)))
		return found;
	for (unsigned int i = 0; i < h->shnum; i++) {
		const struct elf_section *s = (const void *)(img->file + h->shoff + i * sizeof(*s));

		if (s->type == SHT_NOTE && range_in_file(img, s->offset, s->size))
			found += scan_notes(img, s->offset, s->size);
	}
	return found;
}

const char *elf_parse(const void *file, size_t size, struct guest_image *img)
{
	const struct elf_header *h = file;
	const char *wrong;

	*img = (struct guest_image){
		.file = file, .size = size,
		.virt_base = NOT_SET, .paddr_offset = NOT_SET,
		.entry = NOT_SET, .hypercall_page = NOT_SET, .init_p2m = NOT_SET,
	};
	wrong = check_header(img);
	if (!wrong)
		wrong = check_segments(img);
	if (wrong)
		return wrong;
	if (!find_notes(img) && !img->bad_notes)
		return "the kernel has no Xen ELF notes: it is not a paravirtual kernel";
	if (img->bad_notes)
		return "the kernel's ELF notes are damaged";
	if (img->wrong_abi)
		return "the kernel is for another hypervisor ABI than xen-3.0";

	if (img->virt_base == NOT_SET)
		img->virt_base = 0;
	if (img->paddr_offset == NOT_SET)
		img->paddr_offset = 0;
	if (img->entry == NOT_SET)
		img->entry = h->entry;
	if (image_va(img, img->phys_start) < img->virt_base ||
	    img->phys_start < img->paddr_offset)
		return "the kernel's segments lie below its VIRT_BASE";
	return NULL;
}

int elf_for_each_segment(const struct guest_image *img,
			 int (*fn)(void *arg, u64 va, const void *data, u64 filesz, u64 memsz),
			 void *arg)
{
	const struct elf_header *h = (const void *)img->file;

	for (unsigned int i = 0; i < h->phnum; i++) {
		const struct elf_segment *s = segment(img, i);
		int rc;

		if (s->type != PT_LOAD || !s->memsz)
			continue;
		rc = fn(arg, image_va(img, s->paddr), img->file + s->offset, s->filesz, s->memsz);
		if (rc)
			return rc;
	}
	return 0;
}
