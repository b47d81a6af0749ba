/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * httpd: one page, of what this guest counts; at /stats.json the same for programs.
 */
#include "drivers/grant.h"
#include "kernel/block.h"
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/net.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "net/net-programs.h"
#include "net/programs/options.h"
#include "net/programs/server.h"
#include "port/pv/pv.h"

#define REQUEST_MAX   1024 /* bytes before the empty line; more is answered with 400 */
#define ANSWER_MAX    8192
#define PATIENCE      10 /* seconds for the request */
#define POLL_A_SECOND 2

static struct server server = { .name = "httpd" };
static u64 pages; /* served; guarded by the stack's lock */

struct request {
	char text[REQUEST_MAX + 1];
	unsigned int length, seconds;
};

/* A text under way; what does not fit is left out. */
struct page {
	char text[ANSWER_MAX];
	size_t length;
	bool json;
	const char *comma; /* json: what goes before the next member */
};

static void __attribute__((format(printf, 2, 3))) add(struct page *page, const char *fmt, ...)
{
	size_t room = sizeof(page->text) - page->length;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vformat(page->text + page->length, room, fmt, ap);
	va_end(ap);
	page->length += MIN((size_t)n, room - 1);
}

/* One figure: a row of the page, or a member of the object. */
static void figure(struct page *page, const char *name, u64 value)
{
	if (page->json)
		add(page, "%s\"%s\":%lu", page->comma, name, value);
	else
		add(page, "<tr><td>%s<td>%lu\n", name, value);
	page->comma = ",";
}

static void group_begin(struct page *page, const char *name)
{
	if (page->json)
		add(page, "%s\"%s\":{", page->comma, name);
	else
		add(page, "<tr><th colspan=2>%s\n", name);
	page->comma = "";
}

static void group_end(struct page *page)
{
	if (page->json)
		add(page, "}");
	page->comma = ",";
}

static void add_cpus(struct page *page)
{
	unsigned int i;
	char name[16];

	for (i = 0; i < cpu_count; i++) {
		format(name, sizeof(name), "vcpu%u", i);
		group_begin(page, name);
		figure(page, "interrupts", cpus[i]->interrupts);
		figure(page, "timer_ticks", cpus[i]->ticks);
		group_end(page);
	}
}

static void add_devices(struct page *page)
{
	const struct net_device *net;
	const struct block_device *block;
	unsigned int i;

	for (i = 0; (net = net_nth(i)); i++) {
		group_begin(page, net->name);
		figure(page, "link", net->link);
		figure(page, "rx_frames", net->rx_frames);
		figure(page, "rx_bytes", net->rx_bytes);
		figure(page, "rx_dropped", net->rx_dropped);
		figure(page, "tx_frames", net->tx_frames);
		figure(page, "tx_bytes", net->tx_bytes);
		figure(page, "tx_dropped", net->tx_dropped);
		group_end(page);
	}
	for (i = 0; (block = block_nth(i)); i++) {
		group_begin(page, block->name);
		figure(page, "sectors", block->sectors);
		figure(page, "reads", block->requests[BLOCK_READ]);
		figure(page, "read_bytes", block->bytes[BLOCK_READ]);
		figure(page, "writes", block->requests[BLOCK_WRITE]);
		figure(page, "written_bytes", block->bytes[BLOCK_WRITE]);
		figure(page, "flushes", block->requests[BLOCK_FLUSH]);
		group_end(page);
	}
}

/* Events as they came, whatever CPU took them. */
static u64 events(void)
{
	evtchn_port_t port;
	u64 sum = 0;

	for (port = 1; port < EVTCHN_MAX; port++)
		if (evtchn_count(port) > 0)
			sum += evtchn_count(port);
	return sum;
}

static void add_figures(struct page *page)
{
	page->comma = "";
	figure(page, "vcpus", cpu_count);
	figure(page, "uptime_ms", port_time_ns() / 1000000);
	figure(page, "memory_kib", pages_total() * 4);
	figure(page, "memory_free_kib", pages_free_count() * 4);
	figure(page, "events", events());
	figure(page, "grants", grants_given());
	figure(page, "pages_served", pages);
	add_cpus(page);
	add_devices(page);
}

/* Return: the body's place in the text; what is before it is left for the head. */
static void body_make(struct page *page)
{
	if (page->json) {
		add(page, "{");
		add_figures(page);
		add(page, "}\n");
		return;
	}
	add(page, "<!doctype html><title>pv-guest</title>\n"
		  "<h1>A guest of Bonsai</h1>\n<table>\n");
	add_figures(page);
	add(page, "</table>\n<p><a href=/stats.json>as JSON</a>\n");
}

/* Head and body go out in two writes: the head holds the body's length. */
static void answer(struct tcp_pcb *pcb, const char *status, struct page *page)
{
	char head[192];
	int n = format(head, sizeof(head),
		       "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
		       page->json ? "application/json" : "text/html; charset=utf-8", page->length);

	if (!tcp_write(pcb, head, n, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE))
		tcp_write(pcb, page->text, page->length, TCP_WRITE_FLAG_COPY);
	tcp_output(pcb);
}

static bool asks(const struct request *request, const char *line)
{
	return !strncmp(request->text, line, strlen(line));
}

static void serve(struct tcp_pcb *pcb, const struct request *request)
{
	struct page *page = heap_alloc(sizeof(*page));
	const char *status = "200 OK";

	memset(page, 0, sizeof(*page));
	pages++;
	if (asks(request, "GET / ")) {
		body_make(page);
	} else if (asks(request, "GET /stats.json ")) {
		page->json = true;
		body_make(page);
	} else if (asks(request, "GET ")) {
		status = "404 Not Found";
		add(page, "There are / and /stats.json.\n");
	} else {
		status = "400 Bad Request";
		add(page, "GET it.\n");
	}
	answer(pcb, status, page);
	heap_free(page, sizeof(*page));
	sem_up(&server.served);
}

static err_t over(struct tcp_pcb *pcb, struct request *request)
{
	heap_free(request, sizeof(*request));
	return server_close(pcb);
}

static bool is_whole(const struct request *request)
{
	const char *p;

	for (p = request->text; *p; p++)
		if (!strncmp(p, "\r\n\r\n", 4) || !strncmp(p, "\n\n", 2))
			return true;
	return request->length == REQUEST_MAX;
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct request *request = arg;

	(void)err;
	if (!p)
		return over(pcb, request);
	request->length += pbuf_copy_partial(p, request->text + request->length, REQUEST_MAX - request->length, 0);
	request->text[request->length] = 0;
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	if (!is_whole(request))
		return ERR_OK;
	serve(pcb, request);
	return over(pcb, request);
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct request *request = arg;

	return ++request->seconds < PATIENCE ? ERR_OK : over(pcb, request);
}

static void on_error(void *arg, err_t err)
{
	(void)err;
	heap_free(arg, sizeof(struct request));
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct request *request;

	(void)arg;
	if (err || !pcb)
		return ERR_VAL;
	request = heap_alloc(sizeof(*request));
	memset(request, 0, sizeof(*request));
	tcp_arg(pcb, request);
	tcp_recv(pcb, on_receive);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_A_SECOND);
	return ERR_OK;
}

int httpd_main(int argc, char **argv)
{
	server.port = option_number(argc, argv, "port", 80);
	if (server_start(&server, on_accept))
		return 1;
	server_wait(&server, option_number(argc, argv, "requests", argc ? 0 : ~0UL));
	return 0;
}
