// SPDX-License-Identifier: GPL-2.0-only
/* Packed kernels: the forms that Linux can be packed in, each by its library. */

#include "bonsai.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define FIRST_ROOM   (16UL << 20)
#define MOST	     (1UL << 30)	/* what claims to be larger is no kernel */
#define LZ4_BLOCK    (8UL << 20)
#define LZMA_MEMORY  (512UL << 20)

static bool grow(struct blob *out, size_t room)
{
	uint8_t *more = room > MOST ? NULL : realloc(out->data, room);

	if (more)
		out->data = more;
	return more;
}

/* A stream whose library takes one input and fills a buffer bit by bit. */
static int unpack_gzip(const uint8_t *data, size_t size, struct blob *out)
{
	z_stream z = { .next_in = (uint8_t *)data, .avail_in = size };
	size_t room = FIRST_ROOM;
	int rc;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return -ENOMEM;
	do {
		if (!grow(out, room)) {
			rc = Z_MEM_ERROR;
			break;
		}
		z.next_out = out->data + z.total_out;
		z.avail_out = room - z.total_out;
		rc = inflate(&z, Z_NO_FLUSH);
		room *= 2;
	} while (rc == Z_OK && !z.avail_out);
	out->size = z.total_out;
	inflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : rc == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int unpack_lzma(const uint8_t *data, size_t size, struct blob *out)
{
	lzma_stream z = LZMA_STREAM_INIT;
	size_t room = FIRST_ROOM;
	lzma_ret rc;

	if (lzma_auto_decoder(&z, LZMA_MEMORY, 0) != LZMA_OK)
		return -ENOMEM;
	z.next_in = data;
	z.avail_in = size;
	do {
		if (!grow(out, room)) {
			rc = LZMA_MEM_ERROR;
			break;
		}
		z.next_out = out->data + z.total_out;
		z.avail_out = room - z.total_out;
		rc = lzma_code(&z, LZMA_RUN);
		room *= 2;
	} while (rc == LZMA_OK && !z.avail_out);
	out->size = z.total_out;
	lzma_end(&z);
	return rc == LZMA_STREAM_END ? 0 : rc == LZMA_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int unpack_zstd(const uint8_t *data, size_t size, struct blob *out)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };
	ZSTD_outBuffer to = { 0 };
	size_t room = FIRST_ROOM, rc;
	int result = -ENOMEM;

	if (!z)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30);
	while (grow(out, room)) {
		to = (ZSTD_outBuffer){ out->data, room, to.pos };
		rc = ZSTD_decompressStream(z, &to, &in);
		result = ZSTD_isError(rc) || (rc && to.pos < room) ? -EBADMSG : 0;
		if (result || !rc)
			break;
		room *= 2;
		result = -ENOMEM;
	}
	out->size = to.pos;
	ZSTD_freeDStream(z);
	return result;
}

static uint32_t word_at(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The old frame format: a magic, then blocks that each begin with their length. */
static int unpack_lz4(const uint8_t *data, size_t size, struct blob *out)
{
	size_t at = 4, block;
	int n;

	/* The last word is the size, which the kernel's build adds; a block is never so short. */
	while (size - at > 4) {
		block = word_at(data + at);
		at += 4;
		if (block > size - at)
			return -EBADMSG;
		if (!grow(out, out->size + LZ4_BLOCK))
			return -ENOMEM;
		n = LZ4_decompress_safe((const char *)data + at, (char *)out->data + out->size, block, LZ4_BLOCK);
		if (n < 0)
			return -EBADMSG;
		out->size += n;
		at += block;
	}
	return out->size ? 0 : -EBADMSG;
}

static const struct form {
	const char *name, *magic;
	size_t size;
	int (*unpack)(const uint8_t *data, size_t size, struct blob *out);
} forms[] = {
	{ "gzip", "\x1f\x8b", 2, unpack_gzip },
	{ "xz", "\xfd" "7zXZ\0", 6, unpack_lzma },
	{ "lzma", "\x5d\0\0", 3, unpack_lzma },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, unpack_zstd },
	{ "lz4", "\x02\x21\x4c\x18", 4, unpack_lz4 },
};

static const struct form *form_of(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (size > 8 && !memcmp(data, forms[i].magic, forms[i].size))
			return &forms[i];
	return NULL;
}

bool unpack_is_packed(const uint8_t *data, size_t size)
{
	return form_of(data, size);
}

int unpack(struct ctl *ctl, const uint8_t *data, size_t size, struct blob *out)
{
	const struct form *f = form_of(data, size);
	int rc;

	*out = (struct blob){ 0 };
	if (!f)
		return ctl_fail(ctl, -ENOEXEC, "neither an ELF image nor packed in a known form");
	rc = f->unpack(data, size, out);
	if (!rc)
		return 0;
	blob_free(out);
	return ctl_fail(ctl, rc, "damaged %s data: %s", f->name, strerror(-rc));
}
