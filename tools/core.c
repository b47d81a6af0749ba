// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps in the form of `xl dump-core`: an ELF file without segments, whose sections are
 *
 *	.note.Xen         what it is, the hypervisor's version, the form's version
 *	.xen_prstatus     the registers: struct vcpu_guest_context of each vCPU
 *	.xen_shared_info  that page
 *	.xen_p2m          pairs of pseudo-physical and machine frame number, one for each page
 *	.xen_pages        the pages, in the order of .xen_p2m
 *
 * Which frame the domain knows by which number it says itself (p2m_vaddr in shared_info), as Linux does; else
 * its frames are looked for, and their numbers are in the machine-to-physical table.
 */

#include "bonsai.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/memory.h>

#define MAGIC_PV	0xf00febedULL
#define NOTE_NONE	0x2000000
#define NOTE_HEADER	0x2000001
#define NOTE_VERSION	0x2000002
#define NOTE_FORMAT	0x2000003
#define FORMAT		1ULL
#define M2P_EXTENT	(2UL << 20)
#define ENTRIES		(M2P_EXTENT / sizeof(uint64_t))	/* frames one extent speaks of */
#define BATCH		1024UL
#define LIST_ENTRIES	(PAGE_BYTES / sizeof(uint64_t))
#define EXTRA_PAGES	64	/* such as shared_info, which is not counted */

struct pair {
	uint64_t pfn, mfn;
};

struct dump {
	struct ctl *ctl;
	struct xen_domctl_getdomaininfo info;
	FILE *file;
	const char *path;
	struct pair *pages;
	uint64_t count, room;
	vcpu_guest_context_t *vcpus;
	unsigned int vcpu_count;
	uint64_t xen_version;
};

struct header_note {
	uint64_t magic, vcpus, pages, page_size;
};

/* The frames of the machine-to-physical table. */
static int m2p_frames(struct ctl *ctl, xen_pfn_t **extents, unsigned int *count)
{
	struct xen_machphys_mfn_list list = { 0 };
	long top = ctl_memory_op(ctl, XENMEM_maximum_ram_page, &(uint64_t){ 0 }, 8), rc;
	xen_pfn_t *buf;

	if (top < 0)
		return top;
	list.max_extents = top / ENTRIES + 1;
	buf = ctl_buffer(ctl, list.max_extents * sizeof(*buf));
	if (!buf)
		return -ENOMEM;
	set_xen_guest_handle(list.extent_start, buf);
	rc = ctl_memory_op(ctl, XENMEM_machphys_mfn_list, &list, sizeof(list));
	*count = rc < 0 ? 0 : list.nr_extents;
	*extents = malloc(*count * sizeof(**extents) + 1);
	if (!*extents)
		abort();
	memcpy(*extents, buf, *count * sizeof(**extents));
	ctl_buffer_free(ctl, buf);
	return rc < 0 ? rc : 0;
}

static int by_mfn(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->mfn > y->mfn) - (x->mfn < y->mfn);
}

