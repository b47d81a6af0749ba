/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user image, as a piece of the kernel's.
 */
	.section .user, "a", @progbits
	.balign 4096
	.globl user_image, user_image_end
user_image:
	.incbin "user.bin"
user_image_end:
	.balign 4096

	.section .note.GNU-stack, "", @progbits
