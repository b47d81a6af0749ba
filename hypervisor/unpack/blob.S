/* SPDX-License-Identifier: GPL-2.0-only */
/* The unpack stage as data of the image; UNPACK_IMAGE is its flat file. */
	.section .init.data, "aw"
	.balign	16
	.globl	unpack_blob, unpack_blob_end
unpack_blob:
	.incbin	UNPACK_IMAGE
unpack_blob_end:

	.section .note.GNU-stack, "", @progbits
