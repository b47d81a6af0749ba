/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frames INTERFACE MAC: send frames that somebody at that address sends back, and compare them.
 *
 * Plain ones of all sizes; then TCP segments of up to 64 KiB that the other side must take as one,
 * checksum left blank, as a card with offload gets them.  A packet socket with virtio headers says
 * and hears of both.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_PLAIN 0x88b5 /* for experiments */
#define IP	   20
#define TCP	   20
#define HEADERS	   (ETH_HLEN + IP + TCP)
#define MSS	   1448
#define WAIT_MS	   2000
#define BATCH	   8

static int sock;
static unsigned char here[6] = { 2, 0, 0, 0, 0, 1 }, there[6];

struct packet {
	struct virtio_net_hdr head;
	unsigned char frame[65536 + 64];
} __attribute__((packed));

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void open_socket(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int on = 1, room = 4 << 20;

	at.sll_ifindex = if_nametoindex(name);
	sock = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (sock < 0 || !at.sll_ifindex)
		die(name);
	if (setsockopt(sock, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		die("PACKET_VNET_HDR");
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)))
		die("bind");
}

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static unsigned int sum16(const unsigned char *p, size_t n, unsigned int sum)
{
	for (; n > 1; n -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void fill(unsigned char *p, size_t n, unsigned int seed)
{
	while (n--) {
		seed = seed * 1103515245 + 12345;
		*p++ = seed >> 16;
	}
}

static void addresses(struct packet *p, unsigned int type)
{
	memset(&p->head, 0, sizeof(p->head));
	memcpy(p->frame, there, 6);
	memcpy(p->frame + 6, here, 6);
	put16(p->frame + 12, type);
}

static size_t make_plain(struct packet *p, size_t bytes, unsigned int seed)
{
	addresses(p, TYPE_PLAIN);
	put16(p->frame + 14, seed);
	fill(p->frame + 16, bytes - 16, seed);
	return bytes;
}

/* The TCP checksum holds the sum of the pseudo header only: who sends it on for real adds the rest. */
static size_t make_tcp(struct packet *p, size_t payload, unsigned int seed)
{
	unsigned char *ip = p->frame + ETH_HLEN, *tcp = ip + IP,
		      pseudo[12] = { 10, 8, 0, 1, 10, 8, 0, 2, 0, 6 };
	size_t bytes = HEADERS + payload;

	addresses(p, ETH_P_IP);
	memset(ip, 0, IP + TCP);
	ip[0] = 0x45;
	put16(ip + 2, bytes - ETH_HLEN);
	put16(ip + 4, seed);
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, pseudo, 8);
	put16(ip + 10, ~sum16(ip, IP, 0));
	put16(tcp, 1000);
	put16(tcp + 2, 2000);
	tcp[12] = TCP / 4 << 4;
	tcp[13] = 0x10;
	put16(pseudo + 10, TCP + payload);
	put16(tcp + 16, sum16(pseudo, 12, 0));
	fill(tcp + TCP, payload, seed);
	p->head.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->head.csum_start = ETH_HLEN + IP;
	p->head.csum_offset = 16;
	p->head.hdr_len = HEADERS;
	if (payload > MSS) {
		p->head.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		p->head.gso_size = MSS;
	}
	return bytes;
}

/* Return: its length, 0: nothing came; frames of others are passed over. */
static size_t receive(struct packet *p)
{
	struct pollfd wait = { .fd = sock, .events = POLLIN };
	ssize_t n;

	while (poll(&wait, 1, WAIT_MS) > 0) {
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);

		n = recvfrom(sock, p, sizeof(*p), 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno != ENETDOWN)
			die("receive");
		if (n > (ssize_t)sizeof(p->head) && from.sll_pkttype != PACKET_OUTGOING &&
		    !memcmp(p->frame, here, 6))
			return n - sizeof(p->head);
	}
	return 0;
}

/* All but the addresses, which change places, is as it was sent. */
static bool same(const struct packet *a, size_t n, const struct packet *b, size_t m)
{
	return n == m && !memcmp(a->frame + 12, b->frame + 12, n - 12) &&
	       !memcmp(b->frame + 6, there, 6) && a->head.gso_type == b->head.gso_type &&
	       a->head.gso_size == b->head.gso_size &&
	       (a->head.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ==
		       (b->head.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* Some at once, then as many back, in order.  Return: how many were not as they should be. */
static unsigned int exchange(size_t (*make)(struct packet *, size_t, unsigned int),
			     const size_t *sizes, unsigned int count)
{
	static struct packet sent[BATCH], back;
	size_t bytes[BATCH], n;
	unsigned int i, bad = 0;

	for (i = 0; i < count; i++) {
		bytes[i] = make(&sent[i], sizes[i], i * 7919 + sizes[i]);
		if (write(sock, &sent[i], sizeof(sent[i].head) + bytes[i]) < 0)
			die("send");
	}
	for (i = 0; i < count; i++) {
		n = receive(&back);
		if (same(&sent[i], bytes[i], &back, n))
			continue;
		printf("sent %zu bytes flags %u gso %u/%u, back %zu flags %u gso %u/%u\n", bytes[i],
		       sent[i].head.flags, sent[i].head.gso_type, sent[i].head.gso_size, n,
		       back.head.flags, back.head.gso_type, back.head.gso_size);
		bad++;
		if (!n)
			return bad + count - i - 1;
	}
	return bad;
}

int main(int argc, char **argv)
{
	static const size_t tcp[] = { 1,    100,   1448,  1449,	 2896, 4096,
				      8000, 16384, 30000, 40001, 65160 };
	unsigned int i, n, total = 0, bad = 0;
	size_t sizes[BATCH];

	if (argc != 3 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", there, there + 1,
				there + 2, there + 3, there + 4, there + 5) != 6) {
		fprintf(stderr, "usage: frames INTERFACE MAC\n");
		return 2;
	}
	open_socket(argv[1]);
	for (n = 0; n < 100 && bad < 5; n++) {
		for (i = 0; i < BATCH; i++)
			sizes[i] = 60 + (n * BATCH + i) * 29 % (1515 - 60);
		bad += exchange(make_plain, sizes, BATCH);
		total += BATCH;
	}
	for (n = 0; n < 4 * sizeof(tcp) / sizeof(*tcp) && bad < 5; n++) {
		bad += exchange(make_tcp, &tcp[n % (sizeof(tcp) / sizeof(*tcp))], 1);
		total++;
	}
	printf("%u frames, %u not as they were sent\n", total, bad);
	return bad != 0;
}
