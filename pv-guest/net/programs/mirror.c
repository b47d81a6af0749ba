/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mirror: the stack against a device that sends everything back, without hypervisor or driver.
 *
 * What goes to a neighbour comes back as if the neighbour had sent it to us: addresses are swapped, ports are not,
 * so the stack connects to its own servers, and pings itself, through the whole way of a frame.  The device does
 * with a frame what the other side of a real one would: it completes checksums that were left to it (the stack
 * then checks them), cuts frames of many segments into single ones (with split=1), has a ring that gets full, and
 * loses every Nth segment with data (drop=N).  With mangle=N before every Nth frame comes one like it but for a bit, mostly of
 * its headers, called valid, so that no checksum stands before the code that must cope with it.  A frame that breaks the contract of kernel/net.h is told.
 *
 *	netif=mirror0 ip=A.B.C.D/N target=(a neighbour) csum=1 gso=1 split=0 drop=0 mangle=0
 *	bytes=N streams=1
 */
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/net.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "net/net-programs.h"
#include "net/programs/options.h"
#include "net/stack.h"

#include <lwip/etharp.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>

#define SLOTS	 16
#define MTU	 1500
#define HEADERS	 (SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
#define NEIGHBOUR { 2, 0, 0, 0, 0, 2 }

struct slot {
	struct net_frame frame;
	u8 *data;
};

static struct mirror {
	struct net_device dev;
	bool split;
	u64 drop, mangle, counted, dropped, mangled, refused, cut; /* of the device's thread, but refused */
	struct sem queued;
	struct spinlock lock;
	bool was_full; /* guarded by lock, as the rest */
	unsigned int head, count;
	struct slot slots[SLOTS];
} mirror = { .dev = { .name = "mirror0", .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = MTU, .link = true } };

static bool is_allowed(const struct net_frame *f)
{
	u32 most = f->gso_size ? mirror.dev.gso_max : MTU + SIZEOF_ETH_HDR;

	return f->bytes >= SIZEOF_ETH_HDR && f->bytes <= most && (!f->csum_blank || mirror.dev.can_csum) &&
	       (!f->gso_size || f->csum_blank);
}

static int mirror_send(struct net_device *dev, const struct net_frame *frame)
{
	struct slot slot = { .frame = *frame };
	bool irqs;

	(void)dev;
	if (!is_allowed(frame)) {
		printk("mirror: not allowed: %u bytes, gso_size %u\n", frame->bytes, frame->gso_size);
		mirror.refused++;
		return -EINVAL;
	}
	irqs = spin_lock(&mirror.lock);
	if (mirror.count == SLOTS) {
		mirror.was_full = true;
		spin_unlock(&mirror.lock, irqs);
		return -EAGAIN;
	}
	slot.frame.data = slot.data = heap_alloc(frame->bytes);
	memcpy(slot.data, frame->data, frame->bytes);
	mirror.slots[(mirror.head + mirror.count++) % SLOTS] = slot;
	spin_unlock(&mirror.lock, irqs);
	mirror.dev.tx_frames++;
	mirror.dev.tx_bytes += frame->bytes;
	sem_up(&mirror.queued);
	return 0;
}

/* A frame like this one, but for a bit. */
static void deliver_mangled(const struct net_frame *frame)
{
	u32 dice = net_random(), most = dice & 7 ? MIN(frame->bytes, HEADERS) : frame->bytes;
	struct net_frame f = *frame;
	u8 *data = heap_alloc(f.bytes);

	memcpy(data, f.data, f.bytes);
	data[net_random() % most] ^= 1 << (dice >> 29);
	f.data = data;
	f.data_valid = true;
	mirror.dev.receive(&mirror.dev, &f);
	heap_free(data, f.bytes);
	mirror.mangled++;
}

static void deliver(const struct net_frame *frame)
{
	mirror.dev.rx_frames++;
	mirror.dev.rx_bytes += frame->bytes;
	if (mirror.mangle && !(mirror.dev.rx_frames % mirror.mangle))
		deliver_mangled(frame);
	mirror.dev.receive(&mirror.dev, frame);
}

/* A question who has a neighbour's address becomes the answer. */
static void turn_arp(struct etharp_hdr *arp, const u8 *neighbour)
{
	struct ip4_addr_wordaligned from = arp->sipaddr, to = arp->dipaddr;

	arp->opcode = PP_HTONS(ARP_REPLY);
	memcpy(&arp->dhwaddr, &arp->shwaddr, ETH_HWADDR_LEN);
	memcpy(&arp->shwaddr, neighbour, ETH_HWADDR_LEN);
	arp->sipaddr = to;
	arp->dipaddr = from;
}

/* Return: whether there is anything to send back. */
static bool turn_round(u8 *data)
{
	static const u8 neighbour[ETH_HWADDR_LEN] = NEIGHBOUR;
	struct eth_hdr *eth = (void *)data;
	struct ip_hdr *ip = (void *)(data + SIZEOF_ETH_HDR);
	u32 from = ip->src.addr;

	memcpy(&eth->dest, mirror.dev.mac, ETH_HWADDR_LEN);
	memcpy(&eth->src, neighbour, ETH_HWADDR_LEN);
	if (eth->type == PP_HTONS(ETHTYPE_ARP)) {
		struct etharp_hdr *arp = (void *)ip;

		if (memcmp(&arp->sipaddr, &arp->dipaddr, sizeof(arp->sipaddr)))
			turn_arp(arp, neighbour);
		else
			return false; /* "this is me", to all */
		return true;
	}
	ip->src.addr = ip->dest.addr;
	ip->dest.addr = from;
	return true;
}

