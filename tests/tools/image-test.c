// SPDX-License-Identifier: GPL-2.0-only
/* Kernel files: ELF and its notes, each packed form, bzImage around it; damage is refused, not met. */

#include "bonsai.h"
#include "hash.h"
#include "tap.h"

#include <elf.h>
#include <errno.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define BASE 0xffffffff80000000UL
#define BODY 300000

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

static struct blob packed(const char *form)
{
	struct blob from = make_elf(true), to = room();
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
	uint8_t *memory = malloc(BODY);
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
	memset(memory, 0xaa, BODY);
	image_copy(&img, memory);
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
			uint64_t size = img.virt_end - img.virt_start;
			uint8_t *memory = size < (64 << 20) ? malloc(size) : NULL;

			if (memory)
				image_copy(&img, memory);
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
	ctl_free(ctl);
	return done_testing();
}
