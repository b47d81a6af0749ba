// SPDX-License-Identifier: GPL-2.0-only
/* Kernel files: ELF and its notes, each packed form, bzImage around it; damage is refused, not met. */

#include "bonsai.h"
#include "hash.h"
#include "tap.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <unistd.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define BASE 0xffffffff80000000UL
#define BODY 300000
#define ROOM ((BODY + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES)

static struct ctl *ctl;

static void add_note(uint8_t **p, uint32_t type, const void *desc, uint32_t size)
{
	Elf64_Nhdr h = { 4, size, type };

	memcpy(*p, &h, sizeof(h));
	memcpy(*p + sizeof(h), "Xen", 4);
	memcpy(*p + sizeof(h) + 4, desc, size);
	*p += sizeof(h) + 4 + ((size + 3) & ~3u);
}

/* A kernel of one segment at 1 MiB above its base, with 4 KiB of zeroes behind. */
static struct blob make_elf(bool notes)
{
	struct blob b = { .data = calloc(1, BODY), .size = BODY };
	Elf64_Ehdr *h = (Elf64_Ehdr *)b.data;
	Elf64_Phdr *ph = (Elf64_Phdr *)(b.data + sizeof(*h));
	uint64_t base = BASE, entry = BASE + 0x100010, page = BASE + 0x101000;
	uint8_t *p = b.data + 512;

	memcpy(h->e_ident, ELFMAG "\2\1\1", 7);
	h->e_machine = EM_X86_64;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(*ph);
	h->e_phnum = 2;
	for (size_t i = 4096; i < BODY; i++)
		b.data[i] = i * 7 >> 3;
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 4096, .p_paddr = 0x100000, .p_filesz = BODY - 4096,
			      .p_memsz = BODY };
	if (notes) {
		add_note(&p, 3, &base, 8);
		add_note(&p, 1, &entry, 8);
		add_note(&p, 2, &page, 8);
		add_note(&p, 6, "small", 6);
	}
	ph[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 512, .p_filesz = p - (b.data + 512) };
	return b;
}

static struct blob room(void)
{
	return (struct blob){ .data = calloc(1, BODY * 2), .size = BODY * 2 };
}

static struct blob pack(struct blob from, const char *form)
{
	struct blob to = room();
	uint32_t size;

	if (!strcmp(form, "gzip")) {
		z_stream z = { .next_in = from.data, .avail_in = from.size, .next_out = to.data, .avail_out = to.size };

		deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
		deflate(&z, Z_FINISH);
		to.size = z.total_out;
		deflateEnd(&z);
	} else if (!strcmp(form, "xz")) {
		size_t out = 0;

		lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, from.data, from.size, to.data, &out, to.size);
		to.size = out;
	} else if (!strcmp(form, "zstd")) {
		to.size = ZSTD_compress(to.data, to.size, from.data, from.size, 1);
	} else {
		memcpy(to.data, "\x02\x21\x4c\x18", 4);
		size = LZ4_compress_default((char *)from.data, (char *)to.data + 8, from.size, to.size - 16);
		memcpy(to.data + 4, &size, 4);
		to.size = size + 8;
	}
	/* The kernel's build puts the size behind all but gzip, which has it already. */
	if (strcmp(form, "gzip")) {
		size = from.size;
		memcpy(to.data + to.size, &size, 4);
		to.size += 4;
	}
	blob_free(&from);
	return to;
}

static struct blob packed(const char *form)
{
	return pack(make_elf(true), form);
}

static struct blob in_bzimage(struct blob payload)
{
	struct blob b = { .data = calloc(1, payload.size + 4096), .size = payload.size + 4096 };
	uint32_t offset = 100, length = payload.size;

	b.data[0x1f1] = 1;
	memcpy(b.data + 0x202, "HdrS\x0f\x02", 6);
	memcpy(b.data + 0x248, &offset, 4);
	memcpy(b.data + 0x24c, &length, 4);
	memcpy(b.data + 1024 + 100, payload.data, payload.size);
	blob_free(&payload);
	return b;
}

