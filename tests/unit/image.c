/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF images with Xen notes: what is read from good ones, what is said of bad ones, and that no file,
 * however damaged or cut, is read beyond its end (the sanitizers look).
 */
#include <stdlib.h>

#include "domain/elf.h"
#include "fake/fake.h"
#include "tap.h"

#define SIZE		0x3000

/* An image with two segments (0x1000 at 1 MiB, 0x800 of 0x1000 at 2 MiB) and a note segment. */
static u8 *image;

static void put16(u64 at, u16 v) { memcpy(image + at, &v, 2); }
static void put32(u64 at, u32 v) { memcpy(image + at, &v, 4); }
static void put64(u64 at, u64 v) { memcpy(image + at, &v, 8); }

#define PHDR(n)		(64 + (n) * 56ul)

static void segment(unsigned int n, u32 type, u64 offset, u64 paddr, u64 filesz, u64 memsz)
{
	put32(PHDR(n), type);
	put64(PHDR(n) + 8, offset);
	put64(PHDR(n) + 16, paddr);
	put64(PHDR(n) + 24, paddr);
	put64(PHDR(n) + 32, filesz);
	put64(PHDR(n) + 40, memsz);
}

static u64 note(u64 at, u32 type, u64 value)
{
	put32(at, 4);
	put32(at + 4, 8);
	put32(at + 8, type);
	memcpy(image + at + 12, "Xen", 4);
	put64(at + 16, value);
	return at + 24;
}

static void make(void)
{
	u64 at = 0x2800;

	free(image);
	image = calloc(1, SIZE);
	memcpy(image, "\177ELF\2\1\1", 7);
	put16(16, 2);
	put16(18, 62);
	put64(24, 0x100010);
	put64(32, 64);
	put16(54, 56);
	put16(56, 3);
	segment(0, 1, 0x1000, 0x100000, 0x1000, 0x1000);
	segment(1, 1, 0x2000, 0x200000, 0x800, 0x1000);
	at = note(at, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
	at = note(at, XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80101000);
	at = note(at, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	at = note(at, XEN_ELFNOTE_MOD_START_PFN, 1);
	segment(2, 4, 0x2800, 0, at - 0x2800, at - 0x2800);
}

static unsigned int segments;

static int count(void *arg, u64 va, const void *data, u64 filesz, u64 memsz)
{
	(void)arg;
	(void)data;
	segments++;
	return va >= 0xffffffff80000000 && filesz <= memsz ? 0 : -1;
}

static void test_good(void)
{
	struct guest_image img;

	make();
	ok(!elf_parse(image, SIZE, &img), "a good image");
	is_int(img.phys_start, 0x100000, "begins");
	is_int(img.phys_end, 0x201000, "and ends");
	is_int(img.virt_base, 0xffffffff80000000, "where its base is");
	is_int(img.entry, 0x100010, "its entry is the file's, without a note");
	is_int(img.hypercall_page, 0xffffffff80101000, "its hypercall page");
	is_int(img.init_p2m, 0x8000000000, "its P2M");
	ok(img.mod_start_pfn, "its wish for the ramdisk");
	is_int(elf_for_each_segment(&img, count, NULL), 0, "its segments");
	is_int(segments, 2, "are two");
}

static void refused(const char *what)
{
	struct guest_image img;
	const char *wrong = elf_parse(image, SIZE, &img);

	ok(wrong, "%s: %s", what, wrong ? wrong : "accepted");
}

static void test_bad(void)
{
	make();
	image[0] = 0;
	refused("no ELF");
	make();
	image[4] = 1;
	refused("32 bits");
	make();
	put16(18, 3);
	refused("another processor");
	make();
	put64(32, SIZE);
	refused("headers beyond the end");
	make();
	put64(32, ~0UL - 7);
	refused("headers beyond all");
	make();
	put16(56, 0xffff);
	refused("too many segments");
	make();
	segment(1, 1, 0x2000, 0x200000, 0x1001, 0x2000);
	refused("a segment beyond the end");
	make();
	segment(1, 1, ~0UL, 0x200000, 2, 0x2000);
	refused("a segment that wraps");
	make();
	segment(1, 1, 0x2000, 0x200000, 0x800, 0x700);
	refused("more in the file than in memory");
	make();
	segment(1, 1, 0x2000, 0x200000, 0x800, ~0UL);
	refused("a segment of all memory");
	make();
	segment(1, 1, 0x2000, 0x100800, 0x800, 0x1000);
	refused("segments that overlap");
	make();
	segment(2, 0, 0, 0, 0, 0);
	refused("no notes");
	make();
	segment(0, 0, 0, 0, 0, 0);
	segment(1, 0, 0, 0, 0, 0);
	refused("no segments");
}

/* Notes whose sizes lie. */
static void test_lying_notes(void)
{
	static const u32 sizes[] = { 0, 1, 3, 5, 8, 0x7fff, 0x7fffffff, 0xfffffffc, 0xffffffff };
	struct guest_image img;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned int field = 0; field < 8; field += 4) {
			make();
			put32(0x2800 + field, sizes[i]);
			elf_parse(image, SIZE, &img);
			make();
			put32(0x2800 + 72 + field, sizes[i]);
			elf_parse(image, SIZE, &img);
		}
	ok(true, "notes with false sizes are read within the file");
}

/* Cut anywhere: the copy is as long as the file, so a read beyond is seen. */
static void test_cut(void)
{
	struct guest_image img;

	make();
	for (u64 size = 0; size < SIZE; size += size < 300 ? 1 : 37) {
		u8 *copy = malloc(size);

		if (size)
			memcpy(copy, image, size);
		if (!elf_parse(copy, size, &img))
			elf_for_each_segment(&img, count, NULL);
		free(copy);
	}
	ok(true, "a file cut anywhere is read to its end at most");
}

/* Any one byte changed, and then many. */
static void test_damaged(void)
{
	struct guest_image img;
	u32 seed = 4711;

	for (unsigned int round = 0; round < 20000; round++) {
		make();
		for (unsigned int n = 1 + round % 4; n; n--) {
			u64 at;

			seed = seed * 1664525 + 1013904223;
			at = seed >> 8 & 0xff;
			if (seed & 1)
				at += 0x2800;
			image[at] = seed >> 20;
		}
		if (!elf_parse(image, SIZE, &img))
			elf_for_each_segment(&img, count, NULL);
	}
	ok(true, "damaged files are read within their bounds");
}

int main(void)
{
	test_good();
	test_bad();
	test_lying_notes();
	test_cut();
	test_damaged();
	free(image);
	return tap_done();
}
