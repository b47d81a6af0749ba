/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink and source: how fast TCP is, each with either end's bytes summed if asked.
 */
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/print.h"
#include "net/net-programs.h"
#include "net/programs/options.h"
#include "net/programs/server.h"
#include "net/stack.h"
#include "port/port.h"

#define PATTERN_BYTES 65521 /* a prime: a piece lost or swapped shifts all that follows */
#define POLL_HALF_SECONDS 1

struct stream {
	struct kind *kind;
	struct tcp_pcb *pcb;
	u64 began;
	u64 wanted, written, bytes; /* bytes: arrived, at either end */
	bool check, ended;
	u32 crc;
};

/* What streams are made with; the line of the shell or of the kernel decides for those that come later, too. */
static struct kind {
	struct server server;
	u64 bytes;
	bool check;
	bool failed; /* the last stream did not reach its end */
} sink = { .server.name = "sink" }, source = { .server.name = "source" };

static u32 crc_table[256];
static u8 *pattern;

static void tables_make(void)
{
	u32 i, k, c, x = 1;

	if (pattern)
		return;
	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
		crc_table[i] = c;
	}
	pattern = heap_alloc(PATTERN_BYTES);
	for (i = 0; i < PATTERN_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		pattern[i] = x >> 24;
	}
}

/* The CRC-32 of gzip and zlib. */
static u32 crc_add(u32 crc, const u8 *data, size_t n)
{
	crc = ~crc;
	while (n--)
		crc = crc_table[(u8)(crc ^ *data++)] ^ (crc >> 8);
	return ~crc;
}

static struct stream *stream_new(struct kind *kind, struct tcp_pcb *pcb)
{
	struct stream *s = heap_alloc(sizeof(*s));

	*s = (struct stream){ .kind = kind,
			      .pcb = pcb,
			      .began = port_time_ns(),
			      .wanted = kind->bytes,
			      .check = kind->check };
	tcp_arg(pcb, s);
	return s;
}

static void stream_over(struct stream *s, bool failed)
{
	struct server *server = &s->kind->server;
	u64 ns = port_time_ns() - s->began, tenths = s->bytes * 10000 / (ns + !ns);
	char crc[24] = "";

	if (s->check)
		format(crc, sizeof(crc), ", crc32 %08x", s->crc);
	printk("%s: %lu bytes, %lu.%03lu s, %lu.%lu MB/s%s%s\n", server->name, s->bytes, ns / 1000000000,
	       ns / 1000000 % 1000, tenths / 10, tenths % 10, crc, failed ? ", broken off" : "");
	s->kind->failed = failed;
	heap_free(s, sizeof(*s));
	sem_up(&server->served);
}

/* lwIP has freed the connection already. */
static void on_error(void *arg, err_t err)
{
	(void)err;
	stream_over(arg, true);
}

/* --- sink ------------------------------------------------------------------------------------- */

static err_t sink_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct stream *s = arg;
	struct pbuf *q;

	(void)err;
	if (!p) {
		stream_over(s, false);
		return server_close(pcb);
	}
	for (q = p; q; q = q->next) {
		s->bytes += q->len;
		if (s->check)
			s->crc = crc_add(s->crc, q->payload, q->len);
	}
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t sink_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err || !pcb)
		return ERR_VAL;
	stream_new(&sink, pcb);
	tcp_recv(pcb, sink_receive);
	tcp_err(pcb, on_error);
	return ERR_OK;
}

/* sink: from the shell once, for good; further calls change what is summed. */
int sink_main(int argc, char **argv)
{
	static bool started;

	tables_make();
	sink.check = option_number(argc, argv, "check", 0);
	sink.server.port = option_number(argc, argv, "port", 5001);
	if (!started && server_start(&sink.server, sink_accept))
		return 1;
	started = true;
	server_wait(&sink.server, option_number(argc, argv, "times", argc ? 0 : 1));
	return 0;
}

/* --- source ----------------------------------------------------------------------------------- */

/*
 * Put as much into the connection as it takes.  The end goes with the last bytes: whoever has the end
 * acknowledges at once, not when it is weary of waiting for more.
 */
static void source_pump(struct stream *s)
{
	u64 n;

	while ((n = MIN(s->wanted - s->written, tcp_sndbuf(s->pcb)))) {
		u32 at = s->written % PATTERN_BYTES;

		n = MIN(n, PATTERN_BYTES - at);
		if (tcp_write(s->pcb, pattern + at, n, TCP_WRITE_FLAG_COPY))
			break; /* no memory: again when something was sent, or polled */
		if (s->check)
			s->crc = crc_add(s->crc, pattern + at, n);
		s->written += n;
	}
	if (s->written == s->wanted && !s->ended)
		s->ended = !tcp_shutdown(s->pcb, false, true);
	tcp_output(s->pcb);
}

static err_t source_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	struct stream *s = arg;

	s->bytes = MIN(s->bytes + n, s->wanted); /* the end counts as a byte */
	if (s->bytes == s->wanted && s->ended) {
		stream_over(s, false);
		return server_close(pcb);
	}
	source_pump(s);
	return ERR_OK;
}

static err_t source_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)pcb;
	source_pump(arg);
	return ERR_OK;
}

/* The other side has nothing to say, and may say so before we are done. */
static err_t source_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg, (void)err;
	if (p) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	}
	return ERR_OK;
}

static err_t source_begin(struct stream *s)
{
	net_tcp_ready(s->pcb);
	s->began = port_time_ns();
	tcp_sent(s->pcb, source_sent);
	tcp_recv(s->pcb, source_receive);
	tcp_poll(s->pcb, source_poll, POLL_HALF_SECONDS);
	tcp_err(s->pcb, on_error);
	source_pump(s);
	return ERR_OK;
}

static err_t source_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err || !pcb)
		return ERR_VAL;
	return source_begin(stream_new(&source, pcb));
}

static err_t source_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)pcb, (void)err;
	return source_begin(arg);
}

static int source_connect(const ip_addr_t *to, u16 port)
{
	struct tcp_pcb *pcb;
	struct stream *s = NULL;

	net_lock();
	pcb = tcp_new();
	if (pcb) {
		s = stream_new(&source, pcb);
		tcp_err(pcb, on_error);
		if (tcp_connect(pcb, to, port, source_connected)) {
			tcp_abort(pcb);
		}
	}
	net_unlock();
	if (!s) {
		printk("source: no memory for a connection\n");
		return 1;
	}
	server_wait(&source.server, 1);
	return source.failed;
}

int source_main(int argc, char **argv)
{
	static bool started;
	char text[24];
	ip_addr_t to;

	tables_make();
	source.bytes = option_number(argc, argv, "bytes", 0) ?: 64 << 20;
	source.check = option_number(argc, argv, "check", 0);
	if (option_target(argc, argv, text, sizeof(text))) {
		if (!ipaddr_aton(text, &to)) {
			printk("source: '%s' is no address\n", text);
			return 1;
		}
		return net_up() ? 1 : source_connect(&to, option_number(argc, argv, "port", 5001));
	}
	source.server.port = option_number(argc, argv, "port", 5002);
	if (!started && server_start(&source.server, source_accept))
		return 1;
	started = true;
	server_wait(&source.server, option_number(argc, argv, "times", argc ? 0 : 1));
	return 0;
}
