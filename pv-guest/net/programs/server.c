/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/programs/server.h"
#include "kernel/print.h"
#include "net/stack.h"

static err_t listen_begin(struct server *server, tcp_accept_fn accept)
{
	struct tcp_pcb *pcb = tcp_new(), *listening;
	err_t err;

	if (!pcb)
		return ERR_MEM;
	err = tcp_bind(pcb, IP_ADDR_ANY, server->port);
	listening = err ? NULL : tcp_listen(pcb);
	if (!listening) {
		tcp_close(pcb);
		return err ? err : ERR_MEM;
	}
	tcp_arg(listening, server);
	tcp_accept(listening, accept);
	return ERR_OK;
}

int server_start(struct server *server, tcp_accept_fn accept)
{
	err_t err;

	if (net_up())
		return 1;
	net_lock();
	err = listen_begin(server, accept);
	net_unlock();
	if (err)
		printk("%s: port %u: %s\n", server->name, server->port,
		       err == ERR_USE ? "there is a server already" : "no memory for it");
	else
		printk("%s: listening on port %u\n", server->name, server->port);
	return err != ERR_OK;
}

void server_wait(struct server *server, u64 count)
{
	while (count--)
		sem_down(&server->served);
}

err_t server_close(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
	if (!tcp_close(pcb))
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}
