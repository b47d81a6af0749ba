/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs that serve TCP share.
 */
#ifndef NET_PROGRAMS_SERVER_H
#define NET_PROGRAMS_SERVER_H

#include "kernel/thread.h"
#include "kernel/types.h"

#include <lwip/tcp.h>

struct server {
	const char *name;
	u16 port;
	struct sem served; /* once for each that was served */
};

/*
 * server_start - have accept called, with the server as argument, for each connection to its port
 * Brings the network up first.  Return: 0, or 1 after a line that says why not.
 */
int server_start(struct server *server, tcp_accept_fn accept);

/* server_wait - until so many more have been served */
void server_wait(struct server *server, u64 count);

/* server_close - end a connection well, or at once where there is no memory for that; returns what recv must */
err_t server_close(struct tcp_pcb *pcb);

#endif
