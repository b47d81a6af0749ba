# SPDX-License-Identifier: GPL-2.0-only
#
# What xenstored-lite is made of; the tests build the same files their own way.

# The store itself: no I/O, can run anywhere.
store_core = \
	audit.c audit.h \
	conn.c conn.h \
	control.c \
	domain.c domain.h \
	node.c node.h \
	path.c path.h \
	perms.c perms.h \
	quota.c quota.h quotas.def \
	req-conn.c \
	req-node.c \
	request.c request.h requests.def \
	state-load.c \
	state.c state.h \
	store.c store.h \
	tree.c tree.h \
	txn.c txn.h \
	util.c util.h \
	watch.c watch.h

# The Linux process around it.
store_daemon = \
	daemon.c daemon.h \
	link.c link.h \
	live-update.c live-update.h \
	log.c \
	main.c \
	ring-link.c ring-link.h \
	ring.c ring.h \
	sock.c \
	systemd.c \
	xen.c xen.h

store_cppflags = -D_GNU_SOURCE -DXSL_VERSION='"$(PACKAGE_VERSION)"'
store_libs = -lxenevtchn -lxengnttab -lxenforeignmemory -lxencall -lxenstore -lev
