# SPDX-License-Identifier: GPL-2.0-only
#
# What libbonsai and bonsai are made of; the tests build the same files their own way.

tools_library = \
	bonsai.h \
	build.c \
	burst.c burst.h \
	cache.c \
	config-keys.def \
	config-syntax.c config-syntax.h \
	config.c \
	console.c \
	core.c \
	create.c \
	ctl.c \
	device.c device.h \
	disk.c \
	domain.c \
	hash.c hash.h \
	host.c \
	image.c \
	layout.c \
	store.c \
	unpack.c \
	vcpu.c \
	vif.c

tools_program = \
	cli.h \
	cmd-device.c \
	cmd-host.c \
	cmd-life.c \
	cmd-list.c \
	cmd-top.c \
	cmd-trace.c \
	cmd-vcpu.c \
	commands.c \
	commands.def \
	main.c \
	out.c \
	trace-decode.c \
	trace-ring.c \
	trace-show.c \
	trace-table.c \
	trace.h

tools_consoled = consoled.c consoled.h console-guest.c log.c
tools_daemon = bonsaid.c
tools_init = init-dom0.c
tools_blockd = blockd.c blockd.h blockd-disk.c blockd-io.c blockd-queue.c blockd-ring.c blockd-ring.h

tools_cppflags = -D_GNU_SOURCE -D__XEN_TOOLS__
tools_libs = -lxencall -lxenforeignmemory -lxenstore -lxentoollog -ljansson -lz -llzma -lzstd -llz4
tools_console_libs = -lxenevtchn -lxengnttab
tools_blockd_libs = $(tools_console_libs) -luring
tools_screen_libs = -lncurses -ltinfo