static u16 sum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Add to a sum that holds the pseudo header's what the TCP header and the payload make. */
static void sum_complete(struct ip_hdr *ip, u32 bytes)
{
	struct tcp_hdr *tcp = (void *)((u8 *)ip + IP_HLEN);

	tcp->chksum = inet_chksum(tcp, bytes - IP_HLEN);
}

/* One segment of the frame as a frame of its own. */
static void cut_one(const struct net_frame *whole, u32 at, u32 bytes, bool last, u8 *out)
{
	struct ip_hdr *ip = (void *)(out + SIZEOF_ETH_HDR);
	struct tcp_hdr *tcp = (void *)(ip + 1);
	struct net_frame one = { .data = out, .bytes = HEADERS + bytes };
	u16 before;

	memcpy(out, whole->data, HEADERS);
	memcpy(out + HEADERS, whole->data + HEADERS + at, bytes);
	before = lwip_htons(whole->bytes - SIZEOF_ETH_HDR - IP_HLEN);
	IPH_LEN_SET(ip, lwip_htons(one.bytes - SIZEOF_ETH_HDR));
	IPH_CHKSUM_SET(ip, 0);
	IPH_CHKSUM_SET(ip, inet_chksum(ip, IP_HLEN));
	tcp->seqno = lwip_htonl(lwip_ntohl(tcp->seqno) + at);
	if (!last)
		TCPH_UNSET_FLAG(tcp, TCP_FIN | TCP_PSH);
	/* The pseudo header's sum has the long length in it: out with that, in with the short one. */
	tcp->chksum = sum_fold(tcp->chksum + (u16)~before + lwip_htons(one.bytes - SIZEOF_ETH_HDR - IP_HLEN));
	sum_complete(ip, one.bytes - SIZEOF_ETH_HDR);
	deliver(&one);
}

static void cut(const struct net_frame *whole)
{
	u32 payload = whole->bytes - SIZEOF_ETH_HDR - IP_HLEN - TCP_HLEN, at, bytes;
	u8 *out = heap_alloc(MTU + SIZEOF_ETH_HDR);

	for (at = 0; at < payload; at += bytes) {
		bytes = MIN(payload - at, whole->gso_size);
		cut_one(whole, at, bytes, at + bytes == payload, out);
	}
	heap_free(out, MTU + SIZEOF_ETH_HDR);
	mirror.cut++;
}

static bool is_lost(const struct net_frame *f)
{
	if (!mirror.drop || f->bytes < 500 || ++mirror.counted % mirror.drop)
		return false;
	mirror.dropped++;
	return true;
}

static void send_back(struct slot *slot)
{
	struct net_frame f = slot->frame;

	if (is_lost(&f) || !turn_round(slot->data))
		return;
	if (f.gso_size && mirror.split) {
		cut(&f);
	} else if (f.gso_size) {
		deliver(&f); /* as between guests: the sum is nobody's business */
	} else {
		if (f.csum_blank)
			sum_complete((void *)(slot->data + SIZEOF_ETH_HDR), f.bytes - SIZEOF_ETH_HDR);
		f.csum_blank = false;
		deliver(&f);
	}
}

static void mirror_thread(void *arg)
{
	struct slot slot;
	bool irqs, was_full;

	(void)arg;
	for (;;) {
		sem_down(&mirror.queued);
		irqs = spin_lock(&mirror.lock);
		slot = mirror.slots[mirror.head];
		mirror.head = (mirror.head + 1) % SLOTS;
		mirror.count--;
		was_full = mirror.was_full && !mirror.count;
		if (was_full)
			mirror.was_full = false;
		spin_unlock(&mirror.lock, irqs);
		send_back(&slot);
		heap_free(slot.data, slot.frame.bytes);
		if (was_full)
			mirror.dev.writable(&mirror.dev);
	}
}

/* All programs, each against itself. */
static int check(u64 streams)
{
	char *sink[] = { "sink" }, *httpd[] = { "httpd" };
	int rc = ping_main(0, NULL);

	rc |= sink_main(1, sink);
	while (streams--)
		rc |= source_main(0, NULL);
	rc |= httpd_main(1, httpd);
	rc |= fetch_main(0, NULL);
	rc |= net_main(0, NULL);
	return rc || mirror.refused;
}

int mirror_main(int argc, char **argv)
{
	int rc;

	mirror.dev.can_csum = option_number(argc, argv, "csum", 1);
	mirror.dev.gso_max = option_number(argc, argv, "gso", 1) ? NET_FRAME_MAX : 0;
	mirror.split = option_number(argc, argv, "split", 0);
	mirror.drop = option_number(argc, argv, "drop", 0);
	mirror.mangle = option_number(argc, argv, "mangle", 0);
	mirror.dev.send = mirror_send;
	thread_start("mirror", 0, mirror_thread, NULL, NULL);
	net_register(&mirror.dev);
	rc = check(option_number(argc, argv, "streams", 1));
	printk("mirror: %lu lost, %lu cut, %lu mangled, %lu not allowed\n", mirror.dropped, mirror.cut, mirror.mangled,
	       mirror.refused);
	printk("mirror: %s\n", rc ? "something went wrong" : "all went well");
	return rc;
}
