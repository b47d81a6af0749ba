// SPDX-License-Identifier: GPL-2.0-only
/* Kernel images: from bzImage or packed file to ELF; its segments and Xen notes. */

#include "bonsai.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/elfnote.h>

#define VIRT_MOST (1UL << 30)	/* a kernel that spreads over more is none */

/* A private mapping: what is not looked at is not read, and what is copied is copied once. */
static int map_file(struct ctl *ctl, const char *path, struct blob *b, struct stat *at)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;

	*b = (struct blob){ .mapped = true };
	if (fd < 0 || fstat(fd, &st)) {
		rc = ctl_fail_errno(ctl, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		rc = ctl_fail(ctl, -EINVAL, "%s: not a regular file", path);
	} else if (!st.st_size) {
		b->mapped = false;
	} else {
		b->size = st.st_size;
		b->data = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		if (b->data == MAP_FAILED)
			rc = ctl_fail_errno(ctl, "%s", path);
	}
	if (fd >= 0)
		close(fd);
	if (rc)
		*b = (struct blob){ 0 };
	else
		*at = st;
	return rc;
}

int blob_read(struct ctl *ctl, const char *path, struct blob *b)
{
	struct stat st;

	return map_file(ctl, path, b, &st);
}

void blob_free(struct blob *b)
{
	if (b->mapped)
		munmap(b->data, b->size);
	else
		free(b->data);
	*b = (struct blob){ 0 };
}

/* Whether [at, at + size) lies in the file. */
static bool within(const struct blob *b, uint64_t at, uint64_t size)
{
	return at <= b->size && size <= b->size - at;
}

static bool is_elf(const struct blob *b)
{
	return b->size > sizeof(Elf64_Ehdr) && !memcmp(b->data, ELFMAG, SELFMAG);
}

/* The payload of a bzImage: the boot protocol's header says where (2.08 and later). */
static bool bzimage_payload(const struct blob *b, size_t *at, size_t *size)
{
	uint32_t offset, length;
	unsigned int setup;

	if (b->size < 0x260 || memcmp(b->data + 0x202, "HdrS", 4) || b->data[0x207] < 2 ||
	    (b->data[0x207] == 2 && b->data[0x206] < 8))
		return false;
	setup = b->data[0x1f1] ? b->data[0x1f1] : 4;
	memcpy(&offset, b->data + 0x248, sizeof(offset));
	memcpy(&length, b->data + 0x24c, sizeof(length));
	*at = (setup + 1) * 512UL + offset;
	*size = length;
	return length > 8 && within(b, *at, *size);
}

static bool elf_from(bool found, struct blob *elf)
{
	if (found && is_elf(elf))
		return true;
	if (found)
		blob_free(elf);
	return false;
}

/* Turn the file into an ELF image, unpacking what has to be. */
static int to_elf(struct ctl *ctl, struct blob *file, struct image *img)
{
	size_t at = 0, size = file->size;
	struct blob packed;
	int rc;

	if (is_elf(file)) {
		img->elf = *file;
		*file = (struct blob){ 0 };
		return 0;
	}
	bzimage_payload(file, &at, &size);
	packed = (struct blob){ .data = file->data + at, .size = size };
	if (!unpack_is_packed(packed.data, size))
		return ctl_fail(ctl, -ENOEXEC, "neither an ELF image nor packed in a known form");
	if (*img->seen.name && elf_from(cache_open(img->seen.name, &img->elf), &img->elf))
		return 0;
	if (elf_from(cache_find(&packed, img->seen.name, &img->elf), &img->elf))
		return 0;
	rc = unpack(ctl, packed.data, size, &img->elf);
	if (!rc && is_elf(&img->elf))
		cache_keep(img->seen.name, &img->elf);
	if (!rc && !is_elf(&img->elf)) {
		blob_free(&img->elf);
		rc = ctl_fail(ctl, -ENOEXEC, "what is packed in it is not an ELF image");
	}
	return rc;
}

static const Elf64_Ehdr *header(const struct image *img)
{
	return (const Elf64_Ehdr *)img->elf.data;
}

static Elf64_Phdr segment(const struct image *img, unsigned int i)
{
	Elf64_Phdr ph;

	memcpy(&ph, img->elf.data + header(img)->e_phoff + i * sizeof(ph), sizeof(ph));
	return ph;
}

static int check_header(struct ctl *ctl, const struct image *img)
{
	const Elf64_Ehdr *h = header(img);

	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_X86_64)
		return ctl_fail(ctl, -ENOEXEC, "not a 64-bit x86 kernel");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !within(&img->elf, h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr)))
		return ctl_fail(ctl, -ENOEXEC, "its program headers lie outside the file");
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr ph = segment(img, i);

		if (!within(&img->elf, ph.p_offset, ph.p_filesz) || (ph.p_type == PT_LOAD && ph.p_memsz < ph.p_filesz))
			return ctl_fail(ctl, -ENOEXEC, "segment %u lies outside the file", i);
	}
	return 0;
}