static int by_pfn(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

/* Look one extent's frames up; the next pair that it does not speak of. */
static int look_up(struct dump *d, const xen_pfn_t *extents, unsigned int count, uint64_t *i)
{
	uint64_t extent = d->pages[*i].mfn / ENTRIES, *table;
	xen_pfn_t frames[M2P_EXTENT / PAGE_BYTES];

	if (extent >= count)
		return ctl_fail(d->ctl, -ERANGE, "frame %lx lies outside the machine-to-physical table",
				d->pages[*i].mfn);
	for (size_t j = 0; j < M2P_EXTENT / PAGE_BYTES; j++)
		frames[j] = extents[extent] + j;
	table = ctl_map_read(d->ctl, DOMID_XEN, frames, M2P_EXTENT / PAGE_BYTES);
	if (!table)
		return -EIO;
	for (; *i < d->count && d->pages[*i].mfn / ENTRIES == extent; ++*i)
		d->pages[*i].pfn = table[d->pages[*i].mfn % ENTRIES];
	ctl_unmap(d->ctl, table, M2P_EXTENT / PAGE_BYTES);
	return 0;
}

static int find_pfns(struct dump *d)
{
	xen_pfn_t *extents = NULL;
	unsigned int count = 0;
	uint64_t i = 0, kept = 0;
	int rc = m2p_frames(d->ctl, &extents, &count);

	if (rc)
		return rc;
	qsort(d->pages, d->count, sizeof(*d->pages), by_mfn);
	while (i < d->count && !rc)
		rc = look_up(d, extents, count, &i);
	free(extents);
	/* A frame that the guest gave no number, such as one it is about to give away. */
	for (i = 0; i < d->count && !rc; i++)
		if (d->pages[i].pfn >> 40 == 0)
			d->pages[kept++] = d->pages[i];
	d->count = kept;
	qsort(d->pages, d->count, sizeof(*d->pages), by_pfn);
	return rc;
}

/* Which of these frames are the domain's: the hypervisor says so of a batch at a time. */
static int scan(struct dump *d, uint64_t first, uint64_t count, xen_pfn_t *buf)
{
	struct xen_domctl op = { .domain = d->info.domain };
	int rc;

	for (uint64_t i = 0; i < count; i++)
		buf[i] = first + i;
	op.u.getpageframeinfo3.num = count;
	set_xen_guest_handle(op.u.getpageframeinfo3.array, buf);
	rc = ctl_domctl(d->ctl, XEN_DOMCTL_getpageframeinfo3, &op);
	for (uint64_t i = 0; i < count && !rc; i++)
		if (buf[i] != XEN_DOMCTL_PFINFO_XTAB && d->count < d->room)
			d->pages[d->count++].mfn = first + i;
	return rc;
}

/* All entries of these frames, one after the other; freed by the caller, NULL and a reason. */
static uint64_t *entries_of(struct dump *d, const xen_pfn_t *frames, uint64_t count)
{
	void *from = ctl_map_read(d->ctl, d->info.domain, frames, count);
	uint64_t *to = from ? malloc(count * PAGE_BYTES) : NULL;

	if (to)
		memcpy(to, from, count * PAGE_BYTES);
	ctl_unmap(d->ctl, from, count);
	return to;
}

/* What a guest's list of its frames holds, from the frames that the list lies in. */
static int take_list(struct dump *d, const xen_pfn_t *leaves, uint64_t frames)
{
	uint64_t *list = entries_of(d, leaves, (frames + LIST_ENTRIES - 1) / LIST_ENTRIES);

	if (!list)
		return -EIO;
	d->pages = calloc(frames, sizeof(*d->pages));
	if (!d->pages)
		abort();
	/* The two highest bits say that there is no frame of its own. */
	for (uint64_t i = 0; i < frames; i++)
		if (!(list[i] >> 62))
			d->pages[d->count++] = (struct pair){ i, list[i] };
	free(list);
	return 0;
}

/* The old way: three levels of frame numbers. */
static int pages_by_list(struct dump *d, uint64_t top, uint64_t frames)
{
	const uint64_t leaves = (frames + LIST_ENTRIES - 1) / LIST_ENTRIES;
	uint64_t *middle = entries_of(d, &top, 1), *lowest;
	int rc = -EIO;

	lowest = middle ? entries_of(d, middle, (leaves + LIST_ENTRIES - 1) / LIST_ENTRIES) : NULL;
	if (lowest)
		rc = take_list(d, lowest, frames);
	free(middle);
	free(lowest);
	return rc;
}

/* The entries of the lowest table that maps @va, from the root @frame on. */
static uint64_t *walk(struct dump *d, xen_pfn_t frame, uint64_t va)
{
	uint64_t *table = entries_of(d, &frame, 1), entry;

	for (unsigned int shift = 39; table && shift > 12; shift -= 9) {
		entry = table[va >> shift & (LIST_ENTRIES - 1)];
		free(table);
		if (!(entry & 1)) {
			ctl_fail(d->ctl, -EFAULT, "the guest's list of its frames has a hole at %#lx", va);
			return NULL;
		}
		frame = entry >> PAGE_SHIFT & ((1UL << 40) - 1);
		table = entries_of(d, &frame, 1);
	}
	return table;
}

/* The new way: the list has an address. */
static int pages_by_address(struct dump *d, uint64_t root, uint64_t va, uint64_t frames)
{
	const uint64_t leaves = (frames + LIST_ENTRIES - 1) / LIST_ENTRIES;
	xen_pfn_t *list = calloc(leaves, sizeof(*list));
	uint64_t *table = NULL;
	int rc = 0;

	if (!list)
		abort();
	for (uint64_t i = 0; i < leaves && !rc; i++, va += PAGE_BYTES) {
		unsigned int slot = va >> PAGE_SHIFT & (LIST_ENTRIES - 1);

		if (!i || !slot) {
			free(table);
			table = walk(d, root, va);
		}
		rc = table ? 0 : -EIO;
		list[i] = table ? table[slot] >> PAGE_SHIFT & ((1UL << 40) - 1) : 0;
	}
	free(table);
	rc = rc ? rc : take_list(d, list, frames);
	free(list);
	return rc;
}

/* As the guest says; 1: it does not. */
static int pages_by_guest(struct dump *d)
{
	xen_pfn_t mfn = d->info.shared_info_frame;
	shared_info_t *info = ctl_map_read(d->ctl, d->info.domain, &mfn, 1);
	struct arch_shared_info a;

	if (!info)
		return -EIO;
	a = info->arch;
	ctl_unmap(d->ctl, info, 1);
	if (!a.max_pfn || a.max_pfn > (uint64_t)LIST_ENTRIES * LIST_ENTRIES * LIST_ENTRIES)
		return 1;
	if (a.p2m_cr3)
		return pages_by_address(d, a.p2m_cr3 >> PAGE_SHIFT, a.p2m_vaddr, a.max_pfn);
	if (!a.pfn_to_mfn_frame_list_list || a.pfn_to_mfn_frame_list_list == UINT64_MAX)
		return 1;
	return pages_by_list(d, a.pfn_to_mfn_frame_list_list, a.max_pfn);
}

static int pages_by_scan(struct dump *d)
{
	long top = ctl_memory_op(d->ctl, XENMEM_maximum_ram_page, &(uint64_t){ 0 }, 8);
	xen_pfn_t *buf;
	int rc = 0;

	if (top < 0)
		return top;
	d->room = d->info.tot_pages + EXTRA_PAGES;
	d->pages = calloc(d->room, sizeof(*d->pages));
	if (!d->pages)
		abort();
	buf = ctl_buffer(d->ctl, BATCH * sizeof(*buf));
	if (!buf)
		return -ENOMEM;
	for (uint64_t at = 0; at <= (uint64_t)top && !rc && d->count < d->room; at += BATCH)
		rc = scan(d, at, top - at < BATCH ? top - at + 1 : BATCH, buf);
	ctl_buffer_free(d->ctl, buf);
	return rc ? rc : find_pfns(d);
}

/*
 * A scan asks for every frame of the machine, and stock Xen may log each that is another's: only where the guest
 * does not tell.
 */
static int find_pages(struct dump *d)
{
	int rc = pages_by_guest(d);

	return rc > 0 ? pages_by_scan(d) : rc;
}

static int read_registers(struct dump *d)
{
	vcpu_guest_context_t *buf = ctl_buffer(d->ctl, sizeof(*buf));
	struct xen_domctl op = { .domain = d->info.domain };
	int rc = 0;

	if (!buf)
		return -ENOMEM;
	d->vcpus = calloc(d->info.max_vcpu_id + 1, sizeof(*d->vcpus));
	if (!d->vcpus)
		abort();
	for (uint32_t i = 0; i <= d->info.max_vcpu_id && !rc; i++) {
		op.u.vcpucontext.vcpu = i;
		set_xen_guest_handle(op.u.vcpucontext.ctxt, buf);
		rc = ctl_domctl(d->ctl, XEN_DOMCTL_getvcpucontext, &op);
		if (!rc)
			d->vcpus[d->vcpu_count++] = *buf;
		/* One that was never brought up has none. */
		rc = rc == -ENODATA || rc == -ESRCH ? 0 : rc;
	}
	ctl_buffer_free(d->ctl, buf);
	return rc;
}

static void put(struct dump *d, const void *p, size_t size)
{
	fwrite(p, 1, size, d->file);
}

static void put_note(struct dump *d, uint32_t type, const void *desc, uint32_t size)
{
	const Elf64_Nhdr h = { .n_namesz = 4, .n_descsz = size, .n_type = type };

	put(d, &h, sizeof(h));
	put(d, "Xen", 4);
	put(d, desc, size);
}

/* What struct xen_dumpcore_elfnote_xen_version_desc of Xen holds: 64-bit numbers and texts of fixed length. */
struct version_note {
	uint64_t major, minor;
	char extra[16];
	char compiler[64], by[16], domain[32], date[32];
	char caps[1024], changeset[64];
	uint64_t virt_start, page_size;
};

static int fill_version(struct dump *d, struct version_note *v)
{
	struct host_info *h = calloc(1, sizeof(*h));
	int rc;

	if (!h)
		abort();
	rc = host_info(d->ctl, h);
	memset(v, 0, sizeof(*v));
	v->major = h->major;
	v->minor = h->minor;
	memcpy(v->extra, h->extra, sizeof(v->extra) - 1);
	memcpy(v->compiler, h->compiler, sizeof(v->compiler));
	memcpy(v->by, h->compile_by, sizeof(v->by));
	memcpy(v->domain, h->compile_domain, sizeof(v->domain));
	memcpy(v->date, h->compile_date, sizeof(v->date));
	memcpy(v->caps, h->caps, sizeof(v->caps));
	memcpy(v->changeset, h->changeset, sizeof(v->changeset));
	v->virt_start = h->virt_start;
	v->page_size = PAGE_BYTES;
	free(h);
	return rc;
}

#define NOTE_SIZE(desc) (sizeof(Elf64_Nhdr) + 4 + (desc))

static const char names[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_p2m\0.xen_pages";

/* A section behind the one before it. */
static Elf64_Shdr section(const char *name, uint32_t type, uint64_t *at, uint64_t entry, uint64_t count, uint64_t align)
{
	const char *found = memmem(names, sizeof(names), name, strlen(name) + 1);
	Elf64_Shdr s = { .sh_name = found - names, .sh_type = type, .sh_entsize = entry, .sh_size = entry * count };

	*at = (*at + align - 1) & ~(align - 1);
	s.sh_offset = *at;
	s.sh_addralign = align;
	*at += s.sh_size;
	return s;
}

static void put_headers(struct dump *d, Elf64_Shdr s[7])
{
	Elf64_Ehdr h = { .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_shnum = 7,
			 .e_shstrndx = 1, .e_ehsize = sizeof(h), .e_shentsize = sizeof(Elf64_Shdr), .e_shoff = sizeof(h) };
	uint64_t at = sizeof(h) + 7 * sizeof(Elf64_Shdr);
	const uint64_t notes = NOTE_SIZE(0) + NOTE_SIZE(sizeof(struct header_note)) +
			       NOTE_SIZE(sizeof(struct version_note)) + NOTE_SIZE(8);

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_ident[EI_VERSION] = EV_CURRENT;
	s[0] = (Elf64_Shdr){ 0 };
	s[1] = section(".shstrtab", SHT_STRTAB, &at, 1, sizeof(names), 1);
	s[1].sh_entsize = 0;
	s[2] = section(".note.Xen", SHT_NOTE, &at, 1, notes, 8);
	s[2].sh_entsize = 0;
	s[3] = section(".xen_prstatus", SHT_PROGBITS, &at, sizeof(*d->vcpus), d->vcpu_count, 8);
	s[4] = section(".xen_shared_info", SHT_PROGBITS, &at, PAGE_BYTES, 1, 8);
	s[5] = section(".xen_p2m", SHT_PROGBITS, &at, sizeof(*d->pages), d->count, 8);
	s[6] = section(".xen_pages", SHT_PROGBITS, &at, PAGE_BYTES, d->count, PAGE_BYTES);
	put(d, &h, sizeof(h));
	put(d, s, 7 * sizeof(*s));
}

static int put_notes(struct dump *d)
{
	const struct header_note header = { MAGIC_PV, d->vcpu_count, d->count, PAGE_BYTES };
	const uint64_t format = FORMAT;
	struct version_note version;
	int rc = fill_version(d, &version);

	put_note(d, NOTE_NONE, NULL, 0);
	put_note(d, NOTE_HEADER, &header, sizeof(header));
	put_note(d, NOTE_VERSION, &version, sizeof(version));
	put_note(d, NOTE_FORMAT, &format, sizeof(format));
	return rc;
}

static int put_shared_info(struct dump *d)
{
	xen_pfn_t mfn = d->info.shared_info_frame;
	void *p = ctl_map_read(d->ctl, d->info.domain, &mfn, 1);

	if (!p)
		return -EIO;
	put(d, p, PAGE_BYTES);
	ctl_unmap(d->ctl, p, 1);
	return 0;
}

static int put_pages(struct dump *d)
{
	xen_pfn_t mfns[BATCH];
	uint64_t n;
	void *p;

	for (uint64_t i = 0; i < d->count && !ferror(d->file); i += n) {
		n = d->count - i < BATCH ? d->count - i : BATCH;
		for (uint64_t j = 0; j < n; j++)
			mfns[j] = d->pages[i + j].mfn;
		p = ctl_map_read(d->ctl, d->info.domain, mfns, n);
		if (!p)
			return -EIO;
		put(d, p, n * PAGE_BYTES);
		ctl_unmap(d->ctl, p, n);
	}
	return 0;
}

static int write_all(struct dump *d)
{
	Elf64_Shdr s[7];
	int rc;

	put_headers(d, s);
	fseeko(d->file, s[1].sh_offset, SEEK_SET);
	put(d, names, sizeof(names));
	fseeko(d->file, s[2].sh_offset, SEEK_SET);
	rc = put_notes(d);
	fseeko(d->file, s[3].sh_offset, SEEK_SET);
	put(d, d->vcpus, d->vcpu_count * sizeof(*d->vcpus));
	fseeko(d->file, s[4].sh_offset, SEEK_SET);
	rc = rc ? rc : put_shared_info(d);
	fseeko(d->file, s[5].sh_offset, SEEK_SET);
	put(d, d->pages, d->count * sizeof(*d->pages));
	fseeko(d->file, s[6].sh_offset, SEEK_SET);
	return rc ? rc : put_pages(d);
}

/* The file is there whole, or not at all. */
static int write_file(struct dump *d)
{
	int fd = open(d->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc, bad;

	if (fd < 0)
		return ctl_fail_errno(d->ctl, "%s", d->path);
	d->file = fdopen(fd, "w");
	if (!d->file)
		abort();
	rc = write_all(d);
	bad = ferror(d->file);
	if ((fclose(d->file) || bad) && !rc)
		rc = ctl_fail_errno(d->ctl, "%s", d->path);
	if (rc)
		unlink(d->path);
	return rc;
}

int core_dump(struct ctl *ctl, uint32_t id, const char *path)
{
	struct dump d = { .ctl = ctl, .path = path };
	int rc = id ? dom_pause(ctl, id) : ctl_fail(ctl, -EPERM, "the initial domain cannot dump itself");

	if (rc)
		return rc;
	rc = dom_info(ctl, id, &d.info);
	rc = rc ? rc : find_pages(&d);
	rc = rc ? rc : read_registers(&d);
	rc = rc ? rc : write_file(&d);
	free(d.pages);
	free(d.vcpus);
	if (rc) {
		char why[512];

		snprintf(why, sizeof(why), "%s", ctl_why(ctl));
		dom_unpause(ctl, id);
		return ctl_fail(ctl, rc, "%s", why);
	}
	return dom_unpause(ctl, id);
}
