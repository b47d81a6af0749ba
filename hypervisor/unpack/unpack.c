/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The four compressions that Linux kernels come in, each by its usual library: zlib, liblzma, libzstd, liblz4.
 */
#include "unpack/libc.h"
#include "unpack/unpack.h"

#include <lz4.h>
#include <lzma.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static const char *unpack_gzip(struct unpack_job *job)
{
	z_stream z = {
		.next_in = (unsigned char *)job->src, .avail_in = job->src_size,
		.next_out = job->dst, .avail_out = job->dst_size,
	};

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return "not enough memory to unpack gzip";
	if (inflate(&z, Z_FINISH) != Z_STREAM_END)
		return "the gzip payload is damaged or cut off";
	job->dst_size = z.total_out;
	return NULL;
}

static const char *unpack_xz(struct unpack_job *job)
{
	uint64_t limit = UINT64_MAX;
	size_t in = 0, out = 0;
	lzma_ret rc = lzma_stream_buffer_decode(&limit, 0, NULL, job->src, &in, job->src_size,
						job->dst, &out, job->dst_size);

	if (rc == LZMA_MEM_ERROR)
		return "not enough memory to unpack xz";
	if (rc != LZMA_OK)
		return "the xz payload is damaged or cut off";
	job->dst_size = out;
	return NULL;
}

static const char *unpack_zstd(struct unpack_job *job)
{
	size_t size = ZSTD_findFrameCompressedSize(job->src, job->src_size);
	ZSTD_DCtx *ctx = ZSTD_createDCtx();

	if (!ctx)
		return "not enough memory to unpack zstd";
	if (ZSTD_isError(size))
		return "the zstd payload is damaged or cut off";
	size = ZSTD_decompressDCtx(ctx, job->dst, job->dst_size, job->src, size);
	if (ZSTD_isError(size))
		return "the zstd payload is damaged or cut off";
	job->dst_size = size;
	return NULL;
}

/* The legacy frame: magic, then blocks of up to 8 MiB, each behind its compressed size. */
static const char *unpack_lz4(struct unpack_job *job)
{
	const unsigned char *p = job->src + 4, *end = job->src + job->src_size;
	size_t out = 0;

	while (end - p >= 4) {
		uint32_t n;
		int made;

		memcpy(&n, p, 4);
		/* Behind the last block stands the unpacked size, which is no block of what is left. */
		if (n > (size_t)(end - p) - 4 || !n)
			break;
		made = LZ4_decompress_safe((const char *)p + 4, (char *)job->dst + out, n,
					   job->dst_size - out > INT32_MAX ? INT32_MAX : job->dst_size - out);
		if (made < 0)
			return "the lz4 payload is damaged or cut off";
		out += made;
		p += 4 + n;
	}
	if (!out)
		return "the lz4 payload is damaged or cut off";
	job->dst_size = out;
	return NULL;
}

/* Constructors of the libraries: liblzma picks its CRC code in one. */
extern void (*init_array_start[])(void), (*init_array_end[])(void);

const char *unpack(struct unpack_job *job);
const char *unpack(struct unpack_job *job)
{
	static const struct {
		unsigned char magic[6];
		unsigned int len;
		const char *(*fn)(struct unpack_job *job);
	} formats[] = {
		{ { 0x1f, 0x8b }, 2, unpack_gzip },
		{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
		{ { 0x02, 0x21, 0x4c, 0x18 }, 4, unpack_lz4 },
	};

	arena_init(job->arena, job->arena_size);
	for (void (**fn)(void) = init_array_start; fn < init_array_end; fn++)
		(*fn)();
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (job->src_size >= 8 && !memcmp(job->src, formats[i].magic, formats[i].len))
			return formats[i].fn(job);
	return "the payload's compression is none of gzip, xz, zstd, lz4";
}