/* What notes gave, before the defaults. */
struct notes {
	uint64_t paddr_offset;
	bool any;
};

static uint64_t number(const uint8_t *desc, size_t size)
{
	uint64_t n = 0;

	memcpy(&n, desc, size < 8 ? size : 8);
	return n;
}

static void note(struct image *img, struct notes *got, uint32_t type, const uint8_t *desc, size_t size)
{
	size_t n;

	got->any = true;
	switch (type) {
	case XEN_ELFNOTE_ENTRY: img->entry = number(desc, size); break;
	case XEN_ELFNOTE_HYPERCALL_PAGE: img->hypercall_page = number(desc, size); break;
	case XEN_ELFNOTE_VIRT_BASE: img->virt_base = number(desc, size); break;
	case XEN_ELFNOTE_PADDR_OFFSET: got->paddr_offset = number(desc, size); break;
	case XEN_ELFNOTE_INIT_P2M: img->init_p2m = number(desc, size); break;
	case XEN_ELFNOTE_MOD_START_PFN: img->mod_start_pfn = number(desc, size); break;
	case XEN_ELFNOTE_GUEST_OS:
		n = size < sizeof(img->os) ? size : sizeof(img->os) - 1;
		memcpy(img->os, desc, n);
		img->os[n] = 0;
		break;
	}
}

static void notes_in(struct image *img, struct notes *got, const uint8_t *p, uint64_t size)
{
	Elf64_Nhdr h;
	uint64_t name, desc;

	while (size >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		name = (h.n_namesz + 3ULL) & ~3ULL;
		desc = (h.n_descsz + 3ULL) & ~3ULL;
		if (name > size - sizeof(h) || h.n_descsz > size - sizeof(h) - name)
			return;
		if (h.n_namesz == 4 && !memcmp(p + sizeof(h), "Xen", 4))
			note(img, got, h.n_type, p + sizeof(h) + name, h.n_descsz);
		if (desc > size - sizeof(h) - name)
			return;
		p += sizeof(h) + name + desc;
		size -= sizeof(h) + name + desc;
	}
}

static void read_notes(struct image *img, struct notes *got)
{
	for (unsigned int i = 0; i < header(img)->e_phnum; i++) {
		Elf64_Phdr ph = segment(img, i);

		if (ph.p_type == PT_NOTE)
			notes_in(img, got, img->elf.data + ph.p_offset, ph.p_filesz);
	}
}

/* Notes may also be in sections that no segment covers. */
static void read_note_sections(struct image *img, struct notes *got)
{
	const Elf64_Ehdr *h = header(img);
	Elf64_Shdr sh;

	if (h->e_shentsize != sizeof(sh) || !within(&img->elf, h->e_shoff, h->e_shnum * sizeof(sh)))
		return;
	for (unsigned int i = 0; i < h->e_shnum; i++) {
		memcpy(&sh, img->elf.data + h->e_shoff + i * sizeof(sh), sizeof(sh));
		if (sh.sh_type == SHT_NOTE && within(&img->elf, sh.sh_offset, sh.sh_size))
			notes_in(img, got, img->elf.data + sh.sh_offset, sh.sh_size);
	}
}

/* Where the segments lie: physical addresses count, one of Linux's has none but these. */
static int find_extent(struct ctl *ctl, struct image *img, uint64_t paddr_offset)
{
	uint64_t start = UINT64_MAX, end = 0, last;

	for (unsigned int i = 0; i < header(img)->e_phnum; i++) {
		Elf64_Phdr ph = segment(img, i);

		if (ph.p_type != PT_LOAD || !ph.p_memsz)
			continue;
		if (ph.p_memsz > VIRT_MOST || ph.p_paddr - paddr_offset > VIRT_MOST)
			return ctl_fail(ctl, -ENOEXEC, "segment %u is out of range", i);
		last = ph.p_paddr - paddr_offset + ph.p_memsz;
		start = ph.p_paddr - paddr_offset < start ? ph.p_paddr - paddr_offset : start;
		end = last > end ? last : end;
	}
	if (!end)
		return ctl_fail(ctl, -ENOEXEC, "nothing in it is to be loaded");
	img->virt_start = img->virt_base + start;
	img->virt_end = img->virt_base + end;
	if (img->entry < img->virt_start || img->entry >= img->virt_end)
		return ctl_fail(ctl, -ENOEXEC, "its entry is not in what is loaded");
	if (img->hypercall_page != IMAGE_NONE && (img->hypercall_page < img->virt_start ||
	    img->hypercall_page >= img->virt_end || img->hypercall_page % PAGE_BYTES))
		return ctl_fail(ctl, -ENOEXEC, "its hypercall page is not in what is loaded");
	return 0;
}

