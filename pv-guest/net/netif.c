/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lwIP's interface over a net_device: frames in, frames out, and what the device's offloads spare us.
 *
 * Checksums: those of TCP are left to the other side where it takes that (can_csum), and believed where it says
 * so (data_valid); both are decided for the frame at hand.  UDP and ICMP carry little here and are summed.
 *
 * Segments: a frame that stands for many of TCP's (GSO) costs one grant copy and one turn through both stacks
 * instead of forty.  lwIP knows no such thing, but it sends whatever pcb->mss says is one segment: net_tcp_ready()
 * raises that of an established connection to a multiple, and gso_size tells the device what was agreed on.
 * A lost piece makes lwIP send the whole frame again, which between the domains of a machine is rare.
 */
#include "kernel/errno.h"
#include "kernel/net.h"
#include "kernel/string.h"
#include "net/stack.h"

#include <lwip/etharp.h>
#include <lwip/ip4_frag.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <netif/ethernet.h>

#define TCP_HEADERS (SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
#define FRAME_LIMIT 65535 /* what a pbuf can count, with the Ethernet header */

static struct net_device *device_of(const struct netif *netif)
{
	return netif->state;
}

/**
 * net_segment_max - the most payload of a TCP frame
 * Many segments, if the device takes that and they are of the one size we speak of.
 */
u32 net_segment_max(const struct netif *netif)
{
	const struct net_device *dev = device_of(netif);
	u32 bytes = MIN(dev->gso_max, FRAME_LIMIT);

	if (bytes < TCP_HEADERS + 2 * TCP_MSS || dev->mtu < TCP_MSS + IP_HLEN + TCP_HLEN || !dev->can_csum)
		return TCP_MSS;
	return (bytes - TCP_HEADERS) / TCP_MSS * TCP_MSS;
}

/* The IPv4 header of a frame that carries TCP unfragmented, else NULL. */
static struct ip_hdr *tcp_packet(const u8 *data, u32 bytes)
{
	const struct eth_hdr *eth = (const void *)data;
	struct ip_hdr *ip = (void *)(data + SIZEOF_ETH_HDR);

	if (bytes < TCP_HEADERS || eth->type != PP_HTONS(ETHTYPE_IP) || IPH_PROTO(ip) != IP_PROTO_TCP ||
	    IPH_HL_BYTES(ip) != IP_HLEN || IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF))
		return NULL;
	return ip;
}

/* The sum that whoever completes the checksum starts from. */
static void pseudo_sum(struct ip_hdr *ip)
{
	struct tcp_hdr *tcp = (void *)((u8 *)ip + IP_HLEN);
	u32 from = ip->src.addr, to = ip->dest.addr;
	u32 sum = (from & 0xffff) + (from >> 16) + (to & 0xffff) + (to >> 16) + PP_HTONS(IP_PROTO_TCP) +
		  lwip_htons(lwip_ntohs(IPH_LEN(ip)) - IP_HLEN);

	sum = (sum & 0xffff) + (sum >> 16);
	tcp->chksum = (sum & 0xffff) + (sum >> 16);
}

static err_t frame_send(struct net_device *dev, struct pbuf *p)
{
	struct net_frame frame = { .data = p->payload, .bytes = p->tot_len };
	struct ip_hdr *ip = dev->can_csum ? tcp_packet(frame.data, frame.bytes) : NULL;

	if (ip) {
		pseudo_sum(ip);
		frame.csum_blank = true;
		if (frame.bytes > dev->mtu + SIZEOF_ETH_HDR)
			frame.gso_size = TCP_MSS;
	}
	switch (dev->send(dev, &frame)) {
	case 0:
		return ERR_OK;
	case -EAGAIN: /* TCP keeps the segment until on_writable() */
		return ERR_WOULDBLOCK;
	default:
		return ERR_IF;
	}
}

/* LWIP_NETIF_TX_SINGLE_PBUF: only an echo that came in fragments goes back in pieces. */
static err_t link_output(struct netif *netif, struct pbuf *p)
{
	struct pbuf *whole;
	err_t err;

	if (!p->next)
		return frame_send(device_of(netif), p);
	whole = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (!whole)
		return ERR_MEM;
	err = frame_send(device_of(netif), whole);
	pbuf_free(whole);
	return err;
}

/*
 * lwIP cuts what is longer than netif->mtu into fragments, so that says 65535 where frames may stand for many
 * segments; everything but TCP is cut here.
 */
static err_t packet_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	const struct ip_hdr *ip = p->payload;
	u16_t mtu = netif->mtu;
	err_t err;

	if (p->tot_len <= device_of(netif)->mtu || IPH_PROTO(ip) == IP_PROTO_TCP)
		return etharp_output(netif, p, to);
	netif->mtu = device_of(netif)->mtu;
	err = ip4_frag(p, netif, to);
	netif->mtu = mtu;
	return err;
}

/* The frame is the driver's: what is kept of it is a copy. */
static void on_receive(struct net_device *dev, const struct net_frame *frame)
{
	struct netif *netif = dev->user;
	struct pbuf *p;

	if (frame->bytes > FRAME_LIMIT) {
		dev->rx_dropped++;
		return;
	}
	net_lock();
	p = pbuf_alloc(PBUF_RAW, frame->bytes, PBUF_RAM);
	if (p) {
		memcpy(p->payload, frame->data, frame->bytes);
		if (frame->csum_blank || frame->data_valid)
			netif->chksum_flags &= ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
		else
			netif->chksum_flags |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
		if (netif->input(p, netif))
			pbuf_free(p);
	} else {
		dev->rx_dropped++;
	}
	net_unlock();
}

static void on_writable(struct net_device *dev)
{
	(void)dev;
	net_lock();
	tcp_txnow();
	net_unlock();
}

/* Frames that are on their way for a peer that took longer ones will never be taken: end those connections. */
static void connections_check(u32 mss)
{
	struct tcp_pcb *pcb, *next;

	for (pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (pcb->mss > mss)
			tcp_abort(pcb);
	}
}

/* The other side came or went; it may be another one, that takes other frames. */
static void link_follow(struct net_device *dev, struct netif *netif)
{
	if (!dev->link) {
		netif_set_link_down(netif);
		return;
	}
	connections_check(net_segment_max(netif));
	netif->mtu = net_segment_max(netif) > TCP_MSS ? 65535 : MIN(dev->mtu, 65535);
	netif->chksum_flags = NETIF_CHECKSUM_ENABLE_ALL & ~(dev->can_csum ? NETIF_CHECKSUM_GEN_TCP : 0);
	netif_set_link_up(netif);
	tcp_txnow();
}

static void on_link_changed(struct net_device *dev)
{
	net_lock();
	link_follow(dev, dev->user);
	net_unlock();
}

static err_t init(struct netif *netif)
{
	struct net_device *dev = device_of(netif);

	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->output = packet_output;
	netif->linkoutput = link_output;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, dev->mac, ETH_HWADDR_LEN);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	return ERR_OK;
}

/**
 * net_device_take - make an interface of a device
 * The device calls back from its first frame on, so it learns of us last; called with the lock held, which
 * keeps its calls out until the interface is complete.
 */
void net_device_take(struct net_device *dev, struct netif *netif)
{
	netif_add(netif, NULL, NULL, NULL, dev, init, ethernet_input);
	netif_set_default(netif);
	netif_set_up(netif);
	dev->user = netif;
	dev->writable = on_writable;
	dev->link_changed = on_link_changed;
	dev->receive = on_receive;
	link_follow(dev, netif);
}
