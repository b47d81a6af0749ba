/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of files of the library that we do without: messages, checksums by big tables, journals, letter cases.
 */
#include "fs/port/libc.h"
#include "kernel/print.h"

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

/* Said of disks that contradict themselves; who called gets an error. */
void com_err(const char *whoami, errcode_t code, const char *fmt, ...)
{
	char text[120];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk("fs: %s: %s (%ld)\n", whoami, text, (long)code);
}

/* CRC-32C, Castagnoli's polynomial, low bits first, as metadata are signed. */
__u32 ext2fs_crc32c_le(__u32 crc, const unsigned char *p, size_t n)
{
	static u32 table[256];
	u32 i, bit, v;

	for (i = 0; !table[255] && i < 256; i++) {
		for (v = i, bit = 0; bit < 8; bit++)
			v = v & 1 ? v >> 1 ^ 0x82f63b78 : v >> 1;
		table[i] = v;
	}
	while (n--)
		crc = crc >> 8 ^ table[(u8)crc ^ *p++];
	return crc;
}

/* The tables of letter cases are big; mount refuses file systems that want them. */
const struct ext2fs_nls_table *ext2fs_load_nls_table(int encoding)
{
	(void)encoding;
	return NULL;
}

errcode_t ext2fs_zero_blocks2(ext2_filsys fs, blk64_t block, int n, blk64_t *last, int *left)
{
	errcode_t e = 0;
	char *zeros;

	if (!fs) /* "free your buffer": there is none */
		return 0;
	zeros = calloc(1, fs->blocksize);
	if (!zeros)
		return EXT2_ET_NO_MEMORY;
	while (n && !(e = io_channel_write_blk64(fs->io, block, 1, zeros))) {
		block++;
		n--;
	}
	free(zeros);
	if (last)
		*last = block;
	if (left)
		*left = n;
	return e;
}