static void is_right(struct blob file, const char *what)
{
	struct blob want = make_elf(true);
	uint8_t *memory = malloc(ROOM);
	struct image img;
	int rc = image_parse(ctl, "k", file, &img);

	is_int(rc, 0, what);
	if (rc) {
		printf("# %s\n", ctl_why(ctl));
		free(memory);
		blob_free(&want);
		return;
	}
	ok(img.virt_base == BASE && img.entry == BASE + 0x100010 && img.hypercall_page == BASE + 0x101000 &&
	   img.virt_start == BASE + 0x100000 && img.virt_end == img.virt_start + BODY, "its addresses");
	is_str(img.os, "small", "its name");
	memset(memory, 0xaa, ROOM);
	image_copy(&img, 0, image_pages(&img), memory);
	ok(!memcmp(memory, want.data + 4096, BODY - 4096) && !memory[BODY - 1] && !memory[BODY - 4096], "its content");
	image_free(&img);
	free(memory);
	blob_free(&want);
}

static void refused(struct blob file, const char *why)
{
	struct image img;

	ok(image_parse(ctl, "k", file, &img) < 0, "%s", why);
	is_str(ctl_why(ctl), why, "is told");
}

static void test_damage(void)
{
	unsigned int taken = 0;
	struct image img;

	for (size_t at = 0; at < 700; at++) {
		struct blob b = make_elf(true);

		b.data[at] ^= 0xff;
		if (!image_parse(ctl, "k", b, &img)) {
			uint64_t pages = image_pages(&img);
			uint8_t *memory = pages < (64 << 20) >> PAGE_SHIFT ? malloc(pages << PAGE_SHIFT) : NULL;

			if (memory)
				image_copy(&img, 0, pages, memory);
			free(memory);
			image_free(&img);
			taken++;
		}
	}
	ok(taken > 0, "damaged headers do no harm");
	for (size_t cut = 1; cut < 3000; cut += 7) {
		struct blob b = packed("gzip");

		b.size = b.size > cut ? b.size - cut : 9;
		if (!image_parse(ctl, "k", b, &img))
			image_free(&img);
	}
	ok(true, "nor do files that are cut short");
}

/* Sums as Python's hashlib.blake2b has them: nothing, the RFC's "abc", more than two blocks. */
static void test_hash(void)
{
	static const struct {
		size_t size;
		const char *sum;
	} known[] = {
		{ 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
		{ 3, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
		{ 300, "0f09c880ebd61c47e0d4a676098d2734accbb1854a9922e175b0773c4ed9a47e" },
	};
	uint8_t data[300], hash[HASH_SIZE];
	char text[2 * HASH_SIZE + 1];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		for (size_t at = 0; at < sizeof(data); at++)
			data[at] = 'a' + at;
		hash_of(data, known[i].size, hash);
		for (int at = 0; at < HASH_SIZE; at++)
			snprintf(text + 2 * at, 3, "%02x", hash[at]);
		ok(!strcmp(text, known[i].sum), "BLAKE2b of %zu bytes", known[i].size);
	}
}

/* A kernel with 40 pages of zeroes in it, as a file. */
static void write_file(const char *path, struct blob b)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(b.data, 1, b.size, f) != b.size || fclose(f))
		bail_out("cannot write a file");
	blob_free(&b);
}

static struct blob with_hole(void)
{
	struct blob b = make_elf(true);

	memset(b.data + 4096 + 5 * PAGE_BYTES, 0, 40 * PAGE_BYTES);
	return b;
}

/* Load it, and look through it as a create does; whether something was remembered of it. */
static bool load(const char *path, uint64_t *entry)
{
	uint8_t *memory = calloc(1, ROOM);
	struct image img;
	bool known;

	is_int(image_load(ctl, path, &img), 0, "it loads");
	known = img.seen.pages;
	*entry = img.entry;
	image_copy(&img, 0, image_pages(&img), memory);
	if (known) {
		ok(img.seen.count == 1 && img.seen.holes[0].first == 5 && img.seen.holes[0].count == 40,
		   "its hole is known");
		memset(memory, 0, ROOM);
		image_copy(&img, 0, 5, memory);
		image_copy(&img, 45, image_pages(&img) - 45, memory + 45 * PAGE_BYTES);
	} else {
		image_find_holes(&img, memory);
	}
	ok(!memcmp(memory, img.elf.data + 4096, BODY - 4096), "its content, the hole left out");
	image_free(&img);
	free(memory);
	return known;
}