static int parse_elf(struct ctl *ctl, struct image *img)
{
	struct notes got = { 0 };
	int rc = check_header(ctl, img);

	if (rc)
		return rc;
	img->virt_base = 0;
	img->entry = header(img)->e_entry;
	img->hypercall_page = img->init_p2m = IMAGE_NONE;
	read_notes(img, &got);
	if (!got.any)
		read_note_sections(img, &got);
	if (!got.any)
		return ctl_fail(ctl, -ENOEXEC, "no Xen notes in it: it cannot run as a PV guest");
	/* A base in the middle of a 4 MiB part would shift every table. */
	if (img->virt_base & 0x3fffff)
		return ctl_fail(ctl, -ENOEXEC, "its base address is not a multiple of 4 MiB");
	return find_extent(ctl, img, got.paddr_offset);
}

uint64_t image_pages(const struct image *img)
{
	return (img->virt_start % PAGE_BYTES + img->virt_end - img->virt_start + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

static int parse(struct ctl *ctl, const char *path, struct blob file, struct image *img)
{
	int rc = to_elf(ctl, &file, img);

	blob_free(&file);
	if (!rc)
		rc = parse_elf(ctl, img);
	if (!rc) {
		if (img->seen.pages != image_pages(img))
			img->seen.pages = 0;
		return 0;
	}
	image_free(img);
	return ctl_fail(ctl, rc, "%s: %s", path, ctl_why(ctl));
}

int image_parse(struct ctl *ctl, const char *path, struct blob file, struct image *img)
{
	memset(img, 0, sizeof(*img));
	return parse(ctl, path, file, img);
}

int image_load(struct ctl *ctl, const char *path, struct image *img)
{
	struct blob file;
	struct stat st;
	int rc = map_file(ctl, path, &file, &st);

	memset(img, 0, sizeof(*img));
	if (rc)
		return rc;
	img->seen.id = (struct file_id){ st.st_dev, st.st_ino, st.st_size, st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
					 st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
	seen_find(&img->seen);
	return parse(ctl, path, file, img);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* One segment, its first byte at @start; of it, what lies in [from, end). */
static void copy_segment(const struct image *img, const Elf64_Phdr *ph, uint64_t start, uint64_t from, uint64_t end,
			 uint8_t *to)
{
	uint64_t at = start > from ? start : from, filled = start + ph->p_filesz;

	end = least(end, start + ph->p_memsz);
	if (at < end && at < filled)
		memcpy(to + (at - from), img->elf.data + ph->p_offset + (at - start), least(end, filled) - at);
	if (filled > at)
		at = filled;
	if (at < end)
		memset(to + (at - from), 0, end - at);
}

void image_copy(const struct image *img, uint64_t first, uint64_t count, uint8_t *to)
{
	const uint64_t from = first << PAGE_SHIFT, end = from + (count << PAGE_SHIFT);
	uint64_t lowest = UINT64_MAX;

	for (unsigned int i = 0; i < header(img)->e_phnum; i++) {
		Elf64_Phdr ph = segment(img, i);

		if (ph.p_type == PT_LOAD && ph.p_memsz)
			lowest = least(lowest, ph.p_paddr);
	}
	for (unsigned int i = 0; i < header(img)->e_phnum; i++) {
		Elf64_Phdr ph = segment(img, i);

		if (ph.p_type == PT_LOAD && ph.p_memsz)
			copy_segment(img, &ph, img->virt_start % PAGE_BYTES + ph.p_paddr - lowest, from, end, to);
	}
}

static bool is_zero(const uint8_t *page)
{
	const uint64_t *p = (const uint64_t *)page;

	for (size_t i = 0; i < PAGE_BYTES / sizeof(*p); i += 8)
		if (p[i] | p[i + 1] | p[i + 2] | p[i + 3] | p[i + 4] | p[i + 5] | p[i + 6] | p[i + 7])
			return false;
	return true;
}

#define HOLE_LEAST 16	/* pages: a smaller one is not worth two mappings */

void image_find_holes(struct image *img, const uint8_t *from)
{
	struct seen *s = &img->seen;
	uint64_t run = 0;

	if (!s->id.inode)
		return;
	s->pages = image_pages(img);
	s->count = 0;
	for (uint64_t i = 0; i <= s->pages; i++) {
		if (i < s->pages && is_zero(from + (i << PAGE_SHIFT))) {
			run++;
			continue;
		}
		if (run >= HOLE_LEAST && s->count < HOLES_MOST)
			s->holes[s->count++] = (struct hole){ i - run, run };
		run = 0;
	}
	seen_keep(s);
}

void image_free(struct image *img)
{
	blob_free(&img->elf);
}
