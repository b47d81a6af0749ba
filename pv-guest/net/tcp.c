/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What TCP needs beside lwIP's options: frames of many segments, and two kinds of segments kept from it.
 */
#include "net/stack.h"

#include <lwip/ip4.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#define INITIAL_MSS 536 /* every peer takes that */
#define FAR	    (1 << 30) /* no window is that long */

/**
 * net_tcp_ready - let an established connection send frames of many segments, if its device and peer can
 * The congestion window is counted from one such frame up.  A peer that agreed on less than TCP_MSS sees
 * single segments.
 *
 * lwIP makes segments of at most half the greatest window seen, or any when that was none: it must never see it
 * grow from none, as it asserts that what is queued fits the size of now.
 */
void net_tcp_ready(struct tcp_pcb *pcb)
{
	struct netif *netif = ip4_route(ip_2_ip4(&pcb->remote_ip));

	if (pcb->snd_wnd_max < 2 * INITIAL_MSS)
		pcb->snd_wnd_max = 2 * INITIAL_MSS;
	if (!netif || pcb->mss != TCP_MSS)
		return;
	pcb->mss = net_segment_max(netif);
	if (pcb->cwnd < pcb->mss)
		pcb->cwnd = pcb->mss;
}

/**
 * net_tcp_check - called by lwIP with each segment that belongs to a connection or a listener
 * @header:  its numbers are in our byte order already
 * @options: how many bytes of options lwIP will read
 *
 * No option is agreed upon that segments behind the first ones have.  lwIP would take a segment size from any of
 * them, and stop at an assertion when it is less than what is queued.  It does so, too, when a sequence number
 * is half of all numbers away: its comparisons then hold both ways.
 *
 * Return: ERR_OK, or an error: the segment is not for lwIP
 */
err_t net_tcp_check(const struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t *options)
{
	s32_t ahead;

	if (!(TCPH_FLAGS(header) & TCP_SYN))
		*options = 0;
	if (pcb->state == LISTEN || pcb->state == SYN_SENT)
		return ERR_OK;
	ahead = header->seqno - pcb->rcv_nxt;
	return ahead > -FAR && ahead < FAR ? ERR_OK : ERR_VAL;
}