static void damage(const char *path, long at)
{
	FILE *f = fopen(path, "r+");
	int c;

	if (!f)
		bail_out("no record");
	fseek(f, at, SEEK_SET);
	c = fgetc(f);
	fseek(f, at, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

/* The only file in the folder whose name begins so. */
static const char *kept(const char *folder, bool record, char path[600])
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	*path = 0;
	while ((e = readdir(dir)))
		if (*e->d_name != '.' && !strncmp(e->d_name, "seen-", 5) == record)
			snprintf(path, 600, "%s/%s", folder, e->d_name);
	closedir(dir);
	return path;
}

static void test_seen(void)
{
	char folder[] = "/tmp/bonsai-image-XXXXXX", plain[64], big[64], path[600];
	struct blob other;
	uint64_t entry;

	if (!mkdtemp(folder))
		bail_out("no folder");
	setenv("BONSAI_CACHE", folder, 1);
	snprintf(plain, sizeof(plain), "%s.plain", folder);
	snprintf(big, sizeof(big), "%s.packed", folder);
	write_file(plain, with_hole());
	load(plain, &entry);
	ok(!load(plain, &entry), "a file just written is not remembered");
	sleep(4);	/* what is 2 to 3 seconds old has settled */
	ok(!load(plain, &entry), "later, for the first time");
	ok(load(plain, &entry), "then it is known");
	damage(kept(folder, true, path), 100);
	ok(!load(plain, &entry), "a damaged record is none");
	ok(load(plain, &entry), "and is replaced");
	truncate(kept(folder, true, path), 200);
	ok(!load(plain, &entry), "nor is one that was cut");
	write_file(plain, with_hole());
	ok(!load(plain, &entry), "a changed file is another");
	unlink(kept(folder, true, path));
	unlink(plain);

	/* Of a packed one also where its unpacked form is: without a look at the rest of it. */
	write_file(big, in_bzimage(pack(with_hole(), "gzip")));
	sleep(4);
	load(big, &entry);
	ok(load(big, &entry) && entry == BASE + 0x100010, "a packed kernel is known");
	other = with_hole();
	*(uint64_t *)(other.data + 512 + 2 * (sizeof(Elf64_Nhdr) + 4) + 8) += 2;
	write_file(kept(folder, false, path), other);
	ok(load(big, &entry) && entry == BASE + 0x100012, "it comes from where the record says");
	unlink(path);
	ok(load(big, &entry) && entry == BASE + 0x100010, "which may be deleted at any time");
	ok(access(path, F_OK) == 0, "and is there again");
	unlink(path);
	unlink(kept(folder, true, path));
	ok(!rmdir(folder), "nothing else was left");
	unlink(big);
	setenv("BONSAI_CACHE", "", 1);
}

int main(void)
{
	static const char *const forms[] = { "gzip", "xz", "zstd", "lz4" };
	struct blob b;

	ctl = ctl_new();
	is_right(make_elf(true), "a plain ELF image");
	for (size_t i = 0; i < 4; i++) {
		is_right(packed(forms[i]), forms[i]);
		is_right(in_bzimage(packed(forms[i])), "the same in a bzImage");
	}
	refused(make_elf(false), "k: no Xen notes in it: it cannot run as a PV guest");
	b = make_elf(true);
	((Elf64_Ehdr *)b.data)->e_ident[EI_CLASS] = ELFCLASS32;
	refused(b, "k: not a 64-bit x86 kernel");
	refused((struct blob){ .data = calloc(1, 5000), .size = 5000 }, "k: neither an ELF image nor packed in a known form");
	b = packed("xz");
	b.data[200] ^= 1;
	refused(b, "k: damaged xz data: Bad message");
	test_damage();
	test_hash();
	test_seen();
	ctl_free(ctl);
	return done_testing();
}
