/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fetch: what an HTTP server answers, on the console.
 */
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "net/net-programs.h"
#include "net/programs/options.h"
#include "net/programs/server.h"
#include "net/stack.h"

#include <lwip/tcp.h>

#define LINE 128
#define HALF_SECONDS 20 /* without a byte */

struct fetch {
	char host[24], path[64];
	char line[LINE];
	size_t length;
	u64 bytes;
	unsigned int idle;
	bool failed;
	struct sem over;
};

static void line_end(struct fetch *f)
{
	f->line[f->length] = 0;
	printk("%s\n", f->line);
	f->length = 0;
}

static void say(struct fetch *f, const u8 *data, size_t n)
{
	f->bytes += n;
	for (; n; n--, data++) {
		if (*data == '\n' || f->length == LINE - 1)
			line_end(f);
		if (*data >= ' ')
			f->line[f->length++] = *data;
	}
}

static void finish(struct fetch *f, bool failed)
{
	if (f->length)
		line_end(f);
	f->failed = failed;
	sem_up(&f->over);
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct fetch *f = arg;
	struct pbuf *q;

	(void)err;
	if (!p) {
		finish(f, false);
		return server_close(pcb);
	}
	f->idle = 0;
	for (q = p; q; q = q->next)
		say(f, q->payload, q->len);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct fetch *f = arg;

	if (++f->idle < HALF_SECONDS)
		return ERR_OK;
	finish(f, true);
	return server_close(pcb);
}

static void on_error(void *arg, err_t err)
{
	(void)err;
	finish(arg, true);
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct fetch *f = arg;
	char text[192];
	int n = format(text, sizeof(text), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", f->path, f->host);

	(void)err;
	tcp_write(pcb, text, n, TCP_WRITE_FLAG_COPY);
	return tcp_output(pcb);
}

static bool begin(struct fetch *f, const ip_addr_t *to, u16 port)
{
	struct tcp_pcb *pcb = tcp_new();

	if (!pcb)
		return false;
	tcp_arg(pcb, f);
	tcp_recv(pcb, on_receive);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, 1);
	if (tcp_connect(pcb, to, port, on_connected))
		tcp_abort(pcb);
	return true;
}

int fetch_main(int argc, char **argv)
{
	struct fetch f = { .path = "/" };
	ip_addr_t to;
	bool begun;

	if (!option_target(argc, argv, f.host, sizeof(f.host)) || !ipaddr_aton(f.host, &to)) {
		printk("fetch: from whom? target=A.B.C.D port=80 path=/\n");
		return 1;
	}
	option_text(argc, argv, "path", f.path, sizeof(f.path));
	if (net_up())
		return 1;
	net_lock();
	begun = begin(&f, &to, option_number(argc, argv, "port", 80));
	net_unlock();
	if (begun)
		sem_down(&f.over);
	printk("fetch: %lu bytes from %s%s\n", f.bytes, f.host, begun && !f.failed ? "" : ", not all well");
	return !begun || f.failed;
}
