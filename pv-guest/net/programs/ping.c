/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ping: echo requests, one at a time, and how long their answers took.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "net/net-programs.h"
#include "net/programs/options.h"
#include "net/stack.h"
#include "port/port.h"

#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/ip4.h>
#include <lwip/raw.h>
#include <lwip/timeouts.h>

#define LATE_MS	  1000
#define BYTES_MAX 60000

struct ping {
	ip_addr_t target;
	struct raw_pcb *pcb;
	u16 id, sequence, bytes;
	u64 sent; /* when; 0: no answer is waited for */
	u64 took; /* 0: none came */
	struct sem over;
};

static void turn_over(struct ping *ping, u64 took)
{
	ping->took = took;
	ping->sent = 0;
	sem_up(&ping->over);
}

static void on_late(void *arg)
{
	turn_over(arg, 0);
}

/* Every ICMP message passes here: ours is the answer with our number; others go on to lwIP. */
static u8_t on_message(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	struct ping *ping = arg;
	struct icmp_echo_hdr echo;

	(void)pcb;
	if (pbuf_copy_partial(p, &echo, sizeof(echo), IP_HLEN) != sizeof(echo) || ICMPH_TYPE(&echo) != ICMP_ER ||
	    echo.id != lwip_htons(ping->id) || echo.seqno != lwip_htons(ping->sequence) || !ping->sent ||
	    !ip_addr_cmp(from, &ping->target))
		return 0;
	pbuf_free(p);
	sys_untimeout(on_late, ping);
	turn_over(ping, port_time_ns() - ping->sent);
	return 1;
}

/* Return: whether it is on its way; if so over will be raised. */
static bool request_send(struct ping *ping)
{
	struct pbuf *p = pbuf_alloc(PBUF_IP, sizeof(struct icmp_echo_hdr) + ping->bytes, PBUF_RAM);
	struct icmp_echo_hdr *echo;
	u8 *data;
	u16 i;
	err_t err;

	if (!p)
		return false;
	echo = p->payload;
	ICMPH_TYPE_SET(echo, ICMP_ECHO);
	ICMPH_CODE_SET(echo, 0);
	echo->id = lwip_htons(ping->id);
	echo->seqno = lwip_htons(++ping->sequence);
	echo->chksum = 0;
	data = (u8 *)(echo + 1);
	for (i = 0; i < ping->bytes; i++)
		data[i] = i;
	echo->chksum = inet_chksum(echo, p->len);
	sys_timeout(LATE_MS, on_late, ping);
	ping->sent = port_time_ns();
	err = raw_sendto(ping->pcb, p, &ping->target);
	pbuf_free(p);
	if (err) {
		ping->sent = 0;
		sys_untimeout(on_late, ping);
	}
	return !err;
}

/* Return: how long it took in ns, or 0. */
static u64 turn(struct ping *ping)
{
	bool sent;

	net_lock();
	sent = request_send(ping);
	net_unlock();
	if (!sent) {
		printk("ping: %u could not be sent\n", ping->sequence);
		return 0;
	}
	sem_down(&ping->over);
	if (ping->took)
		printk("ping: %u bytes, number %u, %lu.%03lu ms\n", ping->bytes, ping->sequence,
		       ping->took / 1000000, ping->took / 1000 % 1000);
	else
		printk("ping: number %u, no answer\n", ping->sequence);
	return ping->took;
}

static int turns(struct ping *ping, unsigned int count, u64 pause)
{
	u64 least = ~0UL, most = 0, sum = 0, took;
	unsigned int i, answers = 0;

	for (i = 0; i < count; i++) {
		if (i && pause)
			thread_sleep(pause);
		took = turn(ping);
		if (!took)
			continue;
		answers++;
		sum += took;
		least = MIN(least, took);
		most = most > took ? most : took;
	}
	printk("ping: %u sent, %u answered\n", count, answers);
	if (answers) {
		sum /= answers;
		printk("ping: min/avg/max %lu.%03lu/%lu.%03lu/%lu.%03lu ms\n", least / 1000000, least / 1000 % 1000,
		       sum / 1000000, sum / 1000 % 1000, most / 1000000, most / 1000 % 1000);
	}
	return answers != count;
}

int ping_main(int argc, char **argv)
{
	struct ping ping = { .id = net_random() };
	char text[24];
	int rc;

	if (!option_target(argc, argv, text, sizeof(text)) || !ipaddr_aton(text, &ping.target)) {
		printk("ping: whom? target=A.B.C.D count=4 interval=MS size=N\n");
		return 1;
	}
	ping.bytes = MIN(option_number(argc, argv, "size", 56), BYTES_MAX);
	if (net_up())
		return 1;
	net_lock();
	ping.pcb = raw_new(IP_PROTO_ICMP);
	if (ping.pcb) {
		raw_recv(ping.pcb, on_message, &ping);
		raw_bind(ping.pcb, IP_ADDR_ANY);
	}
	net_unlock();
	if (!ping.pcb) {
		printk("ping: too many at once\n");
		return 1;
	}
	rc = turns(&ping, option_number(argc, argv, "count", 4), option_number(argc, argv, "interval", 200) * MSEC);
	net_lock();
	raw_remove(ping.pcb);
	net_unlock();
	return rc;
}
